import { putNewest } from './maps.ts'

/** Counts attempts by whom they come from, in fixed spans of time. In memory: a restart forgives. */
export interface Limiter {
  /** Whether one more is fine now. */
  take(who: string): boolean
}

interface LimiterOptions {
  readonly attempts: number
  readonly spanMs: number
  readonly now: () => number
}

/** Sources remembered: beyond, the oldest is forgotten. */
const REMEMBERED = 10_000

export function createLimiter({ attempts, spanMs, now }: LimiterOptions): Limiter {
  const spans = new Map<string, { readonly since: number; taken: number }>()
  return {
    take(who) {
      const at = now()
      let span = spans.get(who)
      if (!span || at - span.since >= spanMs) {
        span = { since: at, taken: 0 }
        putNewest(spans, who, span, REMEMBERED)
      }
      return ++span.taken <= attempts
    },
  }
}
