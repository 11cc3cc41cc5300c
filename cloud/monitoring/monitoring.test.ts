import type { Reference, Warmup } from '@storecast/shared/contracts'
import { binCounts, cutsOf, pointsOf } from '@storecast/shared/statistics'
import { normals, uniforms } from '@storecast/shared/statistics/test'
import { Sketch } from '@storecast/shared/windows'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { testBundle } from '../test/bundle.ts'
import { type TestCloud, testCloud } from '../test/cloud.ts'
import { addWindows } from '../test/records.ts'

const DAY = 86_400_000
/** A Monday. */
const T0 = Date.UTC(2026, 0, 5)
const WEEKS = 10
const at = (day: number) => T0 + day * DAY
/** Two weeks later the fridges of the north are warmer, and two shops there sell otherwise. */
const BEFORE = at(7 * 8)
const SHOPS = { a: 'north', b: 'north', c: 'south', d: 'south' } as const
const device = (shop: string) => `${shop}-1`

const uniform = uniforms(42)
const normal = normals(uniform)

/** Thousandths of a standard deviation, forty products a day; weeks have a common lot. */
function featureDays(days: number, shift = 0): number[][] {
  let week = 0
  return Array.from({ length: days }, (_, day) => {
    if (day % 7 === 0) week = 0.15 * normal()
    return Array.from({ length: 40 }, () => Math.round(1000 * (normal() + week + shift)))
  })
}

function referenceOfShops(): { reference: Reference; warmup: Warmup } {
  const shops = Object.keys(SHOPS)
  const sketches = shops.map(() => {
    const sketch = new Sketch()
    for (const day of featureDays(56)) for (const value of day) sketch.add(value)
    return sketch
  })
  const all = new Sketch()
  for (const sketch of sketches) all.merge(sketch)
  const cuts = cutsOf(all.bins())
  const clustering = { mean: 0.02, square: 0.001, largest: 0.03, carry: 0, freedom: 28 }
  const column = {
    ...{ name: 'lag7', centre: 2, resolution: 0.004, mean: 2, sd: 4, cuts, points: pointsOf(all.bins(), cuts) },
    clustering: { site: clustering, common: { ...clustering, mean: 0.005, largest: 0.008, freedom: 7 } },
  }
  const target = { ...column, name: 'target', resolution: 0.001 }
  const sites = Object.fromEntries(
    shops.map((shop, i) => {
      const one = { rows: 56 * 40, counts: [binCounts(sketches[i]!.bins(), cuts)] }
      return [shop, { features: one, target: one }]
    }),
  )
  const days = Array.from({ length: 7 }, (_, i) => `2026-01-0${i + 1}`)
  const warm = { days, actual: days.map(() => 10), mean: days.map(() => 10) }
  const quantiles = [0, 1, 2].map((level) => days.map((_, i) => 10 + (level - 1) * 5 + (i % 2 === 0 ? 3 : -3)))
  return {
    reference: { format: 2, blockDays: 7, blocks: 8, features: [column], target, sites },
    warmup: { format: 1, levels: [0.1, 0.5, 0.9], sites: { a: { ...warm, quantiles }, b: { ...warm, quantiles } } },
  }
}

let server: TestCloud
let call: TestCloud['call']
beforeAll(async () => {
  // The clock stands still: where a period ended meanwhile, its run would be the newest, and find what there is.
  server = await testCloud({ clock: { now: () => at(7 * WEEKS) } })
  call = server.call
  // The run of this period, before there is anything to find.
  await vi.waitFor(async () => expect(await scheduled()).toMatchObject([{ state: 'succeeded' }]))
  const fridge = { name: 'fridge', kind: 'gauge', unit: '°C', resolution: 0.1, range: [-40, 60], centre: 4 }
  for (const [shop, region] of Object.entries(SHOPS)) {
    await call('PUT', `/v1/sites/${shop}`, { json: { timeZone: 'UTC', labels: { region }, sensors: [fridge] } })
    await call('POST', '/v1/devices', { json: { id: device(shop), site: shop } })
    const warm = region === 'north' ? 8 : 0
    const fridgeDays = Array.from({ length: 7 * WEEKS }, (_, day) => {
      const week = Math.round(normal())
      const values = Array.from({ length: 48 }, () =>
        Math.round(40 + week + 10 * normal() + (at(day) >= BEFORE ? warm : 0)),
      )
      return { start: at(day), end: at(day + 1), values, centre: 40 }
    })
    await addWindows(server.pool, device(shop), 'fridge', fridgeDays)
    const features = [...featureDays(56), ...featureDays(14, shop === 'c' ? 0.6 : 0)]
    const rows = features.map((values, day) => ({ start: at(day), end: at(day + 1), values }))
    await addWindows(
      server.pool,
      device(shop),
      '$feature',
      rows.map((row) => ({ ...row, entity: 'demand.1.0' })),
    )
    await addForecastScores(shop, shop === 'a' ? 9 : 3)
  }
  const bundle = testBundle(referenceOfShops())
  expect((await call('POST', '/v1/models/demand/versions', { bytes: bundle })).status).toBe(201)
})
afterAll(() => server[Symbol.asyncDispose]())

/** Twenty products a day that sell ten each; the baseline misses by four, a forecast by `error`, up and down by day. */
async function addForecastScores(shop: string, error: number): Promise<void> {
  const days = (values: (day: number) => number) =>
    Array.from({ length: 14 }, (_, i) => 56 + i).map((day) => ({
      entity: 'demand.1.1d',
      start: at(day),
      end: at(day + 1),
      values: Array.from({ length: 20 }, () => values(day)),
    }))
  const signed = (day: number) => (day % 2 === 0 ? error : -error) + (day % 3) * 0.1
  const series = {
    '$forecast-error': (day: number) => 1000 * signed(day),
    '$forecast-absolute-error': (day: number) => 1000 * Math.abs(signed(day)),
    '$forecast-squared-error': (day: number) => Math.round(1000 * signed(day) ** 2),
    '$forecast-baseline-error': () => 4000,
    '$forecast-actual': () => 10_000,
    '$forecast-coverage': (day: number) => day % 2,
  }
  for (const [name, values] of Object.entries(series)) {
    await addWindows(
      server.pool,
      device(shop),
      name,
      days((day) => Math.round(values(day))),
    )
  }
}

const scheduled = async (): Promise<object[]> =>
  (await call('GET', '/v1/monitoring-runs?limit=500')).body.items.filter(({ manual }: { manual: boolean }) => !manual)

async function lookNow(until: number | null = null): Promise<string> {
  const { status, body } = await call('POST', '/v1/monitoring-runs', { json: { until } })
  expect(status).toBe(202)
  await vi.waitFor(
    async () => {
      const run = (await call('GET', `/v1/monitoring-runs/${body.id}`)).body
      expect(run).toMatchObject({ state: 'succeeded', error: null })
    },
    { timeout: 60_000, interval: 50 },
  )
  return body.id
}

const results = async (path: string, query: Record<string, string> = {}) =>
  (await call('GET', `${path}?${new URLSearchParams({ limit: '500', ...query })}`)).body.items

describe('a run', () => {
  it('says what it lacks where there is too little data, and finds nothing where nothing drifts', async () => {
    await lookNow(at(21))
    const early = await results('/v1/drift', { kind: 'sensor', scope: 'device' })
    expect(early).toHaveLength(4)
    expect(early[0]).toMatchObject({ verdict: 'insufficient', q: null, rows: 48 * 14 })
    expect(early[0].reason).toBe('insufficient: less than four weeks before to compare with')
    await lookNow(BEFORE)
    expect(await results('/v1/drift', { verdict: 'drift' })).toEqual([])
    expect(await results('/v1/drift', { kind: 'sensor', verdict: 'stable', scope: 'device' })).toHaveLength(4)
  })

  it('finds what has drifted, by device, label and fleet, with figures and thresholds', async () => {
    const run = await lookNow()
    const fridges = await results('/v1/drift', { kind: 'sensor', verdict: 'drift', scope: 'device' })
    expect(fridges.map(({ name }: { name: string }) => name)).toEqual(['a-1', 'b-1'])
    for (const { statistics, q, run: of } of fridges) {
      expect(of).toBe(run)
      expect(q).toBeLessThanOrEqual(0.05)
      expect(statistics.psi.value).toBeGreaterThan(statistics.psi.threshold)
      expect(statistics.wasserstein.value).toBeGreaterThan(0.4)
    }
    // A fridge was at 4 °C give or take, and is warmer: what was compared says so, in its unit.
    const [shown] = await results('/v1/drift', { kind: 'sensor', scope: 'device', name: 'a-1', bins: 'true' })
    const { edges, reference, current } = shown.bins
    expect(reference).toHaveLength(edges.length + 1)
    for (const shares of [reference, current]) {
      expect(shares.reduce((sum: number, share: number) => sum + share, 0)).toBeCloseTo(1, 9)
    }
    expect(edges).toEqual(edges.toSorted((a: number, b: number) => a - b))
    expect(current.at(-1)).toBeGreaterThan(reference.at(-1))
    expect(fridges[0].bins).toBeNull()
    const features = await results('/v1/drift', { kind: 'feature', verdict: 'drift' })
    expect(features.map(({ scope, name }: { scope: string; name: string }) => `${scope}/${name}`)).toContain(
      'device/c-1',
    )
    expect(features[0]).toMatchObject({ model: 'demand', version: 1, column: 'lag7' })
    const regions = await results('/v1/drift', { kind: 'sensor', scope: 'region' })
    expect(regions).toMatchObject([
      { name: 'north', devices: 2, rows: 2 * 14 * 48, verdict: 'drift' },
      { name: 'south', devices: 2, verdict: 'stable' },
    ])
    const history = await results('/v1/drift', { run: 'all', scope: 'device', name: 'a-1', column: 'fridge' })
    expect(history.map(({ verdict }: { verdict: string }) => verdict)).toEqual(['drift', 'stable', 'insufficient'])
    expect(history[0].previousPsi).toBe(history[1].statistics.psi.value)
  })

  it('judges forecasts against the same sites’ held-out days, or all training, and the baseline', async () => {
    const devices = await results('/v1/performance', { scope: 'device', days: 'true' })
    const verdicts = devices.map(({ name, verdict }: { name: string; verdict: string }) => [name, verdict])
    expect(verdicts).toEqual([
      ['a-1', 'below-baseline'],
      ['b-1', 'as-validated'],
      ['c-1', 'as-validated'],
      ['d-1', 'as-validated'],
    ])
    expect(devices[0]).toMatchObject({ rows: 280, validation: { wape: 0.3, of: 'sites' }, scores: { coverage: 0.5 } })
    expect(devices[0].scores.baselineWape).toBeCloseTo(0.4, 9)
    expect(devices[0].scores.wape).toBeGreaterThan(0.85)
    expect(devices[0].days).toHaveLength(14)
    expect(devices[2].validation).toMatchObject({ of: 'training' })
    expect(await results('/v1/performance', { scope: 'fleet' })).toMatchObject([
      { devices: 4, rows: 4 * 280, days: null },
    ])
  })

  it('is listed by pages as in one', async () => {
    const newest = (await results('/v1/drift'))[0].run
    for (const query of [{ run: 'all' }, { run: newest }, { run: 'all', verdict: 'drift' }, { verdict: 'drift' }]) {
      const paged: unknown[] = []
      let cursor: string | undefined
      do {
        const search = new URLSearchParams({ ...query, limit: '4', ...(cursor && { cursor }) })
        const { body } = await call('GET', `/v1/drift?${search}`)
        paged.push(...body.items)
        cursor = body.next
      } while (cursor)
      expect(paged.length).toBeGreaterThan(4)
      expect(paged).toEqual(await results('/v1/drift', query))
    }
  })

  it('keeps what is frozen until it is told to forget it', async () => {
    const north = { kind: 'sensor', scope: 'device', verdict: 'drift' }
    await lookNow()
    expect(await results('/v1/drift', north)).toHaveLength(2)
    for (const shop of ['a', 'b']) {
      expect((await call('DELETE', `/v1/sites/${shop}/drift-references`)).body).toEqual({ forgotten: 1 })
    }
    // The weeks before the newest two are frozen again: those are still warmer than they.
    await lookNow()
    expect(await results('/v1/drift', north)).toHaveLength(2)
    expect((await call('DELETE', '/v1/sites/nowhere/drift-references')).status).toBe(404)
  })

  it('is paged', async () => {
    const all = await results('/v1/drift', { run: 'all' })
    const pages: unknown[] = []
    for (let cursor: string | undefined, more = true; more; ) {
      const query = { run: 'all', limit: '7', ...(cursor && { cursor }) }
      const { body } = await call('GET', `/v1/drift?${new URLSearchParams(query)}`)
      pages.push(...body.items)
      cursor = body.next
      more = cursor !== undefined
    }
    expect(pages).toEqual(all)
  })
})

describe('a schedule', () => {
  it('has one run a period, whoever looks at the clock', async () => {
    expect(await scheduled()).toHaveLength(1)
  })
})
