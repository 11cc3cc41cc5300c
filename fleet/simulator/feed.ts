import { setTimeout as sleep } from 'node:timers/promises'
import { calendar } from '@storecast/shared/windows'
import { dayReadings, hourReadings, type Reading, toLines } from './readings.ts'
import { HOURS, isStocked, type Shop, type StockedShop } from './shop.ts'

/** The agent refuses what it was sent: sending it again would not help. */
export class FeedRefusedError extends Error {
  override readonly name = 'FeedRefusedError'
  readonly code = 'feed-refused'
}

export interface FeedTarget {
  /** Base URL of the agent's local HTTP interface. */
  readonly url: string
  readonly signal?: AbortSignal
}

/** Readings a request: the agent commits and acknowledges them as one. */
const CHUNK = 5_000

/**
 * Hands readings to an agent, in order, and returns once it has acknowledged the last. An agent that is away or busy gets
 * them again until it has them: their ids make a second time harmless.
 *
 * @throws FeedRefusedError; the signal's reason
 */
export async function pushReadings(
  readings: readonly Reading[],
  { url, signal }: FeedTarget,
  onAcknowledged?: (readings: readonly Reading[]) => void,
): Promise<void> {
  for (let at = 0; at < readings.length; at += CHUNK) {
    const chunk = readings.slice(at, at + CHUNK)
    for (let pause = 50; ; pause = Math.min(1000, pause * 2)) {
      signal?.throwIfAborted()
      if (await attempt(chunk, url, signal)) break
      await sleep(pause, undefined, signal ? { signal } : {})
    }
    onAcknowledged?.(chunk)
  }
}

/** False where another attempt may do. */
async function attempt(chunk: readonly Reading[], url: string, signal?: AbortSignal): Promise<boolean> {
  const timeout = AbortSignal.timeout(30_000)
  let response: Response
  try {
    response = await fetch(new URL('/api/v2/write?precision=ms', url), {
      method: 'POST',
      body: toLines(chunk),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
  } catch (cause) {
    signal?.throwIfAborted()
    // The connection was refused or broke: the agent restarts.
    if (cause instanceof TypeError || timeout.aborted) return false
    throw cause
  }
  const said = await response.text().catch(() => '')
  if (response.ok) return true
  // Busy, or too busy to read the request in time.
  if ([408, 429].includes(response.status) || response.status >= 500) return false
  throw new FeedRefusedError(`${url} refuses readings (${response.status}): ${said.slice(0, 500)}`)
}

export interface LiveFeed extends AsyncDisposable {
  /** Rejects when the agent refuses a reading; otherwise resolves when the feed is stopped or the shop has no more days. */
  readonly ended: Promise<void>
  /** Store time up to which the agent has acknowledged every reading. */
  readonly until: number
}

export interface FeedOptions {
  readonly shop: Shop
  /** Day of the shop to begin with. */
  readonly firstDay: number
  /** Store time. */
  readonly now: () => number
  readonly url: string
  /**
   * Store milliseconds by which readings come early, now. A clock that runs a day in seconds makes minutes of a network's
   * milliseconds, and a till's last sale of the day would reach a midnight forecast too late.
   */
  readonly lead?: () => number
}

/** Plays a shop at the pace of its clock: each pass sends what has happened since the last. */
export function startFeed({ shop, firstDay, now, url, lead = () => 0 }: FeedOptions): LiveFeed {
  const abort = new AbortController()
  const { signal } = abort
  let until = 0

  const tell = async (readings: readonly Reading[]) => {
    let rest = readings
    while (rest.length > 0) {
      const time = now() + lead()
      const pending = rest.findIndex(({ at }) => at > time)
      const due = pending < 0 ? rest : rest.slice(0, pending)
      await pushReadings(due, { url, signal })
      until = due.at(-1)?.at ?? until
      rest = rest.slice(due.length)
      if (rest.length > 0) await sleep(PASS, undefined, { signal })
    }
  }
  /** Hours that staff's orders bear upon: each is played just before its first readings are told. */
  const playDay = async (stocked: StockedShop, index: number) => {
    const { start } = calendar(shop.timeZone).daySpan(shop.day(index).date)
    for (let hour = 0; hour < HOURS; hour++) {
      while (now() + Math.min(lead(), HOUR / 2) < start + hour * HOUR) await sleep(PASS, undefined, { signal })
      stocked.play(index, hour)
      await tell(hourReadings(stocked, index, hour))
    }
  }
  const run = async () => {
    for (let index = firstDay; index < shop.days; index++) {
      if (isStocked(shop) && index >= shop.playedFrom) await playDay(shop, index)
      else await tell(dayReadings(shop, index, { surroundings: true }))
    }
  }
  const ended = run().catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  return {
    ended,
    get until() {
      return until
    },
    async [Symbol.asyncDispose]() {
      abort.abort()
      await ended
    },
  }
}

/** Real milliseconds between two passes. */
const PASS = 50
const HOUR = 3_600_000
