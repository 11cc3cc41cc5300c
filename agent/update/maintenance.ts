import { createHash } from 'node:crypto'
import type { UpdatePolicy } from '@storecast/shared/contracts'
import { calendar, type Span } from '@storecast/shared/windows'

export interface Moment {
  /** Store time. */
  readonly now: number
  /** Store time at which the desired state came. */
  readonly desiredAt: number
  /** The shop's. */
  readonly timeZone: string
  readonly device: string
  /** The desired state holds no longer: nothing new is begun by it. */
  readonly expired: boolean
}

export interface Opening {
  /** Whether a version may be fetched and switched now. */
  readonly open: boolean
  /** Store time at which that changes by time alone; undefined: never. */
  readonly changesAt: number | undefined
}

const DAY = 86_400_000
/** A window that a change of the clocks makes empty is followed by one that is not. */
const MOST_DAYS = 3

/**
 * When a device may change what serves: in the policy's window of the shop's day, and not before the device's own moment
 * within `spreadSeconds`, which is the same each time it is asked under one generation. Where the window is shorter than
 * the spread, devices begin within its first half.
 */
export function maintenance(
  policy: UpdatePolicy | undefined,
  generation: number,
  moment: Omit<Moment, 'expired'>,
): Opening {
  const { now, device, timeZone } = moment
  // A clock that was set back must not lock the device out.
  const since = Math.min(moment.desiredAt, now)
  const spread = (policy?.spreadSeconds ?? 0) * 1000
  const share = shareOf(`${device} ${generation}`)
  if (policy?.window === undefined) {
    const begin = since + share * spread
    return now >= begin ? { open: true, changesAt: undefined } : { open: false, changesAt: Math.ceil(begin) }
  }
  for (const { start, end } of windowsAround(policy.window, timeZone, now)) {
    const from = Math.max(start, since)
    if (from >= end || now >= end) continue
    const begin = from + share * Math.min(spread, (end - from) / 2)
    return now >= begin ? { open: true, changesAt: end } : { open: false, changesAt: Math.ceil(begin) }
  }
  return { open: false, changesAt: now + DAY }
}

/** From yesterday's on, in order: one that began before midnight may still be open. */
function* windowsAround({ from, to }: { from: string; to: string }, timeZone: string, now: number): Generator<Span> {
  const local = calendar(timeZone)
  const today = Date.parse(`${local.localDay(now)}T00:00:00Z`)
  const at = (day: number, time: string) => local.fromLocal(`${new Date(day).toISOString().slice(0, 10)}T${time}:00`)
  for (let ahead = -1; ahead <= MOST_DAYS; ahead++) {
    const day = today + ahead * DAY
    yield { start: at(day, from), end: at(to > from ? day : day + DAY, to) }
  }
}

/** In [0, 1), evenly over devices and generations. */
const shareOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32
