/** Store time for every program of a constellation: `start` (unix ms) until the real time `since`, and from there at `speed`. */
export interface StoreClock {
  readonly start: number
  /** Store seconds in a real one. */
  readonly speed: number
  /** Real unix milliseconds; by default when the clock is set. */
  readonly since?: number
}

export const sinceNow = ({ start, speed, since = Date.now() }: StoreClock): Required<StoreClock> => ({
  start,
  speed,
  since,
})

/** Store time now. */
export const readClock = ({ start, speed, since }: Required<StoreClock>): number =>
  start + Math.max(0, Date.now() - since) * speed
