import type { Calendar } from '@storecast/shared/windows'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { Days, Telemetry } from '../telemetry/index.ts'
import { daysBefore } from './observe.ts'
import { BLOCK_DAYS, freezeSensor, sensorKey, sensorReferences } from './sensor-references.ts'
import type { ReadSiteSensors } from './site-sensors.ts'

/** A site with what is looked at of it, whose sensors are frozen before that. */
export interface SiteDaysAt {
  readonly zone: Calendar
  readonly days: Days
}

interface FreezeOptions {
  readonly database: Database
  readonly telemetry: Pick<Telemetry, 'siteDays'>
  readonly sensors: ReadSiteSensors
  readonly clock: Clock
  /** Days before those that are looked at, that a sensor's reference is frozen from. */
  readonly referenceDays: number
}

/** Sites that are read by one question: their days of two months are in memory at once. */
const SITES_AT_ONCE = 25
/** Sites of which is asked what is missing. */
const SITES_ASKED = 500

/** Freezes what has no reference yet, of all these sites. @param pause awaited now and then */
export async function freezeMissing(
  options: FreezeOptions,
  sites: ReadonlyMap<string, SiteDaysAt>,
  pause: () => Promise<void>,
): Promise<void> {
  const store = sensorReferences(options.database)
  const names = [...sites.keys()]
  for (let at = 0; at < names.length; at += SITES_ASKED) {
    const asked = names.slice(at, at + SITES_ASKED)
    const [known, sensors] = [await store.known(asked), await options.sensors(asked)]
    const missing = asked.flatMap((site) =>
      [...sensors.get(site)!]
        .map(([sensor, scale]) => ({ site, sensor, scale }))
        .filter((key) => !known.has(sensorKey(key))),
    )
    const bySite = [...Map.groupBy(missing, ({ site }) => site)]
    for (let next = 0; next < bySite.length; next += SITES_AT_ONCE) {
      await freeze(options, sites, new Map(bySite.slice(next, next + SITES_AT_ONCE)), pause)
    }
  }
}

async function freeze(
  { database, telemetry, clock, referenceDays }: FreezeOptions,
  sites: ReadonlyMap<string, SiteDaysAt>,
  missing: ReadonlyMap<string, readonly Parameters<typeof sensorKey>[0][]>,
  pause: () => Promise<void>,
): Promise<void> {
  const blocks = Math.floor(referenceDays / BLOCK_DAYS)
  const before = new Map(
    [...missing.keys()].map((site) => {
      const { zone, days } = sites.get(site)!
      return [site, { from: daysBefore(zone, days.from, blocks * BLOCK_DAYS), to: days.from }] as const
    }),
  )
  const sensors = [...new Set([...missing.values()].flatMap((keys) => keys.map(({ sensor }) => sensor)))]
  const frozen = []
  for (const { site, sensor, days } of await telemetry.siteDays({ sites: before, sensors })) {
    const key = missing.get(site)!.find((one) => one.sensor === sensor)
    if (!key) continue
    await pause()
    const reference = freezeSensor(days, { to: before.get(site)!.to, blocks })
    if (reference) frozen.push([key, reference] as const)
  }
  if (frozen.length > 0) await sensorReferences(database).keep(frozen, clock.now())
}
