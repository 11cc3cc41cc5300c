import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Bytes that two processes see: a file without a name, in memory where the system has a place for that. What one wrote the
 * other reads at once, without waiting for each other's event loop as a pipe makes them.
 */
export interface SharedBytes extends Disposable {
  /** To be handed to a child. */
  readonly fd: number
  write(view: NodeJS.ArrayBufferView, at: number): void
  /** Fills the view. @throws RangeError where fewer bytes were written */
  read(view: NodeJS.ArrayBufferView, at: number): void
}

/** The memory file system of Linux; elsewhere the bytes live in the page cache of a disk. */
const FOLDERS = ['/dev/shm', tmpdir()]

export function createSharedBytes(): SharedBytes {
  const name = `storecast-${process.pid}-${Math.random().toString(36).slice(2)}`
  const fd = openFirst(FOLDERS.map((folder) => join(folder, name)))
  return { ...sharedBytes(fd), [Symbol.dispose]: () => closeSync(fd) }
}

/** What a parent shared, by its descriptor here. It is closed with the process. */
export function sharedBytes(fd: number): SharedBytes {
  return {
    fd,
    write(view, at) {
      for (let done = 0; done < view.byteLength; ) done += writeSync(fd, view, done, view.byteLength - done, at + done)
    },
    read(view, at) {
      for (let done = 0; done < view.byteLength; ) {
        const got = readSync(fd, view, done, view.byteLength - done, at + done)
        if (got === 0) throw new RangeError(`shared bytes end before ${at + view.byteLength}`)
        done += got
      }
    },
    [Symbol.dispose]: () => undefined,
  }
}

function openFirst(paths: readonly string[]): number {
  let reason: unknown
  for (const path of paths) {
    try {
      const fd = openSync(path, 'wx+', 0o600)
      unlinkSync(path)
      return fd
    } catch (error) {
      reason = error
    }
  }
  throw reason
}
