/** How far a device's own clock is from the cloud's, as the device found by messages that went there and back. */
export interface ClockDifference {
  /** Milliseconds that the device's is ahead; below 0: behind. */
  readonly ahead: number
  /** Milliseconds by which `ahead` may be wrong either way: half of what the messages took, and what may have drifted since. */
  readonly within: number
  /** The cloud's time of the newest message by which that was found, Unix ms. */
  readonly checkedAt: number
}

/** Milliseconds. A clock that is off by more puts readings of its shop into windows that are not theirs. */
export const CLOCK_TOLERANCE = 60_000

/** Whether readings are taken under this clock's time: not where it is off by more than the tolerance for certain. */
export const isClockTrusted = ({ ahead, within }: Pick<ClockDifference, 'ahead' | 'within'>): boolean =>
  Math.abs(ahead) - within <= CLOCK_TOLERANCE

/** A clock that is made up, for a demonstration or a simulation: what it says, Unix ms, and how many times as fast it runs. */
export interface MadeUpClock {
  readonly time: number
  readonly speed: number
}

/** What a device tells of its clock: its own, and the one its shop lives by where that is another. */
export interface ToldClock extends ClockDifference {
  readonly madeUp?: MadeUpClock
}
