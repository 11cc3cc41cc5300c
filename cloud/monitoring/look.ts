import { setImmediate } from 'node:timers/promises'
import type { SensorsDocument } from '@storecast/shared/contracts'
import { readDocument, type Sites } from '../devices/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { Objects } from '../platform/objects.ts'
import type { Telemetry } from '../telemetry/index.ts'
import { cachedVersions, type ReadVersion } from './bundles.ts'
import { type DriftResult, type DriftRule, judgeDrift } from './compare.ts'
import { clusteringsOf, daysBefore, modelColumns, sensorColumns, spanOf, watchedDevices } from './observe.ts'
import { forecastDays } from './observe-performance.ts'
import { judgePerformance, type PerformanceResult, validationOf } from './performance.ts'
import { BLOCK_DAYS, freezeSensor, sensorKey, sensorReferences } from './sensor-references.ts'
import type { Comparable, Watched } from './subjects.ts'

export interface MonitoringRule extends DriftRule {
  /** Closed local days that are looked at: whole weeks. */
  readonly windowDays: number
  /** Days before them that a sensor's reference is frozen from, where it has none. */
  readonly referenceDays: number
  /** Labels by whose values devices are grouped. */
  readonly groupBy: readonly string[]
}

export interface LookOptions {
  readonly database: Database
  readonly objects: Objects
  readonly sites: Pick<Sites, 'get'>
  readonly telemetry: Pick<Telemetry, 'merged' | 'newestWindowEnd'>
  readonly versions: ReadVersion
  readonly rule: MonitoringRule
  readonly clock: Clock
}

export interface Looked {
  readonly devices: number
  readonly drift: readonly DriftResult[]
  readonly performance: readonly PerformanceResult[]
}

/**
 * Looks at every device in service: its models' inputs and target, its sensors, and how its forecasts did. Freezes what has
 * no reference yet.
 * @param until only at what had closed by then
 */
export async function look(options: LookOptions, until: number | null, signal: AbortSignal): Promise<Looked> {
  const { database, telemetry, rule } = options
  const versions = cachedVersions(options.versions)
  const watched = await watchedDevices(database.pool)
  const spans = new Map<Watched, NonNullable<Awaited<ReturnType<typeof spanOf>>>>()
  for (const one of watched) {
    signal.throwIfAborted()
    const span = await spanOf(telemetry, one, { days: rule.windowDays, until })
    if (span) spans.set(one, span)
  }
  const sensors = await freezeMissing(options, spans, signal)
  const references = await sensorReferences(database).all()
  const clusterings = clusteringsOf(references)
  const comparables: Comparable[] = []
  const days = []
  for (const [watched, span] of spans) {
    signal.throwIfAborted()
    comparables.push(
      ...(await modelColumns(telemetry, { watched, span, versions })),
      ...(await sensorColumns(telemetry, {
        watched,
        span,
        sensors: sensors.get(watched.site)!,
        references,
        clusterings,
      })),
    )
    days.push(...(await forecastDays(telemetry, { watched, span })))
  }
  const documents = new Map<string, Awaited<ReturnType<ReadVersion>>>()
  for (const { model, version } of days) documents.set(`${model}.${version}`, await versions(model, version))
  const performance = judgePerformance(days, {
    ...rule,
    validation({ model, version }, sites) {
      const found = documents.get(`${model}.${version}`)
      return found ? validationOf(found.warmup, found.manifest.metrics, found.manifest.baseline, sites) : null
    },
  })
  const drift = await judgeDrift(comparables, rule, async () => {
    signal.throwIfAborted()
    await setImmediate()
  })
  return { devices: spans.size, drift, performance }
}

/** @returns names of the sensors that each site defines */
async function freezeMissing(
  { database, objects, sites, telemetry, rule, clock }: LookOptions,
  spans: ReadonlyMap<Watched, NonNullable<Awaited<ReturnType<typeof spanOf>>>>,
  signal: AbortSignal,
): Promise<Map<string, readonly string[]>> {
  const store = sensorReferences(database)
  const known = await store.all()
  const names = new Map<string, readonly string[]>()
  const blocks = Math.floor(rule.referenceDays / BLOCK_DAYS)
  for (const [{ site }, { from: to, zone }] of spans) {
    if (names.has(site)) continue
    const { documents } = await sites.get(site)
    const document = documents.sensors && (await readDocument<SensorsDocument>(objects, documents.sensors.sha256))
    const sensors = document?.sensors ?? []
    names.set(
      site,
      sensors.map(({ name }) => name),
    )
    for (const { name: sensor, resolution, centre } of sensors) {
      signal.throwIfAborted()
      const key = { site, sensor, scale: { resolution, centre } }
      if (known.has(sensorKey(key))) continue
      const from = daysBefore(zone, to, blocks * BLOCK_DAYS)
      const days = await telemetry.merged({ site, sensor, from, to, resolution: 'day', by: ['time'] })
      const frozen = freezeSensor(
        days.filter(({ scale }) => scale.resolution === resolution && scale.centre === centre),
        { to, blocks },
      )
      if (frozen) await store.keep(key, frozen, clock.now())
    }
  }
  return names
}
