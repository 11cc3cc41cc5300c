import { basename, dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { createReadStream, fileSize, mkdir, partial, publish, rm, spool } from './files.ts'
import { isAbsent, type S3Config, s3Client, s3Error } from './s3-objects.ts'

/** Large files under names of ours, for others to read: a folder, or a bucket. A reader sees the old one or the new one. */
export interface NamedFiles extends AsyncDisposable {
  /** For people: where the names begin. */
  readonly place: string
  /** @param name parts with slashes between; @param from a file of this machine */
  put(name: string, from: string): Promise<void>
  /** Copies to a file of this machine, and tells whether there was one. */
  fetch(name: string, to: string): Promise<boolean>
}

export function folderFiles(directory: string): NamedFiles {
  return {
    place: directory,
    async put(name, from) {
      const path = join(directory, name)
      await mkdir(dirname(path), { recursive: true })
      // Not to be taken for one of the files while it grows.
      const temporary = partial(join(dirname(path), `.${basename(path)}`))
      try {
        await spool(createReadStream(from), temporary)
        await publish(temporary, path)
      } finally {
        await rm(temporary, { force: true })
      }
    },
    async fetch(name, to) {
      const path = join(directory, name)
      if ((await fileSize(path)) === undefined) return false
      await rm(to, { force: true })
      await spool(createReadStream(path), to)
      return true
    },
    async [Symbol.asyncDispose]() {},
  }
}

export function s3Files(config: S3Config): NamedFiles {
  const client = s3Client(config)
  const at = (name: string) => ({ Bucket: config.bucket, Key: `${config.prefix ?? ''}${name}` })
  return {
    place: `s3://${config.bucket}/${config.prefix ?? ''}`,
    async put(name, from) {
      try {
        const ContentLength = (await fileSize(from))!
        await client.send(new PutObjectCommand({ ...at(name), Body: createReadStream(from), ContentLength }))
      } catch (error) {
        throw s3Error(error, config)
      }
    },
    async fetch(name, to) {
      try {
        const { Body } = await client.send(new GetObjectCommand(at(name)))
        await rm(to, { force: true })
        await spool(Body as Readable, to)
        return true
      } catch (error) {
        if (isAbsent(error)) return false
        throw s3Error(error, config)
      }
    },
    async [Symbol.asyncDispose]() {
      client.destroy()
    },
  }
}
