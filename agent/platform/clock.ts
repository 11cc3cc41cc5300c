import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Store time: unix milliseconds by which readings, windows and schedules are told. It may run fast (a demo lives a week in
 * minutes). Network timeouts and backoff are not store time: they use `node:timers`.
 */
export interface Clock {
  /** Whole milliseconds. */
  now(): number
  /** Calls `fn` once when `storeMs` have passed; disposing cancels. Never before, also for delays beyond 24 days. */
  after(storeMs: number, fn: () => void): Disposable
  /** Resolves when `storeMs` have passed; rejects with an `AbortError` when the signal aborts. */
  delay(storeMs: number, signal?: AbortSignal): Promise<void>
}

export function systemClock(): Clock {
  return runningClock(() => Date.now(), 1)
}

/**
 * A clock that runs `speed` times as fast as the real one, monotonically, and told `start` (unix ms) at the real time `since`
 * (unix ms; by default now). Programs that are given the same three agree on store time, also after a restart.
 */
export function fastClock({ start, speed, since }: { start: number; speed: number; since?: number }): Clock {
  if (!(speed > 0)) throw new RangeError(`clock speed ${speed}: give a number above 0`)
  const origin = performance.now() - (since === undefined ? 0 : Date.now() - since)
  return runningClock(() => Math.floor(start + (performance.now() - origin) * speed), speed)
}

/** Node's timers hold a delay in a signed 32-bit integer and fire at once beyond it. */
const LONGEST_TIMER = 2 ** 31 - 1

function runningClock(now: () => number, speed: number): Clock {
  return {
    now,
    after(storeMs, fn) {
      const due = now() + storeMs
      let timer: NodeJS.Timeout
      const arm = () => {
        const rest = Math.max(0, Math.ceil((due - now()) / speed))
        timer = rest > LONGEST_TIMER ? setTimeout(arm, LONGEST_TIMER) : setTimeout(fn, rest)
      }
      arm()
      return { [Symbol.dispose]: () => clearTimeout(timer) }
    },
    async delay(storeMs, signal) {
      const due = now() + storeMs
      do {
        const rest = Math.max(0, Math.ceil((due - now()) / speed))
        await sleep(Math.min(rest, LONGEST_TIMER), undefined, signal ? { signal } : {})
      } while (now() < due)
    },
  }
}
