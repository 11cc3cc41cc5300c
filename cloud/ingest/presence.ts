import { setTimeout as delay } from 'node:timers/promises'
import { decodePresence } from '@storecast/shared/wire'
import { DatabaseError } from 'pg'
import type { HeardPresence, Presences } from '../devices/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { repeat } from '../platform/repeat.ts'

export interface PresenceIntake extends AsyncDisposable {
  /** What a device's presence topic said; what is none is passed over. */
  take(device: string, payload: Uint8Array): void
}

interface PresenceOptions {
  readonly presences: Pick<Presences, 'take'>
  readonly clock: Clock
  readonly log: Log
}

/** Between two groups: a device shows as connected so much later, and a fleet that comes back makes a few transactions. */
const GROUP_EVERY_MS = 200
/** Of one transaction, which holds these devices' rows. */
const MOST_AT_ONCE = 500
/** Of one device while the database is away: the newest say how it is. */
const MOST_OF_ONE = 16
const LONGEST_WAIT_MS = 5000

/** Brings what presence topics say to the database, many devices at once, if need be after the database has come back. */
export function takePresences({ presences, clock, log }: PresenceOptions): PresenceIntake {
  /** By device, in the order of who waits longest. */
  const waiting = new Map<string, HeardPresence[]>()
  let failures = 0

  function takeGroup(): HeardPresence[] {
    const group: HeardPresence[] = []
    for (const [device, heard] of waiting) {
      if (group.length >= MOST_AT_ONCE) break
      group.push(...heard)
      waiting.delete(device)
    }
    return group
  }

  async function write(group: readonly HeardPresence[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await presences.take(group)
        failures = 0
        return
      } catch (error) {
        if (isRefused(error)) return await isolate(group, error, signal)
        log.warn({ error, waiting: group.length }, 'presence of devices waits for the database')
        const wait = Math.random() * Math.min(LONGEST_WAIT_MS, 100 * 2 ** Math.min(failures++, 10))
        await delay(wait, undefined, { signal }).catch(() => {})
      }
    }
  }

  /** One by one, only what the database refuses is passed over. */
  async function isolate(group: readonly HeardPresence[], error: unknown, signal: AbortSignal): Promise<void> {
    if (group.length === 1) return log.warn({ device: group[0]!.device, error }, 'presence of a device was not noted')
    for (const one of group) await write([one], signal)
  }

  const writing = repeat({
    async work(signal) {
      const group = takeGroup()
      if (group.length > 0) await write(group, signal)
      return waiting.size > 0
    },
    rest: { everyMs: GROUP_EVERY_MS, times: 0 },
    log,
    failed: 'presence of devices was not noted',
  })
  return {
    take(device, payload) {
      try {
        const presence = decodePresence(payload)
        const heard = [...(waiting.get(device) ?? []), { device, presence, at: clock.now() }]
        waiting.set(device, heard.slice(-MOST_OF_ONE))
      } catch (error) {
        log.warn({ device, error }, 'presence of a device was not noted')
      }
    },
    [Symbol.asyncDispose]: () => writing[Symbol.asyncDispose](),
  }
}

/** Data exceptions, integrity violations, exceeded limits: it would be refused again. */
const isRefused = (error: unknown) => error instanceof DatabaseError && /^(22|23|54)/.test(error.code ?? '')
