import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { testBundle, testDefinition } from './bundle.ts'
import { type TestCloud, testCloud } from './cloud.ts'
import { addWindows, type WindowRow } from './records.ts'

const FILE = '../shared/data/freshretail/freshretail50k_subset_dev.csv.gz'
const HOUR = 3_600_000
const HOURS = Array.from({ length: 24 }, (_, hour) => hour)
const STORES = ['0', '74']

type Row = Record<string, string>
const table = (text: string): Row[] => {
  const [header, ...lines] = text.trimEnd().split('\n')
  const names = header!.split(',')
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, at) => [names[at]!, cell])))
}
const hourName = (hour: number) => `h${String(hour).padStart(2, '0')}`
const base = testDefinition()
const definition = {
  ...base,
  spec: {
    ...base.spec,
    view: {
      ...base.spec.view,
      statics: { site: 2, category1: 4 },
      knownAhead: { entity: ['discount'], site: ['rain'] },
    },
  },
}

describe.skipIf(!existsSync(FILE))('a real data set', () => {
  let rows: Row[]
  let written: Row[] = []
  let server: TestCloud

  beforeAll(async () => {
    rows = table(gunzipSync(await readFile(FILE)).toString()).filter((row) => STORES.includes(row.store_id!))
    server = await testCloud({
      train: async ({ data, out }) => {
        written = table(gunzipSync(await readFile(data)).toString())
        await writeFile(out, testBundle())
      },
    })
    const { pool } = server
    for (const [store, all] of Map.groupBy(rows, (row) => row.store_id!)) await send(pool, store, all)
  })
  afterAll(() => server[Symbol.asyncDispose]())

  /** What a device sends of these rows: hours with sales, hours out of stock, and a gauge that never stops. */
  async function send(pool: Pool, store: string, all: readonly Row[]) {
    const { call } = server
    const site = `store-${store}`
    const sensor = { kind: 'event', unit: 'units', resolution: 0.01, range: [0, 10_000], per: 'product' }
    const sensors = ['sales', 'stockout'].map((name) => ({ ...sensor, name }))
    const products = new Map(all.map((row) => [row.product_id!, { category1: row.first_category_id! }]))
    const entities = [...products].map(([id, attributes]) => ({ id, attributes }))
    await call('PUT', `/v1/sites/${site}`, { json: { timeZone: 'Asia/Shanghai', sensors, entities } })
    await call('POST', '/v1/devices', { json: { id: site, site } })
    const days = [...new Set(all.map((row) => row.dt!))].sort()
    const columns = (name: string, of: readonly Row[]) => {
      const byDay = new Map(of.map((row) => [row.dt!, Number(row[name])]))
      return days.map((day) => byDay.get(day) ?? null)
    }
    const byProduct = Map.groupBy(all, (row) => row.product_id!)
    const discount = Object.fromEntries([...byProduct].map(([id, of]) => [id, columns('discount', of)]))
    const known = { site_values: { rain: columns('precpt', all) }, entity_values: { discount } }
    const covariates = { issuedAt: Date.parse(`${days[0]}T00:00:00+08:00`), days, ...known }
    await call('PUT', `/v1/sites/${site}/covariates`, { json: covariates })
    const hours = (read: (row: Row, hour: number) => number): WindowRow[] =>
      all.flatMap((row) =>
        HOURS.flatMap((hour) => {
          const value = read(row, hour)
          const start = Date.parse(`${row.dt}T00:00:00+08:00`) + hour * HOUR
          return value > 0 ? [{ entity: row.product_id!, start, end: start + HOUR, values: [value] }] : []
        }),
      )
    await addWindows(
      pool,
      site,
      'sales',
      hours((row, hour) => Math.round(Number(row[hourName(hour)]) * 100)),
    )
    await addWindows(
      pool,
      site,
      'stockout',
      hours((row, hour) => 60 * Number(row.stockout24![hour])),
    )
    const end = Date.parse(`${days.at(-1)}T00:00:00+08:00`) + 24 * HOUR
    await addWindows(pool, site, 'fridge', [{ start: end - HOUR, end, values: [4] }])
  }

  it('is written as it was, from what devices sent of it', async () => {
    const { body } = await server.call('POST', '/v1/training-runs', { json: { definition } })
    const run = await vi.waitFor(
      async () => {
        const now = (await server.call('GET', `/v1/training-runs/${body.id}`)).body
        expect(now.state).toBe('succeeded')
        return now
      },
      { timeout: 120_000, interval: 200 },
    )
    expect(run.dataset).toMatchObject({ sites: STORES.length, rows: written.length })
    const key = (site: string, entity: string, day: string) => `${site} ${entity} ${day}`
    const found = new Map(written.map((row) => [key(row.site!, row.entity!, row.day!), row]))
    let missing = 0
    for (const row of rows) {
      const got = found.get(key(`store-${row.store_id}`, row.product_id!, row.dt!))
      if (!got) {
        missing++
        // A product's first days, before it sold or was out of stock for the first time.
        expect(HOURS.every((hour) => Number(row[hourName(hour)]) === 0)).toBe(true)
        expect(row.stockout24).toBe('0'.repeat(24))
        continue
      }
      const numbers = (of: Row, names: string[]) => names.map((name) => Number(of[name]))
      // The file has hundredths with the noise of binary fractions, as 0.06999999999999999.
      const sold = numbers(row, HOURS.map(hourName)).map((value) => Math.round(value * 100) / 100)
      expect(numbers(got, HOURS.map(hourName))).toEqual(sold)
      expect([got.stockout24, got.category1]).toEqual([row.stockout24, row.first_category_id])
      expect(numbers(got, ['discount', 'rain'])).toEqual(numbers(row, ['discount', 'precpt']))
    }
    expect(written.length).toBe(rows.length - missing)
    expect(missing / rows.length).toBeLessThan(0.01)
  })
})
