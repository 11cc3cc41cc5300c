import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { fileSize, freeBytes, removePath, writeScratch } from './files.ts'

export interface BallastOptions {
  readonly path: string
  readonly bytes: number
}

/** Times its size that must be free beside it: it must not be what fills the disk. */
const ROOM = 4

/**
 * Space held for a full disk. There, even deleting from the database and checkpointing its log fail, so that room cannot be
 * made: what is let go is what they need.
 */
export class Ballast {
  readonly #options: BallastOptions

  constructor(options: BallastOptions) {
    this.#options = options
  }

  /** Holds it, where there is room and it is not held. @returns whether it is held now */
  async hold(): Promise<boolean> {
    const { path, bytes } = this.#options
    if ((await fileSize(path)) === bytes) return true
    if ((await freeBytes(dirname(path))) < ROOM * bytes) return false
    // Nothing that a file system would compress away.
    await writeScratch(path, randomBytes(bytes))
    return true
  }

  async release(): Promise<void> {
    await removePath(this.#options.path)
  }
}
