import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../platform/logger.ts'
import { makeSupportBundle, type SupportSources } from './bundle.ts'

interface SupportOptions {
  readonly sources: SupportSources
  /** Hands the archive to the cloud, under the device's certificate. */
  readonly send: (id: string, archive: Buffer, signal: AbortSignal) => Promise<void>
  readonly log: Logger
  /** Milliseconds before each further try; after the last one it waits until it is asked again. */
  readonly retryMs?: readonly number[]
}

const TIMEOUT_MS = 60_000
/** A device that has just connected may not know yet where the cloud is. */
const RETRY_MS = [1_000, 10_000, 60_000]

/** Answers the cloud when an operator asks for a support bundle: one at a time, each request once. */
export class Support implements AsyncDisposable {
  readonly #options: SupportOptions
  readonly #stopping = new AbortController()
  readonly #answered = new Set<string>()
  #running: Promise<void> = Promise.resolve()

  constructor(options: SupportOptions) {
    this.#options = options
  }

  /** The same request may come several times: with each connection until the cloud has the archive. */
  asked(id: string): void {
    if (this.#answered.has(id) || this.#stopping.signal.aborted) return
    this.#answered.add(id)
    this.#running = this.#running.then(() => this.#answer(id))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #answer(id: string): Promise<void> {
    const { sources, send, log, retryMs = RETRY_MS } = this.#options
    const stopping = this.#stopping.signal
    for (const wait of [...retryMs, undefined]) {
      try {
        const archive = await makeSupportBundle(sources)
        await send(id, archive, AbortSignal.any([stopping, AbortSignal.timeout(TIMEOUT_MS)]))
        log.info({ request: id, bytes: archive.length }, 'a support bundle went to the cloud')
        return
      } catch (err) {
        if (stopping.aborted) return
        log.warn({ err, request: id, retryInMs: wait }, 'a support bundle could not be sent')
        if (wait !== undefined) await sleep(wait, undefined, { signal: stopping }).catch(() => undefined)
      }
    }
    this.#answered.delete(id)
  }
}
