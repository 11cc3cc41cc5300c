import type { ClockDifference } from '@storecast/shared/contracts'

/** Where time comes from; replaced in tests. */
export interface Clocks {
  /** Unix milliseconds, by the device's own clock: it may be wrong, and it may be set. */
  readonly real: () => number
  /** Milliseconds since some moment; only goes forward. */
  readonly monotonic: () => number
}

/** A message to the cloud, and what the cloud said to it: its stamp lies between the two. */
export interface Exchange {
  /** By the monotonic clock. */
  readonly sentAt: number
  readonly heardAt: number
  /** Unix ms. */
  readonly serverTime: number
}

/** The exchange that says most: at `at` by the monotonic clock the cloud's said `serverTime`, give or take `within`. */
interface Estimate {
  readonly at: number
  readonly serverTime: number
  readonly within: number
}

const ownClocks: Clocks = { real: () => Date.now(), monotonic: () => performance.now() }

/** Share by which a monotonic clock may be fast or slow: crystals of small boards are good to some 50 ppm; twice that. */
const DRIFT = 100e-6

/**
 * What the cloud's clock says, by exchanges with it (as NTP takes it, RFC 5905 section 8), and so how far the device's own is
 * off. Between exchanges it goes on by the monotonic clock: a clock that is set is noticed at once. An exchange counts in place
 * of the one before it where it says as much or more, or where the two cannot both be true.
 */
export class CloudTime {
  readonly #clocks: Clocks
  #estimate: Estimate | undefined
  #checkedAt = 0

  constructor(clocks: Clocks = ownClocks) {
    this.#clocks = clocks
  }

  heard({ sentAt, heardAt, serverTime }: Exchange): void {
    const fresh = { at: (sentAt + heardAt) / 2, serverTime, within: (heardAt - sentAt) / 2 }
    this.#checkedAt = serverTime
    const held = this.#estimate && drifted(this.#estimate, fresh.at)
    const apart = held && Math.abs(held.serverTime - fresh.serverTime)
    if (!held || fresh.within <= held.within || apart! > held.within + fresh.within) this.#estimate = fresh
  }

  /** Of the device's own clock, as of now; undefined before the first exchange. Whole milliseconds. */
  get difference(): ClockDifference | undefined {
    if (!this.#estimate) return undefined
    const { serverTime, within } = drifted(this.#estimate, this.#clocks.monotonic())
    return {
      ahead: Math.round(this.#clocks.real() - serverTime),
      within: Math.ceil(within),
      checkedAt: this.#checkedAt,
    }
  }
}

const drifted = ({ at, serverTime, within }: Estimate, now: number): Estimate => ({
  at: now,
  serverTime: serverTime + (now - at),
  within: within + Math.abs(now - at) * DRIFT,
})
