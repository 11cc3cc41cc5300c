import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { demandRows } from './data-set.ts'
import { draws } from './draws.ts'
import { dayReadings, toLines } from './readings.ts'
import { recordedShops } from './recorded-shops.ts'
import { type Shop, UNIT } from './shop.ts'
import { simulateShop } from './simulated-shop.ts'
import { demandStatistics } from './statistics.ts'

const FRESHRETAIL = '../shared/data/freshretail/freshretail50k_subset_dev.csv.gz'
const small = { site: 'shop-1', seed: 7, products: 6, firstDay: '2026-03-02', days: 20 }
const allDays = (shop: Shop) => Array.from({ length: shop.days }, (_, index) => shop.day(index))

describe('draws', () => {
  it('have the moments of their distributions', () => {
    const random = draws(1, 'moments')
    const moments = (draw: () => number) => {
      const values = Array.from({ length: 20_000 }, draw)
      const mean = values.reduce((a, b) => a + b) / values.length
      return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length }
    }
    for (const rate of [0.3, 4, 80]) {
      const { mean, variance } = moments(() => random.poisson(rate))
      expect(mean / rate).toBeCloseTo(1, 1)
      expect(variance / rate).toBeCloseTo(1, 1)
    }
    const gamma = moments(() => random.gamma(5))
    expect(gamma.mean).toBeCloseTo(1, 1)
    expect(gamma.variance).toBeCloseTo(1 / 5, 1)
    const normal = moments(random.normal)
    expect(normal.mean).toBeCloseTo(0, 1)
    expect(normal.variance).toBeCloseTo(1, 1)
  })

  it('are the same for the same seed and name, and others for another', () => {
    const take = (seed: number, ...name: string[]) => Array.from({ length: 4 }, draws(seed, ...name).uniform)
    expect(take(1, 'a', 'b')).toEqual(take(1, 'a', 'b'))
    expect(take(1, 'a', 'b')).not.toEqual(take(2, 'a', 'b'))
    expect(take(1, 'a', 'b')).not.toEqual(take(1, 'a', 'c'))
  })
})

describe('a simulated shop', () => {
  it('is the same for the same seed', () => {
    expect(allDays(simulateShop(small))).toEqual(allDays(simulateShop(small)))
    expect(allDays(simulateShop({ ...small, seed: 8 }))).not.toEqual(allDays(simulateShop(small)))
  })

  it('sells nothing while it has no stock, and only whole units', () => {
    for (const { products } of allDays(simulateShop(small))) {
      for (const { sold, minutesOut } of products) {
        for (let hour = 0; hour < 24; hour++) {
          if (minutesOut[hour] === 60 && hour > 0 && minutesOut[hour - 1] === 60) expect(sold[hour]).toBe(0)
          expect(sold[hour]! / UNIT).toBeCloseTo(Math.round(sold[hour]! / UNIT), 9)
        }
      }
    }
  })

  it('keeps its past when demand shifts, and changes from that day on', () => {
    const from = '2026-03-12'
    const before = simulateShop(small)
    const after = simulateShop({ ...small, shift: { from, level: 1.4, mix: 0.8 } })
    expect(after.day(9)).toEqual(before.day(9))
    const units = (shop: Shop) =>
      allDays(shop)
        .slice(10)
        .flatMap(({ products }) => products.flatMap(({ sold }) => sold))
        .reduce((a, b) => a + b)
    expect(units(after) / units(before)).toBeGreaterThan(1.15)
    expect(before.day(12).ahead).toEqual(after.day(12).ahead)
  })

  it('refuses a day that it has not', () => {
    expect(() => simulateShop(small).day(20)).toThrow('shop-1: it has days 0 to 19')
  })
})

describe('readings of a day', () => {
  it('add up to what was sold and to the minutes without stock, each event with an id of its own', () => {
    const shop = simulateShop(small)
    const readings = dayReadings(shop, 3)
    const day = shop.day(3)
    const sum = (sensor: string) => readings.filter((r) => r.sensor === sensor).reduce((a, { value }) => a + value, 0)
    expect(sum('sales')).toBeCloseTo(
      day.products.flatMap(({ sold }) => sold).reduce((a, b) => a + b),
      6,
    )
    expect(sum('stockout')).toBe(day.products.flatMap(({ minutesOut }) => minutesOut).reduce((a, b) => a + b))
    expect(new Set(readings.map(({ id }) => id)).size).toBe(readings.length)
    // Local midnight in Shanghai.
    const midnight = Date.parse('2026-03-05T00:00:00+08:00')
    for (const { at } of readings) expect(at).toSatisfy((t: number) => t >= midnight && t < midnight + 86_400_000)
    expect(readings).toEqual(readings.toSorted((a, b) => a.at - b.at))
  })

  it('have a fridge and a door counter that only grows', () => {
    const shop = simulateShop(small)
    const days = [0, 1].flatMap((index) => dayReadings(shop, index, { surroundings: true }))
    const footfall = days.filter(({ sensor }) => sensor === 'footfall').map(({ value }) => value)
    expect(footfall).toHaveLength(192)
    expect(footfall).toEqual(footfall.toSorted((a, b) => a - b))
    expect(days.filter(({ sensor }) => sensor === 'fridge')).toHaveLength(576)
  })

  it('repeat one value while a sensor is stuck, and are as ever before and after', () => {
    const shop = simulateShop(small)
    const stuck = { ...shop, fault: { sensor: 'fridge', day: 3, hours: [6, 30] } } as const
    const fridge = (of: typeof shop) =>
      [2, 3, 4]
        .flatMap((index) => dayReadings(of, index, { surroundings: true }))
        .filter(({ sensor }) => sensor === 'fridge')
    const [from, to] = [(24 + 6) * 12, (24 + 30) * 12]
    const told = fridge(stuck)
    expect(new Set(told.slice(from, to).map(({ value }) => value)).size).toBe(1)
    expect([...told.slice(0, from), ...told.slice(to)]).toEqual([
      ...fridge(shop).slice(0, from),
      ...fridge(shop).slice(to),
    ])
  })

  it('are written as line protocol', () => {
    expect(
      toLines([
        { sensor: 'sales', entity: '1042', at: 1_700_000_000_000, value: 0.3, id: 'a.1' },
        { sensor: 'fridge', entity: '', at: 1_700_000_000_001, value: -1.5 },
      ]),
    ).toBe('sales,product=1042 value=0.3,id="a.1" 1700000000000\nfridge value=-1.5 1700000000001')
  })
})

describe('recorded shops', () => {
  const header =
    'city_id,store_id,management_group_id,first_category_id,second_category_id,third_category_id,product_id,dt,discount,' +
    'holiday_flag,activity_flag,precpt,avg_temperature,avg_humidity,avg_wind_level,' +
    `${Array.from({ length: 24 }, (_, h) => `h${String(h).padStart(2, '0')}`).join(',')},stockout24`
  const row = (store: number, product: number, date: string) =>
    `0,${store},0,5,6,65,${product},${date},0.9,1,0,1.7,15.5,73.5,2,${'0,'.repeat(12)}0.4${',0'.repeat(11)},${'0'.repeat(20)}1111`

  const withFile = async (name: string, content: string | Uint8Array, use: (path: string) => Promise<void>) => {
    const folder = await mkdtemp(join(tmpdir(), 'storecast-recorded-'))
    try {
      await writeFile(join(folder, name), content)
      await use(join(folder, name))
    } finally {
      await rm(folder, { recursive: true })
    }
  }

  it('are one a store, with a day for every date and products that may miss some', async () => {
    const csv = [header, row(0, 38, '2024-03-28'), row(1, 38, '2024-03-28'), row(0, 39, '2024-03-30')].join('\n')
    await withFile('few.csv.gz', gzipSync(csv), async (path) => {
      const shops = await recordedShops(path)
      expect(shops.map(({ site, days, products }) => [site, days, products.length])).toEqual([
        ['store-0', 3, 2],
        ['store-1', 1, 1],
      ])
      const day = shops[0]!.day(0)
      expect(day.ahead).toEqual({ holiday: 1, rain: 1.7, temperature: 15.5, humidity: 73.5, wind: 2 })
      expect(day.products[0]!.ahead).toEqual({ discount: 0.9, activity: 0 })
      expect(day.products[0]!.sold[12]).toBe(0.4)
      expect(day.products[0]!.minutesOut.slice(19, 21)).toEqual([0, 60])
      expect(day.products[1]!.sold.every((units) => units === 0)).toBe(true)
    })
  })

  it('name the line and the column of what is not a number', async () => {
    await withFile('bad.csv', [header, row(0, 38, '2024-03-28').replace('0.9', 'much')].join('\n'), async (path) => {
      await expect(recordedShops(path)).rejects.toThrow(/bad\.csv, line 2, column discount: "much" is not a number/)
    })
    await withFile('other.csv', 'a,b\n1,2\n', async (path) => {
      await expect(recordedShops(path)).rejects.toThrow(/no column "store_id"/)
    })
  })

  it.skipIf(!existsSync(FRESHRETAIL))('sell as the simulated ones do', async () => {
    const recorded = demandStatistics(await recordedShops(FRESHRETAIL))
    const shops = [1, 2, 3, 4].map((n) =>
      simulateShop({ site: `shop-${n}`, seed: 42, products: 80, firstDay: '2024-03-28', days: 90 }),
    )
    const simulated = demandStatistics(shops)
    const differs = (name: 'meanPerDay' | 'zeroHours' | 'stockoutDays' | 'variation' | 'weekend') =>
      Math.abs(simulated[name] / recorded[name] - 1)
    expect(differs('meanPerDay')).toBeLessThan(0.15)
    expect(differs('zeroHours')).toBeLessThan(0.05)
    expect(differs('stockoutDays')).toBeLessThan(0.1)
    expect(differs('variation')).toBeLessThan(0.1)
    expect(differs('weekend')).toBeLessThan(0.06)
    for (let hour = 0; hour < 24; hour++) {
      expect(simulated.hours[hour]! - recorded.hours[hour]!).toBeCloseTo(0, 2)
      expect(Math.abs(simulated.outByHour[hour]! - recorded.outByHour[hour]!)).toBeLessThan(0.08)
    }
  })
})

it('writes the data set that models are trained on', () => {
  const shop = simulateShop(small)
  const rows = [...demandRows([shop], 2)].map((line) => line.split(','))
  expect(rows).toHaveLength(1 + 2 * 6)
  const [header, first] = rows as [string[], string[]]
  const cell = (name: string) => first[header.indexOf(name)]
  expect(cell('site')).toBe('shop-1')
  expect(cell('day')).toBe('2026-03-02')
  expect(Number(cell('h12'))).toBe(shop.day(0).products[0]!.sold[12])
  expect(cell('stockout24')).toMatch(/^[01]{24}$/)
})

it('puts what has a comma in quotes', () => {
  const lines = [...demandRows([simulateShop({ ...small, products: 12 })], 1)]
  expect(lines.filter((line) => line.includes(',"Free-range eggs, 10",'))).toHaveLength(1)
})
