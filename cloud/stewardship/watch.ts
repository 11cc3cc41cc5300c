import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { tryLock } from '../platform/locks.ts'
import type { Log } from '../platform/log.ts'
import type { Objects } from '../platform/objects.ts'
import { repeat } from '../platform/repeat.ts'
import { closeGone, dropClosed, lookAt } from './look.ts'

export interface WatchOptions {
  readonly database: Database
  readonly objects: Objects
  readonly clock: Clock
  readonly log: Log
  /** Real milliseconds between two looks at the fleet. */
  readonly everyMs: number
  /** The newest span of data that is judged, in milliseconds. */
  readonly overMs: number
  /** For how long tasks are kept that are closed, in days; null: for good. */
  readonly keepDays: number | null
}

const DAY = 86_400_000

/** Devices that one transaction looks at. */
const BATCH = 500

/** Looks at the whole fleet again and again, some devices at a time: a process that is killed leaves whole batches. */
export function startWatch(options: WatchOptions): AsyncDisposable {
  return repeat({
    async work(signal) {
      await lookAtAll(options, signal)
      return false
    },
    // A large fleet's look takes a while: it may use a tenth of the database's time.
    rest: { everyMs: options.everyMs, times: 9 },
    log: options.log,
    failed: 'data quality was not looked at; trying again',
  })
}

async function lookAtAll(options: WatchOptions, signal: AbortSignal): Promise<void> {
  const { database, objects, clock, overMs, keepDays } = options
  let after: string | undefined = ''
  while (after !== undefined && !signal.aborted) {
    const from: string = after
    after = await database.transaction(async (client) => {
      // One process at a time, a batch at a time: two clouds on one database share the work.
      if (!(await tryLock(client, 'stewardship'))) return undefined
      const now = clock.now()
      if (from === '') {
        await closeGone({ client, objects, now })
        if (keepDays !== null) await dropClosed(client, now - keepDays * DAY)
      }
      const { rows } = await client.query<{ id: string }>(
        'SELECT id FROM devices WHERE id > $1 AND retired_at IS NULL ORDER BY id LIMIT $2',
        [from, BATCH],
      )
      await lookAt({ client, objects, now, over: overMs, devices: rows.map(({ id }) => id) })
      return rows.length < BATCH ? undefined : rows.at(-1)!.id
    })
  }
}
