import type { ForecastRecord } from '@storecast/shared/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestCloud, testCloud } from '../test/cloud.ts'
import { addForecasts } from '../test/records.ts'

const DAY = 86_400_000
const start = Date.UTC(2026, 2, 1, 23)
const forecast = (change: Partial<ForecastRecord>): ForecastRecord => ({
  ...{ model: 'demand', version: 1, entity: 'milk', issuedAt: start, start, end: start + DAY },
  ...{ quantiles: [1, 2, 4], mean: 2.5, baseline: 3 },
  ...change,
})
const scored = (actual: number, censored = false) => ({ score: { scoredAt: start + DAY, actual, censored } })

let server: TestCloud
let call: TestCloud['call']
let pool: TestCloud['pool']
beforeAll(async () => {
  server = await testCloud()
  call = server.call
  pool = server.pool
})
afterAll(() => server[Symbol.asyncDispose]())

describe('scores by what products are', () => {
  const model = 'sliced'
  const ask = async (query: string) => {
    const { status, body } = await call('GET', `/v1/forecast-scores?model=${model}&${query}`)
    return status === 200 ? body.items : status
  }

  it('show the largest alone and the others together, with what they are of', async () => {
    const product = (id: string, category?: string) => ({ id, attributes: { ...(category && { category }) } })
    const site = (id: string, country: string, entities: object[]) =>
      call('PUT', `/v1/sites/${id}`, { json: { timeZone: 'Europe/Berlin', labels: { country }, entities } })
    await site('york', 'uk', [product('milk', 'dairy'), product('rolls', 'bakery'), product('nails', 'tools')])
    await site('nice', 'fr', [product('milk', 'dairy'), product('soap', 'care'), product('nails')])
    for (const id of ['york', 'nice']) await call('POST', '/v1/devices', { json: { id: `${id}-1`, site: id } })
    const sold = (entity: string, actual: number, point: number, more = {}) =>
      forecast({ model, entity, quantiles: [0, point, 99], baseline: 0, ...scored(actual), ...more })
    await addForecasts(pool, 'york-1', [
      sold('milk', 40, 50),
      sold('rolls', 20, 15),
      sold('nails', 6, 3),
      sold('rolls', 9, 0, { issuedAt: start + DAY, start: start + DAY, ...scored(9, true) }),
    ])
    await addForecasts(pool, 'nice-1', [
      sold('milk', 20, 20),
      sold('soap', 4, 2),
      sold('nails', 10, 20),
      sold('', 5, 5),
    ])
    const all = await ask('by=attribute:category')
    expect(all.map((one: { attribute: string; share: number }) => [one.attribute, one.share])).toEqual([
      ['bakery', 20 / 105],
      ['care', 4 / 105],
      ['dairy', 60 / 105],
      ['tools', 6 / 105],
      [null, 15 / 105],
    ])
    const few = await ask('by=attribute:category&top=2')
    expect(few).toMatchObject([
      { attribute: 'bakery', others: null, products: 1, rows: 1, censored: 1, share: 20 / 105, wape: 5 / 20 },
      { attribute: 'dairy', others: null, products: 1, rows: 2, share: 60 / 105, wape: 10 / 60, wpe: 10 / 60 },
      // Products of which nothing is known are no smaller value.
      { attribute: null, others: null, products: 2, rows: 2, share: 15 / 105, wape: 10 / 15 },
      { attribute: null, others: 2, products: 2, rows: 2, share: 10 / 105, wape: 5 / 10 },
    ])
    const whole = await ask('by=')
    const weighed = few.reduce((sum: number, one: { share: number; wape: number }) => sum + one.share * one.wape, 0)
    expect(weighed).toBeCloseTo(whole[0].wape, 12)
    expect(few[0]).not.toHaveProperty('isOthers')
    expect(whole[0]).not.toHaveProperty('share')

    const bySite = await ask('by=site,attribute:category&top=1')
    expect(bySite).toMatchObject([
      { site: 'nice', attribute: 'dairy', share: 20 / 39 },
      { site: 'nice', attribute: null, others: null, share: 15 / 39 },
      { site: 'nice', attribute: null, others: 1, share: 4 / 39 },
      { site: 'york', attribute: 'dairy', share: 40 / 66 },
      { site: 'york', attribute: null, others: 2, share: 26 / 66 },
    ])
    expect(await ask('by=entity&top=1')).toMatchObject([
      { entity: 'milk', others: null, rows: 2 },
      { entity: null, others: 4, products: 4, rows: 5 },
    ])
    expect(await ask('by=label:country&top=1')).toMatchObject([{ label: 'uk' }, { label: null, others: 1 }])
    expect(await ask('by=attribute:colour')).toMatchObject([{ attribute: null, others: null, rows: 7, share: 1 }])
  })

  it('are by one attribute, and by a number of its values', async () => {
    expect(await ask('by=attribute:a,attribute:b')).toBe(400)
    expect(await ask('by=attribute:')).toBe(400)
    for (const top of ['0', '501', 'some']) expect(await ask(`by=attribute:category&top=${top}`)).toBe(400)
  })
})
