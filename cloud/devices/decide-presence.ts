import { type Presence, replaces } from '@storecast/shared/wire'

/** What a device's presence topic said, and when it was heard, unix ms. */
export interface HeardPresence {
  readonly device: string
  readonly presence: Presence
  readonly at: number
}

/** What is held of a device's connection. */
export interface Standing extends Presence {
  /** Since when; null: it was never heard of. */
  readonly presenceAt: number | null
  /** Not connected because the broker's sessions ended with the cloud, not because it went away. */
  readonly forgotten: boolean
}

/**
 * An absence that has ended, or several one soon after the other. A first connect is one of no times, which ends as it begins.
 */
export interface Absence {
  /** When it went away, first of all; unix ms. */
  readonly beganAt: number
  /** When it came back, last of all. */
  readonly backAt: number
  readonly times: number
  /** Milliseconds away, of all times. */
  readonly awayMs: number
}

/** Who was there for less before they went away again flaps: that is one absence of several times. */
const FLAP_MS = 3_600_000
/** A new one begins in time, so that of a device that flaps for weeks each day is told. */
const LONGEST_FLAPPING_MS = 86_400_000
/** Who is back so soon after the cloud was started was not away: the cloud was. */
const COMING_BACK_MS = 600_000

/**
 * What is held of a device after what it said, in the order in which it was heard.
 * @param held also the result's standing, where nothing new was said
 * @param newest of the device's absences that have ended
 * @returns ended: its new ones, and `newest` with more times in it; one that begins when another did takes its place
 */
export function hear(
  held: Standing,
  newest: Absence | undefined,
  said: readonly HeardPresence[],
): { readonly standing: Standing; readonly ended: readonly Absence[] } {
  const ended = new Map<number, Absence>()
  let standing = held
  let last = newest
  for (const one of said) {
    const next = following(standing, one)
    const absence = endedBy(standing, next, last)
    if (absence) {
      ended.set(absence.beganAt, absence)
      last = absence
    }
    standing = next
  }
  return { standing, ended: [...ended.values()] }
}

/**
 * What is said comes to each worker, and what the broker keeps again with every connect of ours: a device is there, or away, since
 * it came or went, not since then. A session that has ended does not come back.
 */
function following(held: Standing, { presence, at }: HeardPresence): Standing {
  const { online, link, session } = presence
  const isSame = link === held.link && session === held.session
  const isOld = isSame ? online === held.online || !(held.online || held.forgotten) : !replaces(presence, held)
  return isOld ? held : { online, link, session, presenceAt: at, forgotten: false }
}

function endedBy(held: Standing, next: Standing, newest: Absence | undefined): Absence | undefined {
  if (held.online || !next.online || next.presenceAt === null) return undefined
  const backAt = next.presenceAt
  if (held.presenceAt === null) return { beganAt: backAt, backAt, times: 0, awayMs: 0 }
  // Two workers' clocks may differ.
  const awayMs = Math.max(0, backAt - held.presenceAt)
  if (held.forgotten && awayMs < COMING_BACK_MS) return undefined
  const flaps =
    newest !== undefined &&
    newest.times > 0 &&
    held.presenceAt - newest.backAt < FLAP_MS &&
    held.presenceAt - newest.beganAt < LONGEST_FLAPPING_MS
  if (!flaps) return { beganAt: held.presenceAt, backAt, times: 1, awayMs }
  return { beganAt: newest.beganAt, backAt, times: newest.times + 1, awayMs: newest.awayMs + awayMs }
}
