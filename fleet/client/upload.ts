import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type CloudClient, CloudRequestError } from './client.ts'

interface Upload {
  readonly id: string
  readonly offset: number
}

interface UploadOptions {
  readonly cloud: CloudClient
  readonly bytes: Uint8Array
  /** Told after every part, with the bytes that the cloud has. */
  readonly onProgress: (sent: number) => void
  readonly signal: AbortSignal
  /** Milliseconds before the first try again; it doubles up to a minute. */
  readonly retryMs?: number
}

const PART_BYTES = 1024 * 1024
/** Tries without a byte more before it gives up; what the cloud has then stays there for a day. */
const TRIES = 8
const MOST_WAIT_MS = 60_000

/**
 * Sends bytes in parts, going on where an earlier try stopped, of this process or of another one.
 * @returns the upload's id
 * @throws CloudRequestError for a refusal; TypeError where the cloud cannot be reached for long; the signal's reason
 */
export async function sendInParts(options: UploadOptions): Promise<string> {
  const { cloud, bytes, onProgress, signal, retryMs = 1000 } = options
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  let tries = 0
  for (;;) {
    try {
      let upload = await cloud.post<Upload>('/v1/uploads', { sha256, bytes: bytes.length })
      onProgress(upload.offset)
      while (upload.offset < bytes.length) {
        signal.throwIfAborted()
        const { id, offset } = upload
        const part = bytes.subarray(offset, offset + PART_BYTES)
        upload = await cloud.append<Upload>(`/v1/uploads/${id}?offset=${offset}`, part)
        tries = 0
        onProgress(upload.offset)
      }
      return upload.id
    } catch (error) {
      if (!passes(error) || ++tries === TRIES) throw error
      await sleep(Math.min(MOST_WAIT_MS, retryMs * 2 ** (tries - 1)), undefined, { signal })
    }
  }
}

/** A line that broke, a cloud that is busy or away, a part that came twice: the same again may work. */
const passes = (error: unknown): boolean =>
  error instanceof TypeError ||
  (error instanceof DOMException && error.name === 'TimeoutError') ||
  (error instanceof CloudRequestError && (error.status >= 500 || error.code === 'upload-offset'))
