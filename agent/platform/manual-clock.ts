import type { Clock } from './clock.ts'

/** A clock that moves only when told to: for tests, and for simulations that step through time. */
export interface ManualClock extends Clock {
  /** Moves to `now + storeMs`, running what falls due on the way, in order of time. */
  advance(storeMs: number): void
}

interface Waiting {
  readonly due: number
  readonly fn: () => void
}

export function manualClock(start: number): ManualClock {
  let time = start
  const waiting = new Set<Waiting>()

  const after = (storeMs: number, fn: () => void): Disposable => {
    const entry = { due: time + storeMs, fn }
    waiting.add(entry)
    return { [Symbol.dispose]: () => void waiting.delete(entry) }
  }

  return {
    now: () => time,
    after,
    delay(storeMs, signal) {
      return new Promise((resolve, reject) => {
        signal?.throwIfAborted()
        const abort = () => {
          timer[Symbol.dispose]()
          reject(new DOMException('The wait was aborted', 'AbortError'))
        }
        const timer = after(storeMs, () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        })
        signal?.addEventListener('abort', abort, { once: true })
      })
    },
    advance(storeMs) {
      const target = time + storeMs
      for (;;) {
        const next = [...waiting].filter((w) => w.due <= target).sort((a, b) => a.due - b.due)[0]
        if (!next) break
        waiting.delete(next)
        time = Math.max(time, next.due)
        next.fn()
      }
      time = target
    },
  }
}
