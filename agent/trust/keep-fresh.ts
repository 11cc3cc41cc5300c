import { type BackoffOptions, fullJitter } from '../platform/backoff.ts'
import { TrustError } from './errors.ts'
import type { TrustGate } from './gate.ts'

export interface KeepFreshOptions {
  readonly gate: Pick<TrustGate, 'refresh'>
  /** Longest real milliseconds between two refreshes; a fleet spreads over the second half. */
  readonly everyMs?: number
  /** After one that failed. */
  readonly backoff?: BackoffOptions
  /** Uniform in [0, 1). */
  readonly random?: () => number
}

const EVERY_MS = 6 * 3_600_000
const BACKOFF: BackoffOptions = { baseMs: 60_000, capMs: 1_800_000 }

/**
 * Asks the models' repository every few hours, also while nothing is to be updated: so its expiry, a rollback or a freeze is
 * noticed, withdrawn versions are known, and trust time goes on. The first time is soon after the start.
 */
export function keepFresh({
  gate,
  everyMs = EVERY_MS,
  backoff = BACKOFF,
  random = Math.random,
}: KeepFreshOptions): AsyncDisposable {
  const ending = new AbortController()
  const { signal } = ending
  const waits = fullJitter({ ...backoff, random })
  let pause: PromiseWithResolvers<void> | undefined
  const rest = async (ms: number) => {
    pause = Promise.withResolvers()
    const timer = setTimeout(pause.resolve, ms)
    await pause.promise
    clearTimeout(timer)
  }
  const run = async () => {
    let wait = waits.next()
    while (!signal.aborted) {
      await rest(wait)
      if (signal.aborted) return
      try {
        await gate.refresh(signal)
        waits.reset()
        wait = (everyMs * (1 + random())) / 2
      } catch (error) {
        // The gate has told what is worth telling; a database that takes nothing is told by those who write it.
        if (!(error instanceof TrustError) && !signal.aborted) wait = backoff.capMs
        else wait = waits.next()
      }
    }
  }
  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      ending.abort()
      pause?.resolve()
      await running
    },
  }
}
