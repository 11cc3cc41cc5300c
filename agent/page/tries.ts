/** Wrong PINs of somebody, or of many. */
export interface Failures {
  readonly count: number
  /** Milliseconds of the clock that is asked. */
  readonly last: number
}

export interface Allowance {
  /** Wrong PINs before the first wait. */
  readonly free: number
  /** The first wait; it doubles with every further wrong PIN. */
  readonly firstMs: number
  readonly longestMs: number
  /** What was wrong longer ago than this is forgotten. */
  readonly forgetMs: number
}

const MINUTE = 60_000
/** Of one tablet or one address. */
export const ONE: Allowance = { free: 5, firstMs: 30_000, longestMs: 5 * MINUTE, forgetMs: 60 * MINUTE }
/**
 * Of all who have never been let in here, together: somebody with many addresses gets no more. 144 tries a day are six years
 * for half of all PINs of six digits.
 */
export const STRANGERS: Allowance = { free: 50, firstMs: MINUTE, longestMs: 10 * MINUTE, forgetMs: 24 * 60 * MINUTE }

/** @returns milliseconds until the next try is heard; 0: now */
export function waitBefore({ count, last }: Failures, { free, firstMs, longestMs }: Allowance, now: number): number {
  if (count < free) return 0
  const wait = Math.min(longestMs, firstMs * 2 ** Math.min(count - free, 30))
  return Math.max(0, last + wait - now)
}

const KEPT = 1000

/**
 * Who may try a PIN, and when. A tablet that was let in before is counted by itself, whatever strangers do: guessing from
 * elsewhere in the network locks no known tablet out. So is this machine: who stands before it can always sign in. Tries that
 * are turned away count nowhere, so that one address that does not let up does not shut the others out.
 */
export class Tries {
  readonly #now: () => number
  readonly #failures = new Map<string, Failures>()

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number) {
    this.#now = now
  }

  /** @returns milliseconds until this caller is heard; 0: now, and the try counts as wrong until `succeeded` */
  begin(caller: Caller): number {
    const now = this.#now()
    const counted = countersOf(caller)
    const wait = Math.max(...counted.map(([key, allowance]) => waitBefore(this.#of(key, allowance), allowance, now)))
    if (wait > 0) return wait
    for (const [key, allowance] of counted) {
      const { count } = this.#of(key, allowance)
      this.#failures.delete(key)
      this.#failures.set(key, { count: count + 1, last: now })
    }
    this.#forgetOldest()
    return 0
  }

  /** The caller knew the PIN. What strangers did wrong before stays counted. */
  succeeded(caller: Caller): void {
    for (const [key, allowance] of countersOf(caller)) {
      if (allowance !== STRANGERS) this.#failures.delete(key)
      else this.#failures.set(key, { ...this.#of(key, allowance), count: this.#of(key, allowance).count - 1 })
    }
  }

  #of(key: string, { forgetMs }: Allowance): Failures {
    const found = this.#failures.get(key)
    return found && this.#now() - found.last < forgetMs ? found : { count: 0, last: 0 }
  }

  /** The oldest of the callers, never of the strangers together. */
  #forgetOldest(): void {
    if (this.#failures.size <= KEPT) return
    for (const key of this.#failures.keys()) {
      if (key === TOGETHER) continue
      this.#failures.delete(key)
      return
    }
  }
}

export interface Caller {
  readonly address: string
  readonly isThisMachine: boolean
  /** Of a tablet that was let in before. */
  readonly tablet: string | undefined
}

const TOGETHER = 'strangers'

function countersOf({ address, isThisMachine, tablet }: Caller): [string, Allowance][] {
  if (tablet !== undefined) return [[`tablet ${tablet}`, ONE]]
  const own: [string, Allowance] = [`address ${address}`, ONE]
  return isThisMachine ? [own] : [own, [TOGETHER, STRANGERS]]
}
