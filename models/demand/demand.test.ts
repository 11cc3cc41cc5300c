import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DailyDemandView } from '@storecast/shared/contracts'
import { dailyDemandEncoder } from '@storecast/shared/features'
import { score } from '@storecast/shared/forecasts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DailyDemandData, readDailyDemand } from '../dataset/index.ts'
import { loadDefinition } from '../definition.ts'
import { openSession } from '../onnx/session.ts'
import { modelBytes } from '../onnx/write.ts'
import { smallShops } from '../test/small-shops.ts'
import { columnMoments, fillUnknown } from './distribution.ts'
import { codedSites, demandRows, vocabularyOf } from './rows.ts'
import { simulateDevices } from './simulate.ts'
import { trainDemand } from './train.ts'

const definition = await loadDefinition(new URL('../definitions/demand.yaml', import.meta.url).pathname)
const view = definition.spec.view as DailyDemandView
const naive = { ...definition, spec: { ...definition.spec, network: { kind: 'seasonal-naive' as const, season: 7 } } }

let folder: string
let data: DailyDemandData
async function read(text: string) {
  const path = join(folder, 'shops.csv')
  await writeFile(path, text)
  return readDailyDemand(path, { view })
}
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storecast-demand-'))
  data = await read(smallShops({ shops: 2, products: 8, days: 40 }))
})
afterAll(() => rm(folder, { recursive: true }))

/** The data set with everything sold on day `from` and later replaced. */
function forgery(from: number, units: number): DailyDemandData {
  const replaced = <A extends Float32Array | Uint8Array>(values: A, width: number, value: number): A =>
    values.map((old, i) => (Math.floor(i / width) % data.days >= from ? value : old)) as A
  return {
    ...data,
    sites: data.sites.map((site) => ({
      ...site,
      units: replaced(site.units, 1, units),
      hourly: replaced(site.hourly, 24, units / 24),
      stockoutHours: replaced(site.stockoutHours, 1, 0),
    })),
  }
}

describe('demandRows', () => {
  const vocabulary = () => vocabularyOf(data, view)
  const rowsOf = (from: DailyDemandData, day: number, inStock = false) => {
    const encoder = dailyDemandEncoder({ view })
    return demandRows(from, { encoder, coded: codedSites(from, view, vocabulary()), from: day, to: day + 1, inStock })
  }

  it('knows nothing of the day itself, nor of later ones', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 39 }), fc.nat(50), (day, units) => {
        const { features, scale } = rowsOf(data, day)
        const forged = rowsOf(forgery(day, units), day)
        expect([forged.features, forged.scale]).toEqual([features, scale])
      }),
      { numRuns: 20 },
    )
  })

  it('leaves stock-out days out where asked to, and marks them otherwise', () => {
    const all = rowsOf(data, 20)
    const inStock = rowsOf(data, 20, true)
    expect(all.count).toBe(16)
    expect(inStock.count).toBe(all.censored.filter((flag) => flag === 0).length)
    expect(inStock.count).toBeLessThan(16)
    expect([...inStock.units]).toEqual([...all.units].filter((_, m) => all.censored[m] === 0))
  })
})

describe('distribution', () => {
  it('takes moments of what is known and fills the rest', () => {
    const values = Float32Array.of(1, 10, Number.NaN, 20, 3, 30)
    const { mean, sd } = columnMoments(values, 2)
    expect([...mean, sd[0], sd[1]!.toFixed(4)]).toEqual([2, 20, 1, '8.1650'])
    fillUnknown(values, mean)
    expect([...values]).toEqual([1, 10, 2, 20, 3, 30])
  })
})

describe('trainDemand', () => {
  it('learns promotions and weekends from a few shops, and beats the seasonal naive', async () => {
    const shops = await read(smallShops({ shops: 3, products: 20, days: 60 }))
    const trained = await trainDemand({ definition, data: shops })
    expect(trained.metrics.wape).toBeLessThan(0.85 * trained.baseline.wape)
    expect(Math.abs(trained.metrics.wpe)).toBeLessThan(0.1)
    expect(Object.keys(trained.warmup.sites).sort()).toEqual(['s0', 's1', 's2'])
    const { quantiles, actual, days } = trained.warmup.sites.s0!
    expect(quantiles).toHaveLength(3)
    expect(new Set(days).size).toBe(7)
    expect(actual.length).toBe(days.length)
    const { features, target, sites, blocks } = trained.reference
    expect(features.map(({ name }) => name)).toEqual(trained.features)
    expect(Object.keys(sites)).toEqual(['s0', 's1', 's2'])
    // 32 days have a full history before them: four whole weeks of 20 products.
    expect(blocks).toBe(4)
    expect(sites.s0!.features!.rows).toBe(20 * 28)
    expect(target!.clustering.site!.freedom).toBe(9)
    expect(sites.s0!.target!.rows).toBeLessThanOrEqual(20 * 28)
  })

  it('says when there is too little to learn from', async () => {
    const short = await read(smallShops({ shops: 1, products: 2, days: 8 }))
    await expect(trainDemand({ definition: naive, data: short })).rejects.toMatchObject({ code: 'too-little' })
    const out = { ...data, sites: data.sites.map((s) => ({ ...s, stockoutHours: s.stockoutHours.map(() => 3) })) }
    await expect(trainDemand({ definition: naive, data: out })).rejects.toMatchObject({ code: 'too-little' })
  })

  it('trains on nine days', async () => {
    const short = await read(smallShops({ shops: 1, products: 6, days: 9 }))
    const { rows } = await trainDemand({ definition, data: short })
    expect(rows.features.every(Number.isFinite)).toBe(true)
  })
})

describe('simulateDevices', () => {
  const simulate = async (from: DailyDemandData, sites = from.sites) => {
    const { model, vocabulary, features, fill, warmup } = await trainDemand({ definition: naive, data })
    await using session = await openSession(modelBytes(model))
    const words = Object.fromEntries(Object.entries(vocabulary).map(([name, values]) => [name, [...values]]))
    const manifest = { definition: naive, vocabulary: words, features: [...features], fill: [...fill] }
    return await simulateDevices({ data: { ...from, sites }, manifest, warmup, session, from: 33, to: 40 })
  }

  it('forecasts each day from what the shop knew at its midnight', async () => {
    const forecasts = await simulate(data)
    const later = await simulate(forgery(36, 40))
    expect(forecasts).toHaveLength(2 * 8 * 7)
    const known = (of: typeof forecasts) =>
      of.filter(({ day }) => day <= 36).map(({ quantiles, factor }) => [[...(quantiles as Float32Array)], factor])
    expect(known(later)).toEqual(known(forecasts))
    expect(later.at(-1)!.factor).toBeGreaterThan(forecasts.at(-1)!.factor)
  })

  it('needs no other shop', async () => {
    const both = await simulate(data)
    const alone = await simulate(data, [data.sites[1]!])
    expect(alone).toEqual(both.filter(({ site }) => site === 's1'))
  })

  it('stands beside the seasonal naive, which the naive model is', async () => {
    const off = { ...naive, spec: { ...naive.spec, calibration: { levelDays: 0, conformalDays: 0, priorRows: 0 } } }
    const { model, vocabulary, features, fill, warmup } = await trainDemand({ definition: off, data })
    await using session = await openSession(modelBytes(model))
    const words = Object.fromEntries(Object.entries(vocabulary).map(([name, values]) => [name, [...values]]))
    const manifest = { definition: off, vocabulary: words, features: [...features], fill: [...fill] }
    const forecasts = await simulateDevices({ data, manifest, warmup, session, from: 33, to: 40 })
    for (const { mean, baseline } of forecasts) expect(mean).toBeCloseTo(baseline, 4)
    const { coverage } = score(forecasts, off.spec.quantiles)
    expect(coverage).toBeGreaterThan(0.6)
  })
})
