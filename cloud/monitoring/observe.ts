import { parseSelfEntity } from '@storecast/shared/contracts'
import type { DriftSample } from '@storecast/shared/statistics'
import { type Calendar, calendar, Sketch } from '@storecast/shared/windows'
import type { Pool } from 'pg'
import { LABELS } from '../devices/index.ts'
import type { MergedWindows, Scale, Telemetry } from '../telemetry/index.ts'
import { frozenColumn, type ReadVersion } from './bundles.ts'
import { coarseOf } from './compare.ts'
import { BLOCK_DAYS, pooledClustering, type SensorReference, sensorKey } from './sensor-references.ts'
import type { Comparable, Span, Watched } from './subjects.ts'

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
 * its newest windows. Undefined where nothing came yet.
 */
export async function spanOf(
  telemetry: Pick<Telemetry, 'newestWindowEnd'>,
  { site, timeZone }: Watched,
  { days, until }: { days: number; until: number | null },
): Promise<(Span & { readonly zone: Calendar }) | undefined> {
  const newest = await telemetry.newestWindowEnd(site)
  if (newest === 0) return undefined
  const zone = calendar(timeZone)
  const to = zone.daySpan(zone.localDay(Math.min(newest, until ?? newest))).start
  return { from: daysBefore(zone, to, days), to, zone }
}

/** Start of the local day so many days before the one that begins at `time`. */
export const daysBefore = (zone: Calendar, time: number, days: number): number =>
  zone.daySpan(zone.localDay(time - days * 86_400_000 + 43_200_000)).start

interface Sample extends DriftSample, Span {
  readonly entity: string
  readonly scale: Scale
}

/** Samples of one sensor or self-measured series by entity, over the days that it has. */
async function samplesOf(
  telemetry: Pick<Telemetry, 'merged'>,
  query: { device: string; sensor: string; by: 'entity' | 'sensor' } & Span,
): Promise<Sample[]> {
  const { device, sensor, from, to, by } = query
  const days = await telemetry.merged({ device, sensor, from, to, resolution: 'day', by: ['time', by] })
  const byEntity = Map.groupBy(
    days.filter((day) => day.count > 0),
    ({ key, scale }) => [key[by], scale.resolution, scale.centre].join('\n'),
  )
  return [...byEntity.values()].map(sampleOf).map((sample) => ({ ...sample, from, to }))
}

function sampleOf(days: readonly MergedWindows[]): Omit<Sample, keyof Span> {
  const [first] = days as [MergedWindows, ...MergedWindows[]]
  const sketch = new Sketch()
  for (const day of days) sketch.merge(day.sketch)
  const blocks = new Set(days.map((day) => day.day)).size / BLOCK_DAYS
  return { entity: first.key.entity ?? '', scale: first.scale, sketch: sketch.bins(), rows: sketch.count, blocks }
}

/** Inputs and target of the versions that a device ran. */
export async function modelColumns(
  telemetry: Pick<Telemetry, 'merged'>,
  { watched, span, versions }: { watched: Watched; span: Span; versions: ReadVersion },
): Promise<Comparable[]> {
  const { device, site } = watched
  const found: Comparable[] = []
  for (const sample of await samplesOf(telemetry, { device, sensor: '$feature', by: 'entity', ...span })) {
    const named = /^([^.]+)\.([1-9]\d*)\.(\d+)$/.exec(sample.entity)
    if (!named) continue
    const [, model, version, index] = named as unknown as [string, string, string, string]
    const documents = await versions(model, Number(version))
    const column = documents?.manifest.features[Number(index)] ?? index
    const frozen = frozenColumn(documents, site, { feature: Number(index) })
    found.push({ kind: 'feature', model, version: Number(version), column, ...comparableOf(watched, sample, frozen) })
  }
  for (const sample of await samplesOf(telemetry, { device, sensor: '$forecast-actual', by: 'entity', ...span })) {
    const of = parseSelfEntity(sample.entity)
    if (!of) continue
    const documents = await versions(of.model, of.version)
    // Channels of a sequence are sensors, each compared as one.
    if (documents && documents.manifest.definition.spec.view.kind !== 'daily-demand') continue
    const frozen = frozenColumn(documents, site, 'target')
    found.push({
      kind: 'target',
      model: of.model,
      version: of.version,
      column: 'target',
      ...comparableOf(watched, sample, frozen),
    })
  }
  return found
}

function comparableOf(watched: Watched, sample: Sample, known: ReturnType<typeof frozenColumn>) {
  const { from, to } = sample
  if ('missing' in known) return { watched, from, to, current: sample, reference: known }
  const { frozen, clustering, column } = known
  const current = coarseOf(sample, column.cuts, column.points)
  return { watched, from, to, current, reference: { frozen, clustering, grid: 'bundle', scale: column } }
}

/** What a device's sensors measure, over all products of each. @param sensors names that the site defines */
export async function sensorColumns(
  telemetry: Pick<Telemetry, 'merged'>,
  options: {
    watched: Watched
    span: Span
    sensors: readonly string[]
    references: ReadonlyMap<string, SensorReference>
    /** By sensor and scale, of all sites. */
    clusterings: ReadonlyMap<string, ReturnType<typeof pooledClustering>>
  },
): Promise<Comparable[]> {
  const { watched, span, sensors, references, clusterings } = options
  const found: Comparable[] = []
  for (const sensor of sensors) {
    for (const sample of await samplesOf(telemetry, { device: watched.device, sensor, by: 'sensor', ...span })) {
      const { scale, from, to } = sample
      const known = references.get(sensorKey({ site: watched.site, sensor, scale }))
      const grid = gridOf(sensor, scale)
      const reference =
        known && known.to <= from
          ? { frozen: known.frozen, clustering: { site: clusterings.get(grid)!, common: null, sites: 1 }, grid, scale }
          : {
              missing: known
                ? 'the reference is of later days'
                : 'insufficient: less than four weeks before to compare with',
            }
      found.push({
        kind: 'sensor',
        model: '',
        version: 0,
        column: sensor,
        watched,
        from,
        to,
        current: sample,
        reference,
      })
    }
  }
  return found
}

export const gridOf = (sensor: string, { resolution, centre }: Pick<Scale, 'resolution' | 'centre'>): string =>
  [sensor, resolution, centre].join('\n')

/** How alike a week's rows are, by sensor and scale, from all sites that measure it. */
export function clusteringsOf(
  references: ReadonlyMap<string, SensorReference>,
): Map<string, ReturnType<typeof pooledClustering>> {
  const byGrid = Map.groupBy([...references], ([key]) => key.split('\n').slice(1).join('\n'))
  return new Map([...byGrid].map(([grid, of]) => [grid, pooledClustering(of.map(([, { clustering }]) => clustering))]))
}
