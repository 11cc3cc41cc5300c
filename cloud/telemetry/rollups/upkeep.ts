import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database.ts'
import type { Log } from '../../platform/log.ts'
import { dropExpired, type Retention } from './retention.ts'
import { rollUpNext } from './roll-up.ts'

export interface UpkeepOptions {
  readonly database: Database
  readonly retention: Retention
  readonly clock: Clock
  readonly log: Log
  /** Between two looks, where there is nothing to do at once. */
  readonly everyMs: number
}

const RETENTION_EVERY_MS = 3_600_000

/**
 * Keeps what devices have sent in order: rolls windows up as they come, change and go, and drops what policy keeps no longer.
 * Any number of clouds on one database may; one of them does.
 */
export function startUpkeep({ database, retention, clock, log, everyMs }: UpkeepOptions): AsyncDisposable {
  const ending = new AbortController()
  const { signal } = ending

  const work = async () => {
    let dropAt = performance.now()
    while (!signal.aborted) {
      const began = performance.now()
      try {
        while (!signal.aborted && (await rollUpNext(database, clock.now()))) {
          // The next device.
        }
        if (!signal.aborted && performance.now() >= dropAt) {
          dropAt = performance.now() + RETENTION_EVERY_MS
          const dropped = await dropExpired(database, retention, clock.now())
          if (dropped.length > 0) log.info({ dropped }, 'telemetry that policy keeps no longer was dropped')
        }
      } catch (error) {
        if (!signal.aborted) log.error({ error }, 'telemetry was not rolled up; trying again')
      }
      // A fleet that sends all the time leaves the database half of its own.
      await delay(Math.max(everyMs, performance.now() - began), undefined, { signal }).catch(() => {})
    }
  }
  const working = work()
  return {
    async [Symbol.asyncDispose]() {
      ending.abort()
      await working
    },
  }
}
