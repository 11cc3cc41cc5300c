import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import type { WindowRecord } from '@storecast/shared/contracts'
import {
  type Calendar,
  calendar,
  mergeWindows,
  NO_QUALITY,
  SKETCH_RELATIVE_ERROR,
  Sketch,
  toSteps,
} from '@storecast/shared/windows'
import { describe, expect, it } from 'vitest'
import { Merger } from './merger.ts'

/**
 * Real series from reading to answer: windows as devices make them, coarsened as devices coarsen, merged as queries merge.
 * The data lie beside the repository (`../shared/data`) and not in it: without them this is skipped.
 */

const folder = fileURLToPath(new URL('../../../../shared/data/', import.meta.url))
const QUANTILES = [0, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1]

interface Series {
  readonly name: string
  readonly zone: string
  readonly resolution: number
  /** The usual level, in the series' unit. */
  readonly centre: number
  readonly readings: readonly { readonly time: number; readonly value: number }[]
}

interface DataSet {
  readonly file: string
  readonly zone: string
  /** Columns of values by name; of the time. */
  readonly columns: Readonly<Record<string, { readonly resolution: number; readonly centre: number }>>
  readonly time: string
}

const of = (resolution: number, centre = 0) => ({ resolution, centre })
const NAB = [
  'ambient_temperature_system_failure',
  'cpu_utilization_asg_misconfiguration',
  'ec2_request_latency_system_failure',
  'machine_temperature_system_failure',
  'nyc_taxi',
  'rogue_agent_key_hold',
  'rogue_agent_key_updown',
]
const DATA_SETS: readonly DataSet[] = [
  {
    ...{ file: 'ett/ETTh1.csv', zone: 'Asia/Shanghai', time: 'date' },
    // Loads of both signs, and an oil temperature around its usual level.
    columns: {
      ...{ HUFL: of(0.001), HULL: of(0.001), MUFL: of(0.001), MULL: of(0.001), LUFL: of(0.001), LULL: of(0.001) },
      OT: of(0.001, 13),
    },
  },
  {
    ...{ file: 'metro_traffic/Metro_Interstate_Traffic_Volume.csv.gz', zone: 'America/Chicago', time: 'date_time' },
    columns: { traffic_volume: of(1), temp: of(0.01, 281), rain_1h: of(0.01) },
  },
  ...NAB.map((name) => ({
    ...{ file: `nab/${name}.csv`, zone: 'America/New_York', time: 'timestamp' },
    columns: { value: of(0.0001) },
  })),
]

function read({ file, zone, columns, time }: DataSet): Series[] {
  const bytes = readFileSync(`${folder}${file}`)
  const [head, ...rows] = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim().split(/\r?\n/)
  const names = head!.split(',').map((name) => name.trim())
  const local = calendar(zone)
  const cells = rows.map((row) => row.split(','))
  const times = cells.map((row) => local.fromLocal(row[names.indexOf(time)]!.slice(0, 19)))
  return Object.entries(columns).map(([name, scale]) => ({
    ...{ name: `${file} ${name}`, zone, ...scale },
    readings: cells.map((row, i) => ({ time: times[i]!, value: Number(row[names.indexOf(name)]) })),
  }))
}

/** Windows of five minutes, in steps, and the steps themselves. */
function windowsOf({ readings, resolution, centre }: Series, zone: Calendar): [WindowRecord[], number[]] {
  const steps = readings.map(({ time, value }) => ({ time, step: toSteps(value, resolution) }))
  const level = toSteps(centre, resolution)
  const groups = Map.groupBy(steps, ({ time }) => zone.windowAt(time, '5m').start)
  const windows = [...groups].map(([start, inside]): WindowRecord => {
    const values = inside.map(({ step }) => step)
    const sketch = new Sketch()
    for (const value of values) sketch.add(value - level)
    return {
      ...{ series: { sensor: 's', entity: '' }, start, end: zone.windowAt(start, '5m').end, revision: 1 },
      ...{ count: values.length, sum: values.reduce((a, b) => a + b, 0), min: Math.min(...values) },
      ...{ max: Math.max(...values), last: values.at(-1)!, sketch: sketch.bins(), quality: NO_QUALITY },
    }
  })
  return [windows, steps.map(({ step }) => step)]
}

function coarsened(windows: readonly WindowRecord[], zone: Calendar, size: '1h' | '1d'): WindowRecord[] {
  const groups = Map.groupBy(windows, ({ start }) => zone.windowAt(start, size).start)
  return [...groups].map(([start, fine]) => mergeWindows(fine, zone.windowAt(start, size)))
}

/** As a query reads rows. */
function queried(windows: readonly WindowRecord[]) {
  const merger = new Merger()
  for (const { series: _, sketch, quality, ...window } of windows) {
    merger.add({ ...window, ...quality, series: 1, sketch: Sketch.fromBins(sketch).encode() })
  }
  return merger.result()
}

describe.each(DATA_SETS)('$file', (dataSet) => {
  it.skipIf(!existsSync(`${folder}${dataSet.file}`))(
    'is exact in count, sum and extremes and within 1 % in quantiles, fine, by the hour and by the day',
    () => {
      for (const series of read(dataSet)) {
        const zone = calendar(series.zone)
        const [fine, steps] = windowsOf(series, zone)
        const hours = coarsened(fine, zone, '1h')
        const level = toSteps(series.centre, series.resolution)
        const sorted = steps.toSorted((a, b) => a - b)
        const sum = steps.reduce((total, step) => total + BigInt(step), 0n)
        for (const windows of [fine, hours, coarsened(hours, zone, '1d'), coarsened(fine, zone, '1d')]) {
          const merged = queried(windows)
          expect([merged.count, BigInt(merged.sum), merged.min, merged.max], series.name).toEqual([
            sorted.length,
            sum,
            sorted[0],
            sorted.at(-1),
          ])
          for (const q of QUANTILES) {
            const exact = sorted[Math.floor(q * (sorted.length - 1))]! - level
            const error = Math.abs(merged.sketch.quantile(q) - exact)
            expect(error, `${series.name} at ${q}`).toBeLessThanOrEqual(
              SKETCH_RELATIVE_ERROR * Math.abs(exact) * (1 + 1e-9),
            )
          }
        }
      }
    },
    60_000,
  )
})
