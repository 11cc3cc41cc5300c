import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { createReadStream, fileSize, mkdir, partial, publish, readBytes, rm, spool, sweepPartials } from './files.ts'
import { digesting, type Objects, objectUnknown } from './objects.ts'

/** Objects as files in a folder: `ab/abcdef…`, written beside, synced and renamed. */
export async function folderObjects(directory: string): Promise<Objects> {
  const incoming = join(directory, 'incoming')
  await mkdir(incoming, { recursive: true })
  await sweepPartials(incoming)
  const pathOf = (sha256: string) => join(directory, sha256.slice(0, 2), sha256)
  return {
    async put(content, limit, accept) {
      const temporary = partial(join(incoming, 'object'))
      const digest = digesting(limit)
      try {
        await spool(digest.through(content), temporary)
        await accept?.(await readBytes(temporary))
        const stored = digest.result()
        const path = pathOf(stored.sha256)
        await mkdir(join(directory, stored.sha256.slice(0, 2)), { recursive: true })
        await publish(temporary, path)
        return stored
      } finally {
        await rm(temporary, { force: true })
      }
    },
    size: (sha256) => fileSize(pathOf(sha256)),
    async read(sha256, range): Promise<Readable> {
      const path = pathOf(sha256)
      if ((await fileSize(path)) === undefined) throw objectUnknown(sha256)
      return createReadStream(path, range && { start: range.first, end: range.last })
    },
  }
}
