import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { loadDefinition, readDailyDemand } from '@storecast/models'
import type { DailyDemandView } from '@storecast/shared/contracts'
import { Sketch } from '@storecast/shared/windows'
import { describe, expect, it } from 'vitest'
import type { SiteDay } from '../telemetry/index.ts'
import type { Compared, DriftResult } from './compare.ts'
import { driftFindings } from './findings.ts'
import { freezeSensor, pooledClustering } from './sensor-references.ts'

const DAY = 86_400_000
const WINDOW = 14
const WEEKS = 8
const file = (path: string) => fileURLToPath(new URL(`../../../shared/data/${path}`, import.meta.url))
const FRESH_RETAIL = file('freshretail/freshretail50k_subset_dev.csv.gz')
const METRO = file('metro_traffic/Metro_Interstate_Traffic_Volume.csv.gz')

/** Whole steps of one day, as a device would have sketched them; a day without any has no window. */
type Series = readonly (readonly number[])[]

const sketched = (series: Series, from: number, to: number): SiteDay[] =>
  series.slice(from, to).flatMap((values, i) => {
    const sketch = new Sketch()
    for (const value of values) sketch.add(value)
    const day = from + i
    return values.length === 0 ? [] : [{ start: day * DAY, end: (day + 1) * DAY, sketch }]
  })

/** The two weeks from `start` of every series against the eight before, as a run of the cloud's compares them. */
async function compareAt(
  all: Readonly<Record<string, Series>>,
  start: number,
  change: (steps: number) => number,
): Promise<DriftResult[]> {
  const frozen = Object.entries(all).flatMap(([name, series]) => {
    const reference = freezeSensor(sketched(series, 0, start), { to: start * DAY, blocks: WEEKS })
    return reference ? [{ name, series, reference }] : []
  })
  const site = pooledClustering(frozen.map(({ reference }) => reference.clustering))
  const comparables = frozen.map(({ name, series, reference }) => {
    const now = new Sketch()
    const changed = series.map((values) => values.map(change))
    for (const { sketch } of sketched(changed, start, start + WINDOW)) now.merge(sketch)
    return {
      ...({
        kind: 'sensor',
        model: '',
        version: 0,
        column: 'x',
        from: start * DAY,
        to: (start + WINDOW) * DAY,
      } as const),
      watched: { device: name, site: name, timeZone: 'UTC', labels: {} },
      current: { sketch: now.bins(), rows: now.count, blocks: WINDOW / 7 },
      reference: {
        frozen: reference.frozen,
        clustering: { site, common: null, sites: 1 },
        grid: 'x',
        scale: { resolution: 1, centre: 0 },
      },
    }
  })
  const compared: Compared[] = []
  const draft = { addDrift: async (some: readonly Compared[]) => void compared.push(...some) }
  const findings = driftFindings(draft, { level: 0.05, method: 'benjamini-hochberg', groupBy: [] })
  const pause = async () => {}
  await findings.add(comparables, pause)
  const judgements = await findings.judged(pause)
  return compared.map((one, i) => ({ ...one, ...judgements[i]! }))
}

const drifted = (results: readonly DriftResult[], scope: string) =>
  results.filter((one) => one.scope === scope && one.verdict === 'drift').length

describe.skipIf(!existsSync(FRESH_RETAIL))('24 real shops: units a day of products in stock', () => {
  it('are usual in nearly every shop, two weeks after eight; with a quarter more sold none is', async () => {
    const definition = await loadDefinition(
      fileURLToPath(new URL('../../models/definitions/demand.yaml', import.meta.url)),
    )
    const view = definition.spec.view as DailyDemandView
    const data = await readDailyDemand(FRESH_RETAIL, { view, dataset: definition.spec.dataset })
    const series = (shop: (typeof data.sites)[number]) =>
      Array.from({ length: data.days }, (_, day) =>
        shop.entities.flatMap((_, i) => {
          const at = i * data.days + day
          return Number.isNaN(shop.units[at]) || shop.stockoutHours[at] !== 0 ? [] : [Math.round(shop.units[at]! * 100)]
        }),
      )
    const shops = Object.fromEntries(data.sites.map((shop) => [shop.site, series(shop)]))
    let [usual, more] = [0, 0]
    for (const start of [56, 63, 70, 76]) {
      const calm = await compareAt(shops, start, (steps) => steps)
      usual += drifted(calm, 'device')
      expect(drifted(calm, 'fleet')).toBe(0)
      // Sold in tenths, as before.
      const grown = await compareAt(shops, start, (steps) => Math.round((steps * 1.25) / 10) * 10)
      more += drifted(grown, 'device')
      expect(drifted(grown, 'fleet')).toBe(1)
    }
    // Of 96 comparisons each.
    expect(usual).toBeLessThanOrEqual(4)
    expect(more).toBeGreaterThanOrEqual(92)
  }, 60_000)
})

describe.skipIf(!existsSync(METRO))('six years of a road', () => {
  it('are usual in nearly every two weeks after eight, holidays and all; with a quarter of a deviation more in none', async () => {
    const rows = gunzipSync(readFileSync(METRO)).toString().trim().split('\n').slice(1)
    // The last row of an hour stands: there are duplicates.
    const byHour = new Map(rows.map((row) => [row.split(',')[7]!, Number(row.split(',')[8])]))
    const volumes = [...byHour.values()]
    const mean = volumes.reduce((sum, value) => sum + value, 0) / volumes.length
    const sd = Math.sqrt(volumes.reduce((sum, value) => sum + (value - mean) ** 2, 0) / volumes.length)
    const first = Date.parse('2012-10-01T00:00:00Z')
    const days = Array.from({ length: 2190 }, (): number[] => [])
    for (const [hour, volume] of byHour) {
      const day = Math.floor((Date.parse(`${hour.replace(' ', 'T')}Z`) - first) / DAY)
      days[day]?.push(Math.round(volume - mean))
    }
    const alarms = { windows: 0, usual: 0, more: 0 }
    for (let start = WEEKS * 7; start + WINDOW <= days.length; start += WINDOW) {
      // Of a year hardly anything was recorded.
      const known = (from: number, to: number) => days.slice(from, to).filter((day) => day.length > 0).length
      if (known(start, start + WINDOW) < WINDOW || known(start - WEEKS * 7, start) < WEEKS * 6.3) continue
      const road = { road: days.slice(0, start + WINDOW) }
      alarms.windows++
      alarms.usual += drifted(await compareAt(road, start, (steps) => steps), 'device')
      alarms.more += drifted(await compareAt(road, start, (steps) => Math.round(steps + sd / 4)), 'device')
    }
    expect(alarms.windows).toBeGreaterThan(100)
    expect(alarms.usual / alarms.windows).toBeLessThanOrEqual(0.05)
    expect(alarms.more / alarms.windows).toBeGreaterThan(0.97)
  })
})
