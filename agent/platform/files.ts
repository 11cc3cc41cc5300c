import { constants, createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'

/**
 * The one place where files outside SQLite are touched. What is written whole is written beside, synced, renamed over the
 * old one, and the folder is synced: after a power cut there is the old file or the new one, never a part.
 */

export class FileError extends Error {
  readonly code: 'too-large'
  constructor(code: 'too-large', message: string) {
    super(message)
    this.name = 'FileError'
    this.code = code
  }
}

/** Replaces (or makes) a file, atomically and durably. */
export async function replaceFile(path: string, data: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`
  try {
    await using file = await open(temporary, 'wx', 0o600)
    await file.writeFile(data)
    await file.sync()
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncDirectory(dirname(path))
}

/** A file of a working folder: neither synced nor atomic, for what nobody looks for after a power cut. */
export const writeScratch = (path: string, data: Uint8Array): Promise<void> => writeFile(path, data, { mode: 0o600 })

/** The whole file, or undefined where there is none; refuses one above `maxBytes` before reading it. */
export async function readWhole(path: string, maxBytes: number): Promise<Buffer | undefined> {
  const file = await openIfThere(path)
  if (!file) return undefined
  await using opened = file
  const { size } = await opened.stat()
  if (size > maxBytes) {
    throw new FileError('too-large', `${path} has ${size} bytes, above the limit of ${maxBytes}: is it the right file?`)
  }
  return await opened.readFile()
}

/** Bytes from `start` on; errors (no such file) come through the stream. */
export function readFrom(path: string, start = 0): Readable {
  return createReadStream(path, { start, highWaterMark: 256 * 1024 })
}

/** Size in bytes, or undefined where there is no such file. */
export async function fileSize(path: string): Promise<number | undefined> {
  return (await statIfThere(path))?.size
}

/** Makes a folder and its parents; those that are there stay. */
export async function makeDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
}

/** Names inside a folder, sorted; none where there is no such folder. */
export async function listDirectory(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort()
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/** Removes a file or a whole folder, durably; nothing there is fine. */
export async function removePath(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
  await syncDirectory(dirname(path))
}

/** Bytes an unprivileged process can still write on the volume of `path`. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}

/** A file that grows over several attempts (a download) and becomes visible under its name only when whole. */
export interface PartialFile extends AsyncDisposable {
  /** Bytes on disk from earlier attempts and this one. */
  readonly size: number
  append(chunk: Uint8Array): Promise<void>
  /** Drops everything: the source has changed. */
  restart(): Promise<void>
  /** What has been written so far, from the beginning. */
  read(): Readable
  /** Syncs and renames to the final name; the partial file is closed. */
  commit(): Promise<void>
}

/** Opens (or resumes) `<path>.part`. */
export async function openPartial(path: string): Promise<PartialFile> {
  const partial = `${path}.part`
  const file = await open(partial, constants.O_RDWR | constants.O_CREAT, 0o600)
  let size = (await file.stat()).size
  return {
    get size() {
      return size
    },
    async append(chunk) {
      for (let done = 0; done < chunk.length; ) {
        const { bytesWritten } = await file.write(chunk, done, chunk.length - done, size)
        done += bytesWritten
        size += bytesWritten
      }
    },
    async restart() {
      await file.truncate(0)
      size = 0
    },
    read: () => createReadStream(partial),
    async commit() {
      await file.sync()
      await file.close()
      await rename(partial, path)
      await syncDirectory(dirname(path))
    },
    [Symbol.asyncDispose]: () => file.close(),
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await openIfThere(path)
  if (!directory) return
  await using opened = directory
  await opened.sync()
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function statIfThere(path: string) {
  try {
    return await stat(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'
