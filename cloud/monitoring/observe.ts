import { parseSelfEntity } from '@storecast/shared/contracts'
import type { Clustering, DriftSample } from '@storecast/shared/statistics'
import type { Calendar } from '@storecast/shared/windows'
import type { Pool } from 'pg'
import { LABELS } from '../devices/index.ts'
import type { Days, Sample, Telemetry } from '../telemetry/index.ts'
import { frozenColumn, type KnownVersions } from './bundles.ts'
import { coarseOf } from './compare.ts'
import { BLOCK_DAYS, gridOf, type SensorReference, sensorKey } from './sensor-references.ts'
import type { SensorScale } from './site-sensors.ts'
import type { Comparable, Watched } from './subjects.ts'

/** Devices in service. */
export async function watchedDevices(pool: Pool): Promise<Watched[]> {
  const { rows } = await pool.query<Watched>(
    `SELECT d.id AS device, d.site, s.time_zone AS "timeZone", ${LABELS} AS labels
     FROM devices d JOIN sites s ON s.id = d.site WHERE d.retired_at IS NULL ORDER BY d.id`,
  )
  return rows
}

/**
 * The closed local days of a site that are looked at: the last `days` before `until`, or before the day that is under way in
 * its newest windows, which end at `newest`.
 */
export function daysOf(
  zone: Calendar,
  newest: number,
  { days, until }: { readonly days: number; readonly until: number | null },
): Days {
  const to = zone.daySpan(zone.localDay(Math.min(newest, until ?? newest))).start
  return { from: daysBefore(zone, to, days), to }
}

/** Start of the local day so many days before the one that begins at `time`. */
export const daysBefore = (zone: Calendar, time: number, days: number): number =>
  zone.daySpan(zone.localDay(time - days * 86_400_000 + 43_200_000)).start

/** Devices that are read by one question, with the days of each that are looked at. */
export interface Batch {
  readonly watched: readonly Watched[]
  readonly days: ReadonlyMap<string, Days>
}

const driftSample = ({ sketch, days }: Sample): DriftSample => ({
  sketch: sketch.bins(),
  rows: sketch.count,
  blocks: days / BLOCK_DAYS,
})

/** Inputs and target of the versions that devices ran, by device. */
export async function modelColumns(
  telemetry: Pick<Telemetry, 'samples'>,
  { watched, days }: Batch,
  versions: KnownVersions,
): Promise<Comparable[]> {
  const byDevice = new Map(watched.map((one) => [one.device, one]))
  const sensors = ['$feature', '$forecast-actual']
  const found: Comparable[] = []
  for (const sample of await telemetry.samples({ devices: days, sensors, by: 'entity' })) {
    const column = await (sample.sensor === '$feature' ? featureOf : targetOf)(sample, versions)
    if (!column) continue
    const { kind, model, version, documents, which } = column
    const own = byDevice.get(sample.device)!
    const known = frozenColumn(documents, own.site, which)
    const { from, to } = days.get(sample.device)!
    const base = { kind, model, version, column: column.column, watched: own, from, to }
    if ('missing' in known) {
      found.push({ ...base, current: driftSample(sample), reference: known })
      continue
    }
    const { frozen, clustering, column: scale } = known
    const current = coarseOf(driftSample(sample), scale.cuts, scale.points)
    found.push({ ...base, current, reference: { frozen, clustering, grid: 'bundle', scale } })
  }
  return found
}

async function featureOf({ entity }: Sample, versions: KnownVersions) {
  const named = /^([^.]+)\.([1-9]\d*)\.(\d+)$/.exec(entity)
  if (!named) return undefined
  const [, model, version, index] = named as unknown as [string, string, string, string]
  const documents = await versions(model, Number(version))
  const column = documents?.manifest.features[Number(index)] ?? index
  const which = { feature: Number(index) }
  return { kind: 'feature' as const, model, version: Number(version), column, documents, which }
}

async function targetOf({ entity }: Sample, versions: KnownVersions) {
  const of = parseSelfEntity(entity)
  if (!of) return undefined
  const documents = await versions(of.model, of.version)
  // Channels of a sequence are sensors, each compared as one.
  if (documents && documents.manifest.definition.spec.view.kind !== 'daily-demand') return undefined
  const { model, version } = of
  return { kind: 'target' as const, model, version, column: 'target', documents, which: 'target' as const }
}

/** What sensors are compared with. */
export interface SensorKnowledge {
  /** Of each site, by name. */
  readonly sensors: ReadonlyMap<string, ReadonlyMap<string, SensorScale>>
  readonly references: ReadonlyMap<string, SensorReference>
  /** By sensor and scale, of all sites. */
  readonly clusterings: ReadonlyMap<string, Clustering>
}

/** What the sensors measure that the devices' sites define, over all products of each, by device. */
export async function sensorColumns(
  telemetry: Pick<Telemetry, 'samples'>,
  { watched, days }: Batch,
  { sensors, references, clusterings }: SensorKnowledge,
): Promise<Comparable[]> {
  const byDevice = new Map(watched.map((one) => [one.device, one]))
  const names = new Set(watched.flatMap(({ site }) => [...sensors.get(site)!.keys()]))
  const found: Comparable[] = []
  for (const sample of await telemetry.samples({ devices: days, sensors: [...names], by: 'sensor' })) {
    const { device, sensor } = sample
    const own = byDevice.get(device)!
    const scale = sensors.get(own.site)!.get(sensor)
    if (!scale) continue
    const { from, to } = days.get(device)!
    const known = references.get(sensorKey({ site: own.site, sensor, scale }))
    const grid = gridOf(sensor, scale)
    const reference =
      known && known.to <= from
        ? { frozen: known.frozen, clustering: { site: clusterings.get(grid)!, common: null, sites: 1 }, grid, scale }
        : {
            missing: known
              ? 'the reference is of later days'
              : 'insufficient: less than four weeks before to compare with',
          }
    const base = { kind: 'sensor', model: '', version: 0, column: sensor, watched: own, from, to } as const
    found.push({ ...base, current: driftSample(sample), reference })
  }
  return found
}
