import { SKETCH_RELATIVE_ERROR } from '@storecast/shared/windows'
import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestCloud, testCloud } from '../../test/cloud.ts'
import { addWindows } from '../../test/records.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** 2026-03-29 in Berlin, which has 23 hours. */
const springDay = Date.UTC(2026, 2, 28, 23)
const nextDay = springDay + 23 * HOUR

let server: TestCloud
let call: TestCloud['call']
let pool: Pool
beforeAll(async () => {
  server = await testCloud()
  call = server.call
  pool = server.pool
  const temperature = { name: 'temperature', kind: 'gauge', unit: '°C', resolution: 0.1, range: [-40, 80], centre: 20 }
  const sites = {
    berlin: ['Europe/Berlin', 'eu', 20],
    oslo: ['Europe/Oslo', 'eu', 20],
    pune: ['Asia/Kolkata', 'as', 30],
  }
  for (const [site, [timeZone, region, centre]] of Object.entries(sites)) {
    const sensors = [{ ...temperature, centre }]
    await call('PUT', `/v1/sites/${site}`, { json: { timeZone, labels: { region }, sensors } })
    await call('POST', '/v1/devices', { json: { id: `${site}-1`, site } })
  }
})
afterAll(() => server[Symbol.asyncDispose]())

const question = (query: Record<string, string | number>) => {
  const given = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)])
  return call('GET', `/v1/windows?${new URLSearchParams(given)}`)
}
const day = { sensor: 'temperature', from: springDay, to: nextDay }

/** Readings of every five minutes of the short day, in tenths of a degree. */
const levels = Array.from({ length: 23 * 12 }, (_, i) => [150 + (i % 90), 200 - i, 260])
const fine = (values: readonly (readonly number[])[]) =>
  values.map((readings, i) => {
    const start = springDay + i * 5 * MINUTE
    return { start, end: start + 5 * MINUTE, values: readings, centre: 200 }
  })

/** The value of rank ⌊q (n − 1)⌋, as sketches have it. */
const exactQuantile = (values: readonly number[], q: number) =>
  values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))]!

describe('merged windows', () => {
  it('of a day that has 23 hours are exact in count, sum and extremes, and within 1 % in quantiles', async () => {
    await addWindows(pool, 'berlin-1', 'temperature', fine(levels))
    const all = levels.flat()
    const { body } = await question({ ...day, resolution: 'day', quantiles: '0.05,0.5,0.95' })
    const [row] = body.items
    expect(body.items).toHaveLength(1)
    const sum = all.reduce((a, b) => a + b, 0)
    expect(row).toMatchObject({
      key: { sensor: 'temperature', entity: '', device: 'berlin-1' },
      day: '2026-03-29',
      ...{ start: springDay, end: nextDay, series: 1, unit: '°C', count: all.length, sum: sum / 10 },
      ...{ min: Math.min(...all) / 10, max: Math.max(...all) / 10, last: 26 },
    })
    for (const q of [0.05, 0.5, 0.95]) {
      const exact = exactQuantile(all, q) / 10
      expect(Math.abs(row.quantiles[q] - exact)).toBeLessThanOrEqual(
        SKETCH_RELATIVE_ERROR * Math.abs(exact - 20) + 1e-9,
      )
    }
    const hours = await question({ ...day, resolution: 'hour', limit: 500 })
    expect(hours.body.items).toHaveLength(23)
    expect(hours.body.items.reduce((n: number, hour: { count: number }) => n + hour.count, 0)).toBe(all.length)
  })

  it('are told apart by labels, sites and sensors, and merged over the rest; other scales never merge', async () => {
    await addWindows(pool, 'oslo-1', 'temperature', fine([[100, 120]]))
    await addWindows(pool, 'pune-1', 'temperature', fine([[310]]))
    const one = { ...day, to: springDay + 5 * MINUTE, resolution: 'window' }
    const regions = await question({ ...one, by: 'label:region' })
    expect(regions.body.items).toMatchObject([
      { key: { 'label:region': 'as' }, series: 1, count: 1 },
      { key: { 'label:region': 'eu' }, series: 2, count: 5, min: 10, max: 26, start: springDay },
    ])
    const fleet = await question({ ...one, by: '' })
    // Pune's sketches are about another centre.
    expect(fleet.body.items).toMatchObject([{ count: 5 }, { count: 1 }])
    expect((await question({ ...one, by: 'site', selector: 'region=eu' })).body.items).toMatchObject([
      { key: { site: 'berlin' } },
      { key: { site: 'oslo' }, sum: 22 },
    ])
    expect((await question({ ...one, by: 'device', device: 'oslo-1' })).body.items).toHaveLength(1)
  })

  it('of a fleet’s day are of that date in every shop', async () => {
    const india = Date.UTC(2026, 2, 28, 18, 30)
    await addWindows(pool, 'pune-1', 'door', [{ start: india, end: india + 5 * MINUTE, values: [1] }])
    await addWindows(pool, 'berlin-1', 'door', [{ start: nextDay - HOUR, end: nextDay, values: [1, 1] }])
    const { body } = await question({ sensor: 'door', from: india, to: nextDay, resolution: 'day', by: 'time' })
    expect(body.items).toMatchObject([{ day: '2026-03-29', series: 2, count: 3, unit: null }])
  })

  it('that are coarser than what is asked for come as they are', async () => {
    await addWindows(pool, 'oslo-1', 'humidity', [
      { start: springDay, end: nextDay, values: [400] },
      { start: nextDay, end: nextDay + 5 * MINUTE, values: [410] },
      { start: nextDay + 5 * MINUTE, end: nextDay + 10 * MINUTE, values: [430] },
    ])
    const { body } = await question({ sensor: 'humidity', from: springDay, to: nextDay + HOUR, resolution: 'hour' })
    expect(body.items).toMatchObject([
      { start: springDay, end: nextDay, count: 1 },
      { start: nextDay, end: nextDay + HOUR, count: 2 },
    ])
  })

  it('come page by page, and neighbouring spans share none', async () => {
    const pages: unknown[] = []
    for (let cursor: string | undefined, more = true; more; ) {
      const { body } = await question({ ...day, device: 'berlin-1', limit: 10, ...(cursor && { cursor }) })
      pages.push(...body.items.map((row: { start: number }) => row.start))
      cursor = body.next
      more = cursor !== undefined
    }
    expect(pages).toEqual(Array.from({ length: 23 }, (_, i) => springDay + i * HOUR))
    const middle = springDay + 42 * MINUTE
    const halves = await Promise.all([
      question({ ...day, device: 'berlin-1', to: middle, by: '' }),
      question({ ...day, device: 'berlin-1', from: middle, by: '' }),
    ])
    expect(halves.map(({ body }) => body.items[0].count).reduce((a, b) => a + b)).toBe(levels.length * 3)
  })

  it('of what a device measures of itself are series like others, in their own unit', async () => {
    await addWindows(pool, 'oslo-1', '$model-latency', [
      { entity: 'demand.3', start: springDay, end: springDay + 5 * MINUTE, values: [12_000, 14_000] },
    ])
    const { body } = await question({ ...day, sensor: '$model-latency', by: 'entity', quantiles: '0.95' })
    expect(body.items).toMatchObject([{ key: { entity: 'demand.3' }, unit: 'ms', sum: 26, count: 2 }])
  })

  it('are refused for what cannot be asked', async () => {
    expect(await question({ ...day, by: 'time,time' })).toMatchObject({ status: 400 })
    expect(await question({ ...day, by: 'weather' })).toMatchObject({ status: 400 })
    expect(await question({ ...day, quantiles: '2' })).toMatchObject({ status: 400 })
    expect(await question({ ...day, to: springDay })).toMatchObject({ status: 400 })
    expect(await question({ ...day, cursor: 'bm9uc2Vuc2U' })).toMatchObject({ status: 400 })
    expect((await question({ ...day, sensor: 'nothing' })).body.items).toEqual([])
  })
})
