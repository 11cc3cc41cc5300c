import { setImmediate } from 'node:timers/promises'
import { calendar } from '@storecast/shared/windows'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { Objects } from '../platform/objects.ts'
import type { Days, Telemetry } from '../telemetry/index.ts'
import { cachedVersions, type ReadVersion } from './bundles.ts'
import type { DriftJudgement, GroupedRule } from './compare.ts'
import type { Draft } from './draft.ts'
import { driftFindings, performanceFindings } from './findings.ts'
import { freezeMissing, type SiteDaysAt } from './freeze.ts'
import { type Batch, daysOf, modelColumns, sensorColumns, watchedDevices } from './observe.ts'
import { forecastDays } from './observe-performance.ts'
import type { PerformanceJudgement } from './performance.ts'
import { sensorReferences } from './sensor-references.ts'
import { siteSensors } from './site-sensors.ts'
import type { Watched } from './subjects.ts'

export interface MonitoringRule extends GroupedRule {
  /** Closed local days that are looked at: whole weeks. */
  readonly windowDays: number
  /** Days before them that a sensor's reference is frozen from, where it has none. */
  readonly referenceDays: number
}

export interface LookOptions {
  readonly database: Database
  readonly objects: Objects
  readonly telemetry: Pick<Telemetry, 'samples' | 'siteDays' | 'deviceDays' | 'newestWindowEnds'>
  readonly versions: ReadVersion
  readonly rule: MonitoringRule
  readonly clock: Clock
}

export interface Looked {
  readonly devices: number
  /** Of what the draft has, in its order. */
  readonly drift: readonly DriftJudgement[]
  readonly performance: readonly PerformanceJudgement[]
}

/** Devices that are read by one question for each kind of data, and are in memory at once. */
const DEVICES_AT_ONCE = 100
const SITES_AT_ONCE = 500
/** Milliseconds that pass before others get their turn of the process. */
const TURN_MS = 10

/**
 * Looks at every device in service, some at a time: its models' inputs and target, its sensors, and how its forecasts did.
 * Freezes what has no reference yet. What it finds goes to the draft; what is kept in memory of a device is its p-values.
 * @param until only at what had closed by then
 */
export async function look(
  options: LookOptions,
  { until, draft, signal }: { until: number | null; draft: Draft; signal: AbortSignal },
): Promise<Looked> {
  const { database, telemetry, rule, objects, clock } = options
  const pause = turns(signal)
  const versions = cachedVersions(options.versions)
  const sensors = siteSensors({ pool: database.pool, objects })
  const watched = await watchedDevices(database.pool)
  const sites = await daysOfSites(telemetry, watched, { days: rule.windowDays, until })
  const freezing = { database, telemetry, sensors, clock, referenceDays: rule.referenceDays }
  await freezeMissing(freezing, sites, pause)
  const references = sensorReferences(database)
  const clusterings = await references.clusterings()
  const drift = driftFindings(draft, rule)
  const performance = performanceFindings(draft, { rule, versions })
  const found = watched.filter(({ site }) => sites.has(site))
  for (let at = 0; at < found.length; at += DEVICES_AT_ONCE) {
    const batch = batchOf(found.slice(at, at + DEVICES_AT_ONCE), sites)
    const names = [...new Set(batch.watched.map(({ site }) => site))]
    const known = { sensors: await sensors(names), references: await references.of(names), clusterings }
    await drift.add(await modelColumns(telemetry, batch, versions), pause)
    await drift.add(await sensorColumns(telemetry, batch, known), pause)
    await performance.add(await forecastDays(telemetry, batch), pause)
  }
  return { devices: found.length, drift: await drift.judged(pause), performance: await performance.judged(pause) }
}

/** Lets others have their turn where some milliseconds have passed. @throws the signal's reason */
function turns(signal: AbortSignal): () => Promise<void> {
  let began = performance.now()
  return async () => {
    if (performance.now() - began < TURN_MS) return
    signal.throwIfAborted()
    await setImmediate()
    began = performance.now()
  }
}

async function daysOfSites(
  telemetry: Pick<Telemetry, 'newestWindowEnds'>,
  watched: readonly Watched[],
  span: { readonly days: number; readonly until: number | null },
): Promise<Map<string, SiteDaysAt>> {
  const zones = new Map(watched.map(({ site, timeZone }) => [site, timeZone]))
  const calendars = new Map([...new Set(zones.values())].map((name) => [name, calendar(name)]))
  const names = [...zones.keys()]
  const found = new Map<string, SiteDaysAt>()
  for (let at = 0; at < names.length; at += SITES_AT_ONCE) {
    for (const [site, newest] of await telemetry.newestWindowEnds(names.slice(at, at + SITES_AT_ONCE))) {
      const zone = calendars.get(zones.get(site)!)!
      found.set(site, { zone, days: daysOf(zone, newest, span) })
    }
  }
  return found
}

const batchOf = (watched: readonly Watched[], sites: ReadonlyMap<string, SiteDaysAt>): Batch => ({
  watched,
  days: new Map(watched.map(({ device, site }): [string, Days] => [device, sites.get(site)!.days])),
})
