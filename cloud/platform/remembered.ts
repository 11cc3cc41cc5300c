import { putNewest } from './maps.ts'

/** Answers that may take long to work out, each kept for a time that its making took many times over. */
export interface Remembered<T> {
  /** @param key what is asked: the same key, the same answer */
  get(key: string, make: () => Promise<T>): Promise<T>
}

interface Options {
  /** An answer is fresh for so many times as long as it took to make: what is asked all the time costs that share of it. */
  readonly times: number
  /** Longest for which one is fresh, milliseconds. */
  readonly longestMs: number
  /** Answers that are kept; those asked for longest ago go first. */
  readonly most: number
  /** Monotonic milliseconds. */
  readonly now?: () => number
}

interface Kept<T> {
  readonly answer: Promise<T>
  /** Until the answer is there, everybody waits for it. */
  freshUntil: number
  givenUntil: number
  renewing: boolean
}

/** What is made as quickly is made each time. */
const QUICK_MS = 50
/** Beyond its freshness an answer is still given, while a new one is made, for so many times as long. */
const STALE_TIMES = 5

/**
 * Everybody who asks the same at once waits for one answer; who asks again is given it while it is fresh, and for a while
 * longer while a newer one is made. A failure is told to those who wait for it and not kept.
 */
export function remembered<T>({ times, longestMs, most, now = () => performance.now() }: Options): Remembered<T> {
  const kept = new Map<string, Kept<T>>()
  const begin = (key: string, make: () => Promise<T>): Kept<T> => {
    const began = now()
    const one: Kept<T> = { answer: make(), freshUntil: Infinity, givenUntil: Infinity, renewing: false }
    one.answer.then(
      () => {
        const took = now() - began
        const fresh = took < QUICK_MS ? 0 : Math.min(longestMs, times * took)
        one.freshUntil = now() + fresh
        one.givenUntil = one.freshUntil + STALE_TIMES * fresh
      },
      () => {
        if (kept.get(key) === one) kept.delete(key)
      },
    )
    return one
  }
  const renew = (key: string, old: Kept<T>, make: () => Promise<T>) => {
    old.renewing = true
    const next = begin(key, make)
    next.answer.then(
      () => kept.has(key) && kept.set(key, next),
      () => {
        old.renewing = false
      },
    )
  }
  return {
    get(key, make) {
      const known = kept.get(key)
      if (!known || now() >= known.givenUntil) {
        const one = begin(key, make)
        putNewest(kept, key, one, most)
        return one.answer
      }
      putNewest(kept, key, known, most)
      if (now() >= known.freshUntil && !known.renewing) renew(key, known, make)
      return known.answer
    },
  }
}
