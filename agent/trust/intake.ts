import type { DesiredState } from '@storecast/shared/contracts'
import { type BackoffOptions, fullJitter } from '../platform/backoff.ts'
import type { Logger } from '../platform/logger.ts'
import { TrustRefused } from './errors.ts'
import type { TrustGate } from './gate.ts'

export interface IntakeOptions {
  readonly gate: Pick<TrustGate, 'judge'>
  /** Takes in what was let through. */
  readonly follow: (desired: DesiredState) => Promise<void>
  readonly log: Logger
  /** Between two attempts to judge what could not be judged. */
  readonly backoff?: BackoffOptions
}

const BACKOFF: BackoffOptions = { baseMs: 2000, capMs: 600_000 }

/**
 * Takes desired states to the gate, one at a time and the newest last. One that cannot be judged yet (the repository is away)
 * waits for its next attempt, until another comes: the broker sends a retained message once a connection.
 */
export class DesiredIntake implements AsyncDisposable {
  readonly #options: IntakeOptions
  readonly #ending = new AbortController()
  #next: Uint8Array | undefined
  #wake = Promise.withResolvers<void>()
  #running: Promise<void> | undefined

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  receive(payload: Uint8Array): void {
    this.#next = payload
    this.#wake.resolve()
    this.#start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort()
    this.#wake.resolve()
    await this.#running
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      // One that came between the loop's end and here.
      if (this.#next && !this.#ending.signal.aborted) this.#start()
    })
  }

  async #run(): Promise<void> {
    const { gate, follow, log, backoff = BACKOFF } = this.#options
    const { signal } = this.#ending
    let waits = fullJitter(backoff)
    for (let payload = this.#next; payload && !signal.aborted; payload = this.#next) {
      this.#wake = Promise.withResolvers()
      try {
        await follow(await gate.judge(payload))
        if (this.#next === payload) this.#next = undefined
      } catch (err) {
        if (signal.aborted) return
        if (err instanceof TrustRefused) {
          // The gate has told it.
          if (this.#next === payload) this.#next = undefined
          continue
        }
        if (this.#next !== payload) {
          waits = fullJitter(backoff)
          continue
        }
        const wait = waits.next()
        log.warn({ err, retryInMs: Math.round(wait) }, 'a desired state cannot be judged yet')
        const timer = setTimeout(this.#wake.resolve, wait)
        await this.#wake.promise
        clearTimeout(timer)
      }
    }
  }
}
