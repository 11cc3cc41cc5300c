import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type DailyDemandView, ModelDefinition } from '@storecast/shared/contracts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { DatasetError, dayName, readDailyDemand, weekdayOf } from './index.ts'

const definition = ModelDefinition.parse(
  parse(await readFile(new URL('../definitions/demand.yaml', import.meta.url), 'utf8')),
)
const view = definition.spec.view as DailyDemandView
const { dataset } = definition.spec

const HEADER = [
  ...['site', 'entity', 'day', 'category1', 'category3', 'discount', 'activity', 'holiday', 'rain', 'temperature'],
  ...['humidity', 'wind', ...Array.from({ length: 24 }, (_, h) => `h${String(h).padStart(2, '0')}`), 'stockout24'],
]
interface RowOptions {
  site?: string
  entity?: string
  day?: string
  hour8?: string
  flags?: string
}
const rowOf = ({ site = 's1', entity = 'p1', day = '2026-03-01', hour8 = '1.5', flags = '0'.repeat(24) }: RowOptions) =>
  [
    ...[site, entity, day, '5', '65', '0.9', '1', '0', '2.5', '15', '70', ''],
    ...Array.from({ length: 24 }, (_, h) => (h === 8 ? hour8 : h === 9 ? '0.5' : '0')),
    flags,
  ].join(',')
const csv = (...rows: RowOptions[]) => [HEADER.join(','), ...rows.map(rowOf), ''].join('\n')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storecast-dataset-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function read(content: string | Uint8Array, limits?: Parameters<typeof readDailyDemand>[1]['limits']) {
  const path = join(folder, 'data.csv')
  await writeFile(path, content)
  return readDailyDemand(path, { view, dataset, ...(limits && { limits }) })
}
const failure = (content: string | Uint8Array, limits?: Parameters<typeof read>[1]) =>
  read(content, limits).then(
    () => expect.unreachable('the data set was read'),
    (error: unknown) => {
      if (error instanceof DatasetError) return { code: error.code, ...error.place, message: error.message }
      throw error
    },
  )

describe('readDailyDemand', () => {
  it('lays rows out by site, product and day; days without a row are not known', async () => {
    const flags = `${'0'.repeat(6)}11${'0'.repeat(15)}1`
    const data = await read(
      csv({ day: '2026-03-03', flags }, { entity: 'p2' }, { site: 's2', day: '2026-03-02', hour8: '2' }),
    )
    expect([data.days, dayName(data.firstDay), data.rows]).toEqual([3, '2026-03-01', 3])
    const [s1, s2] = data.sites
    expect(s1!.entities.map((e) => e.id)).toEqual(['p1', 'p2'])
    expect(s1!.entities[0]!.attributes).toEqual({ category1: '5', category3: '65' })
    expect([...s1!.units]).toEqual([Number.NaN, Number.NaN, 2, 2, Number.NaN, Number.NaN])
    // Hours 6 and 7 are in trade, hour 23 is not.
    expect([...s1!.stockoutHours]).toEqual([0, 0, 2, 0, 0, 0])
    expect([...s1!.entityAhead.discount!.subarray(5)]).toEqual([Math.fround(0.9), ...Array(4).fill(Number.NaN)])
    expect([...s1!.siteAhead.rain!]).toEqual([2.5, Number.NaN, 2.5, Number.NaN, Number.NaN])
    expect(s1!.siteAhead.wind!.every(Number.isNaN)).toBe(true)
    expect(s2!.hourly.slice(24 + 8, 24 + 10)).toEqual(Float32Array.of(2, 0.5))
  })

  it('reads gzip by content and finds columns by their aliases', async () => {
    const renamed = csv({}).replace('site,entity,day,category1', 'store_id,product_id,dt,first_category_id')
    const data = await read(gzipSync(renamed))
    expect(data.sites[0]!.site).toBe('s1')
  })

  it('takes a day with an empty hour for not known', async () => {
    expect((await read(csv({ hour8: '' }))).sites[0]!.units[0]).toBeNaN()
  })

  it('leaves out the days from a given one on', async () => {
    const path = join(folder, 'until.csv')
    await writeFile(path, csv({}, { day: '2026-03-02' }, { day: '2026-03-03' }))
    expect((await readDailyDemand(path, { view, until: '2026-03-03' })).days).toBe(2)
    await expect(readDailyDemand(path, { view, until: '2026-03-01' })).rejects.toMatchObject({ code: 'too-little' })
  })

  it('says where a bad cell stands', async () => {
    expect(await failure(csv({}, { entity: 'p2', hour8: 'many' }))).toMatchObject({
      code: 'invalid-value',
      line: 3,
      column: 'h08',
    })
    expect(await failure(csv({ day: '2026-02-30' }))).toMatchObject({ code: 'invalid-value', column: 'day' })
    expect(await failure(csv({ flags: '01' }))).toMatchObject({ code: 'invalid-value', column: 'stockout24' })
    expect(await failure(csv({ site: 'a/b' }))).toMatchObject({ code: 'invalid-value', column: 'site' })
    expect(await failure(csv({ entity: '' }))).toMatchObject({ code: 'invalid-value', column: 'entity' })
    expect(await failure(csv({}, {}))).toMatchObject({ code: 'duplicate-row', line: 3 })
  })

  it('says what is missing or not a table', async () => {
    const missing = await failure(csv({}).replace('rain', 'sun'))
    expect(missing).toMatchObject({ code: 'missing-column', line: 1 })
    expect(missing.message).toContain('precpt')
    expect(await failure('')).toMatchObject({ code: 'not-csv' })
    expect(await failure(`${HEADER.join(',')}\n`)).toMatchObject({ code: 'not-csv' })
    expect(await failure(`${csv({})}1,2,3\n`)).toMatchObject({ code: 'not-csv' })
    const damaged = gzipSync(csv({})).subarray(0, 100)
    expect(await failure(damaged)).toMatchObject({ code: 'unreadable' })
    await expect(readDailyDemand(join(folder, 'absent.csv'), { view })).rejects.toMatchObject({ code: 'unreadable' })
  })

  it('holds its caps', async () => {
    const limits = { bytes: 1e6, rows: 100, record: 1000 }
    expect(await failure(csv({}, { entity: 'p2' }), { ...limits, rows: 1 })).toMatchObject({ code: 'too-large' })
    expect(await failure(gzipSync(csv({})), { ...limits, bytes: 100 })).toMatchObject({ code: 'too-large' })
    expect(await failure(csv({ entity: 'x'.repeat(2000) }), limits)).toMatchObject({ code: 'not-csv' })
    expect(await failure(csv({}, { day: '9999-01-01' }))).toMatchObject({ code: 'too-large', column: 'day' })
  })

  it('answers any text with data or a data set error', async () => {
    const line = fc.array(fc.oneof(fc.constant('1'), fc.string({ maxLength: 5 })), { minLength: 35, maxLength: 38 })
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 4 }), fc.boolean(), async (lines, header) => {
        const text = [...(header ? [HEADER.join(',')] : []), ...lines.map((cells) => cells.join(','))].join('\n')
        const outcome = await read(text).catch((error: unknown) => error)
        expect(outcome instanceof DatasetError || (outcome as { days: number }).days > 0).toBe(true)
      }),
    )
  })
})

describe('weekdayOf', () => {
  it('agrees with the calendar', () => {
    fc.assert(
      fc.property(fc.integer({ min: -50_000, max: 50_000 }), (day) => {
        expect(weekdayOf(day)).toBe((new Date(day * 86_400_000).getUTCDay() + 6) % 7)
      }),
    )
  })
})

const REAL = '../shared/data/freshretail/freshretail50k_subset_dev.csv.gz'

describe.skipIf(!existsSync(REAL))('FreshRetailNet', () => {
  it('gives the published baselines on the last 7 days, rows without a stock-out hour in 6-22 h', async () => {
    const { sites, days } = await readDailyDemand(REAL, { view, dataset })
    expect([sites.length, days, sites.reduce((sum, s) => sum + s.entities.length, 0)]).toEqual([24, 90, 2000])
    const score = (forecast: (units: Float32Array, at: number) => number) => {
      let [error, bias, sum] = [0, 0, 0]
      for (const { entities, units, stockoutHours } of sites) {
        for (let at = 0; at < entities.length * days; at++) {
          if (at % days < days - 7 || stockoutHours[at] !== 0) continue
          const difference = forecast(units, at) - units[at]!
          error += Math.abs(difference)
          bias += difference
          sum += units[at]!
        }
      }
      return { wape: error / sum, wpe: bias / sum }
    }
    const naive = score((units, at) => units[at - 7]!)
    expect(naive.wape).toBeCloseTo(0.388, 3)
    expect(naive.wpe).toBeCloseTo(-0.13, 2)
    const mean = score((units, at) => units.subarray(at - 7, at).reduce((a, b) => a + b, 0) / 7)
    expect(mean.wape).toBeCloseTo(0.308, 3)
    expect(mean.wpe).toBeCloseTo(-0.06, 2)
  })
})
