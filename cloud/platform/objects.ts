import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { NotFoundError, TooLargeError } from './errors.ts'

/** What names a blob: its own SHA-256 digest, in lower-case hex. */
export interface StoredObject {
  readonly sha256: string
  readonly bytes: number
}

/** A span of bytes, both ends included, as HTTP's `Range` has it. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

export type Content = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/** Content-addressed blobs: what is stored under a digest never changes. Model bundles, documents, data sets. */
export interface Objects {
  /**
   * Stores a stream of bytes. Nothing is visible before all of it is durable.
   * @param limit most bytes taken.
   * @param accept sees all bytes before they are stored, and throws to refuse them.
   * @throws TooLargeError `object-too-large` as soon as the limit is passed.
   */
  put(content: Content, limit: number, accept?: (bytes: Uint8Array) => void | Promise<void>): Promise<StoredObject>
  /** Size in bytes, or undefined where there is none. */
  size(sha256: string): Promise<number | undefined>
  /** @throws NotFoundError `object-unknown`. */
  read(sha256: string, range?: ByteRange): Promise<Readable>
}

/** Reads an object that is known to be small, whole. */
export async function readWhole(objects: Objects, sha256: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of await objects.read(sha256)) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

export const objectUnknown = (sha256: string, cause?: unknown) =>
  new NotFoundError({ code: 'object-unknown', message: `There is no object ${sha256}.`, cause })

/** Counts and digests bytes on their way, and stops them at the limit. */
export function digesting(limit: number) {
  const hash = createHash('sha256')
  let bytes = 0
  return {
    async *through(content: Content): AsyncGenerator<Uint8Array> {
      for await (const chunk of content) {
        bytes += chunk.byteLength
        if (bytes > limit) {
          throw new TooLargeError({
            code: 'object-too-large',
            message: `The upload is larger than the ${limit} bytes that are taken here.`,
          })
        }
        hash.update(chunk)
        yield chunk
      }
    },
    /** Call once, after the last byte. */
    result: (): StoredObject => ({ sha256: hash.digest('hex'), bytes }),
  }
}
