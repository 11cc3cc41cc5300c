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
  return runningClock(
    () => Date.now(),
    (due) => due - Date.now(),
  )
}

/**
 * A clock that stands at `start` (unix ms) until the real time `since` (unix ms; by default now), and runs from there, `speed`
 * times as fast as the real one and monotonically. Programs that are given the same three agree on store time, also after a
 * restart.
 */
export function fastClock({ start, speed, since }: { start: number; speed: number; since?: number }): Clock {
  if (!(speed > 0)) throw new RangeError(`clock speed ${speed}: give a number above 0`)
  const origin = performance.now() - (since === undefined ? 0 : Date.now() - since)
  return runningClock(
    () => Math.floor(start + Math.max(0, performance.now() - origin) * speed),
    (due) => origin + (due - start) / speed - performance.now(),
  )
}

/** Node's timers hold a delay in a signed 32-bit integer and fire at once beyond it. */
const LONGEST_TIMER = 2 ** 31 - 1

/** @param until real milliseconds until a store time comes; below 0 where it has */
function runningClock(now: () => number, until: (due: number) => number): Clock {
  const rest = (due: number) => Math.max(0, Math.ceil(until(due)))
  return {
    now,
    after(storeMs, fn) {
      const due = now() + storeMs
      let timer: NodeJS.Timeout
      // Node's timers fire up to a millisecond early, which on a fast clock is minutes.
      const arm = () => {
        timer = setTimeout(() => (now() < due ? arm() : fn()), Math.min(rest(due), LONGEST_TIMER))
      }
      arm()
      return { [Symbol.dispose]: () => clearTimeout(timer) }
    },
    async delay(storeMs, signal) {
      const due = now() + storeMs
      do {
        await sleep(Math.min(rest(due), LONGEST_TIMER), undefined, signal ? { signal } : {})
      } while (now() < due)
    },
  }
}
