import { forecastEntity } from '@storecast/shared/contracts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type TestCloud, testCloud } from '../test/cloud.ts'
import { addWindows } from '../test/records.ts'

const DAY = 86_400_000
const first = Date.UTC(2026, 2, 2)
const change = first + 2 * DAY
let server: TestCloud
beforeAll(async () => {
  const of = (value: string) => ({ label: 'cohort', value })
  const tracked = { name: 'ordering', kpi: 'stock-out-rate', change: '2026-03-04', days: 2 }
  server = await testCloud(
    { clock: { now: () => change + 9 * DAY } },
    { comparisons: [{ ...tracked, treated: of('pilot'), control: of('control') }] },
  )
  await shop('a', 'pilot', [6, 2], [2, 0])
  await shop('b', 'pilot', [2, 4], [1, 3])
  await shop('c', 'pilot', [5, 5], [4, 2])
  await shop('d', 'control', [3, 3], [4, 2])
  await shop('e', 'control', [1, 3], [3, 3])
  await shop('new', 'pilot', [], [9, 9])
})
afterAll(() => server[Symbol.asyncDispose]())

/** Product-days with a stock-out on each day, of ten a day. */
async function shop(site: string, cohort: string, before: number[], after: number[]): Promise<void> {
  await server.call('PUT', `/v1/sites/${site}`, { json: { timeZone: 'UTC', labels: { cohort } } })
  await server.call('POST', '/v1/devices', { json: { id: `${site}-1`, site } })
  const days = [...before.map((out, i) => [first + i * DAY, out]), ...after.map((out, i) => [change + i * DAY, out])]
  for (const [start, out] of days as [number, number][]) {
    const entity = forecastEntity({ model: 'demand', version: 1, horizon: '1d' })
    const values = Array.from({ length: 10 - out }, () => 1000)
    await addWindows(server.pool, `${site}-1`, '$forecast-actual', [{ start, end: start + DAY, entity, values }])
    await server.pool.query(
      'UPDATE windows SET missing = $2 FROM series s WHERE s.id = series AND s.device = $3 AND start_at = $1',
      [start, out, `${site}-1`],
    )
  }
}

const TREATED = [-0.20000000000000004, -0.448413771175033, 0.04841377117503293] as const
const CONTROL = [0.05, -0.5853102368087347, 0.6853102368087348] as const
const AGAINST = [-0.25000000000000006, -0.4987733798205383, -0.0012266201794617904] as const

const span = `from=${first}&change=${change}&to=${change + 2 * DAY}`
const compare = (kpi: string, query = '') => server.call('GET', `/v1/kpis/${kpi}/comparison?${span}${query}`)

it('tells what a change made of a KPI, shop by shop, and against shops that did not have it', async () => {
  const { body } = await compare('stock-out-rate', '&treated=cohort%3Dpilot&control=cohort%3Dcontrol')
  expect(body).toMatchObject({
    ...{ id: 'stock-out-rate', model: 'demand', unit: '1', level: 0.95, method: expect.stringContaining('Welch') },
    treated: {
      ...{ shops: 3, leftOut: 1 },
      before: { numerator: 24, denominator: 60, value: 0.4 },
      after: { numerator: 12, denominator: 60, value: 0.2 },
    },
    control: { shops: 2, leftOut: 0, before: { value: 0.25 }, after: { value: 0.3 } },
  })
  // Changes of −0.3, −0.1, −0.2 against 0, 0.1: scipy.stats.ttest_1samp and ttest_ind(equal_var=False), 95 %.
  const close = ([estimate, low, high]: readonly [number, number, number]) => ({
    ...{ estimate: expect.closeTo(estimate, 9), low: expect.closeTo(low, 9), high: expect.closeTo(high, 9) },
  })
  expect(body.treated.change).toEqual(close(TREATED))
  expect(body.control.change).toEqual(close(CONTROL))
  expect(body.againstControl).toEqual(close(AGAINST))
})

it('takes every shop where no cohort is named, and says so of what it cannot tell', async () => {
  const { body } = await compare('stock-out-rate')
  expect(body).toMatchObject({ treated: { shops: 5, leftOut: 1 }, control: null, againstControl: null })
  const nobody = await compare('stock-out-rate', '&treated=cohort%3Dnone&control=cohort%3Dcontrol')
  expect(nobody.body).toMatchObject({
    treated: { shops: 0, change: null, before: { value: null } },
    againstControl: null,
  })
})

it('counts for the limited what lies within alone', async () => {
  const json = { name: 'pilot', roles: ['viewer'], limit: { cohort: 'pilot' } }
  const { secret } = (await server.call('POST', '/v1/tokens', { json })).body
  const path = `/v1/kpis/stock-out-rate/comparison?${span}`
  const { body } = await server.call('GET', path, { token: secret })
  expect(body).toMatchObject({ treated: { shops: 3, leftOut: 1, before: { numerator: 24 } } })
})

it('is told in the metrics, where the configuration names the change', async () => {
  const text = await (await fetch(`${server.cloud.url}/metrics`)).text()
  const gauge = (cohort: string, bound: string) => {
    const line = new RegExp(
      `^storecast_kpi_change\\{change="ordering",kpi="stock-out-rate",cohort="${cohort}",bound="${bound}"\\} (\\S+)$`,
      'm',
    )
    return Number(line.exec(text)?.[1])
  }
  for (const [cohort, expected] of Object.entries({ treated: TREATED, control: CONTROL, difference: AGAINST })) {
    for (const [i, bound] of ['estimate', 'low', 'high'].entries()) {
      expect(gauge(cohort, bound)).toBeCloseTo(expected[i]!, 9)
    }
  }
})

it('refuses what is no KPI of shops, times out of order, and several models at once', async () => {
  expect(await compare('deployment-frequency')).toMatchObject({ status: 404, body: { code: 'kpi-unknown' } })
  expect((await server.call('GET', `/v1/kpis/stock-out-rate/comparison?from=2&change=2&to=3`)).status).toBe(400)
  expect((await compare('stock-out-rate', '&treated=pilot')).status).toBe(400)
  const entity = forecastEntity({ model: 'fresh', version: 1, horizon: '1d' })
  await addWindows(server.pool, 'a-1', '$forecast-actual', [{ start: first, end: change, entity, values: [1000] }])
  // As nobody has asked before: figures that took long to add up would be given again.
  const asked = await compare('stock-out-rate', '&control=cohort%3Dcontrol')
  expect(asked).toMatchObject({ status: 400, body: { code: 'kpi-model' } })
  expect((await compare('stock-out-rate', '&model=demand')).status).toBe(200)
})
