/**
 * Exponential backoff with full jitter: a uniform draw from [0, min(cap, base · 2^attempt)), so that a fleet that lost its
 * cloud together does not come back together. (Brooker, "Exponential Backoff And Jitter", 2015.)
 */
export interface Backoff {
  /** The next wait in real milliseconds; each call counts as an attempt. */
  next(): number
  /** After a success: the next wait is short again. */
  reset(): void
}

export interface BackoffOptions {
  readonly baseMs: number
  readonly capMs: number
  /** Uniform in [0, 1). */
  readonly random?: () => number
}

export function fullJitter({ baseMs, capMs, random = Math.random }: BackoffOptions): Backoff {
  let attempt = 0
  return {
    next() {
      const ceiling = Math.min(capMs, baseMs * 2 ** attempt)
      if (ceiling < capMs) attempt++
      return random() * ceiling
    },
    reset() {
      attempt = 0
    },
  }
}
