import { listNextCatalogue, listNextSensors } from '../devices/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { Log } from '../platform/log.ts'
import type { Objects } from '../platform/objects.ts'
import { repeat } from '../platform/repeat.ts'
import { dropOldRecords, type RecordRetention } from './expired-records.ts'
import { type ExportOptions, exportNext } from './export/export.ts'
import { placeDevices } from './rollups/day-places.ts'
import { dropExpired, type Retention } from './rollups/retention.ts'
import { rollUpLag, rollUpNext } from './rollups/roll-up.ts'

export interface UpkeepOptions {
  readonly database: Database
  readonly objects: Objects
  readonly retention: Omit<Retention, 'exported'> & RecordRetention
  /** Where windows go as files; absent: nowhere. */
  readonly exports?: Omit<ExportOptions, 'database' | 'objects'>
  readonly clock: Clock
  readonly log: Log
  /** Between two looks, where there is nothing to do at once. */
  readonly everyMs: number
}

export interface Upkeep extends AsyncDisposable {
  /** Seconds for which what came waits to be rolled up, at most; 0 where all is. */
  lagSeconds(): Promise<number>
}

const RETENTION_EVERY_MS = 3_600_000
/** Between two looks for devices that are new, or carry other labels. */
const PLACES_EVERY_MS = 60_000

/** Between two looks for documents whose products or sensors are not listed: those of a cloud that did not list them yet. */
const LIST_EVERY_MS = 3_600_000
const LIST_AT_ONCE = 50

const listNext = async (sources: Pick<UpkeepOptions, 'database' | 'objects'>) =>
  (await listNextSensors(sources)) || (await listNextCatalogue(sources))

/**
 * Keeps what devices have sent in order: rolls windows up as they come, change and go, adds days
 * up, writes the files of days, and drops what policy keeps no longer.
 * Any number of clouds on one database may; one of them does.
 */
export function startUpkeep(options: UpkeepOptions): Upkeep {
  const { database, objects, retention, exports, clock, log, everyMs } = options
  const exported = exports !== undefined
  let dropAt = performance.now()
  let placeAt = performance.now()
  let listAt = performance.now()
  const keeping = repeat({
    async work(signal) {
      while (!signal.aborted && (await rollUpNext(database, { now: clock.now(), exported }))) {
        // The next device.
      }
      if (!signal.aborted && performance.now() >= placeAt) {
        while (!signal.aborted && (await placeDevices(database)) > 0) {
          // The next ones.
        }
        placeAt = performance.now() + PLACES_EVERY_MS
      }
      while (exports && !signal.aborted) {
        const day = await exportNext({ database, objects, ...exports }, clock.now())
        if (day === undefined) break
        log.info({ day, place: exports.files.place }, 'the windows of a day were exported')
      }
      if (!signal.aborted && performance.now() >= dropAt) {
        dropAt = performance.now() + RETENTION_EVERY_MS
        const dropped = await dropExpired(database, { ...retention, exported }, clock.now())
        if (dropped.length > 0) log.info({ dropped }, 'telemetry that policy keeps no longer was dropped')
        const records = await dropOldRecords(database, { retention, now: clock.now(), signal })
        if (Object.keys(records).length > 0) log.info({ records }, 'records that policy keeps no longer were dropped')
      }
      if (!signal.aborted && performance.now() >= listAt) {
        let listed = 0
        while (!signal.aborted && listed < LIST_AT_ONCE && (await listNext({ database, objects }))) listed++
        if (listed < LIST_AT_ONCE) listAt = performance.now() + LIST_EVERY_MS
      }
      return false
    },
    // A fleet that sends all the time leaves the database half of its own.
    rest: { everyMs, times: 1 },
    log,
    failed: 'telemetry was not kept up; trying again',
  })
  return {
    lagSeconds: () => rollUpLag(database.pool),
    [Symbol.asyncDispose]: () => keeping[Symbol.asyncDispose](),
  }
}
