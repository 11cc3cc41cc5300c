import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from './log.ts'

interface RepeatOptions {
  /** Does it once; the signal aborts when it is to end. Gives true where there is more to do at once. */
  readonly work: (signal: AbortSignal) => Promise<boolean>
  /** Real milliseconds of rest, and that many times as long as the work took, where that is longer. */
  readonly rest: { readonly everyMs: number; readonly times: number }
  readonly log: Log
  /** Said of a failure, after which it is tried again: `alert rules were not asked; trying again`. */
  readonly failed: string
}

export interface Repeated extends AsyncDisposable {
  /** Does it at once, or once more where it is at it. */
  wake(): void
}

/** Does something again and again, one at a time, until it is disposed of; that waits for the one under way. */
export function repeat({ work, rest, log, failed }: RepeatOptions): Repeated {
  const ending = new AbortController()
  const { signal } = ending
  let woken = new AbortController()
  const keepOn = async () => {
    while (!signal.aborted) {
      woken = new AbortController()
      const began = performance.now()
      let more = false
      try {
        more = await work(signal)
      } catch (error) {
        if (!signal.aborted) log.error({ error }, failed)
      }
      const restMs = more ? 0 : Math.max(rest.everyMs, rest.times * (performance.now() - began))
      await delay(restMs, undefined, { signal: AbortSignal.any([signal, woken.signal]) }).catch(() => {})
    }
  }
  const working = keepOn()
  return {
    wake: () => woken.abort(),
    async [Symbol.asyncDispose]() {
      ending.abort()
      await working
    },
  }
}
