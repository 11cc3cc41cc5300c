import { type DecisionRecord, forecastEntity, modelEntity } from '@storecast/shared/contracts'
import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testBundle } from '../test/bundle.ts'
import { type TestCloud, testCloud } from '../test/cloud.ts'
import { addDecisions, addWindows } from '../test/records.ts'
import { rolloutOf } from '../test/rollout.ts'
import { meets } from './definitions.ts'

const DAY = 86_400_000
const first = Date.UTC(2026, 2, 2)
let server: TestCloud
let pool: Pool
// All of it before the first question: figures that took long to add up would be given again.
beforeAll(async () => {
  server = await testCloud(
    { clock: { now: () => first + 3 * DAY } },
    {
      kpis: { 'forecast-error': { below: 0.3 } },
      cost: { cpuHoursBefore: 20, keepDays: 730 },
    },
  )
  pool = server.pool
  for (const [site, region] of [
    ['berlin', 'eu'],
    ['boston', 'us'],
  ] as const) {
    await server.call('PUT', `/v1/sites/${site}`, { json: { timeZone: 'UTC', labels: { region } } })
    await server.call('POST', '/v1/devices', { json: { id: `${site}-1`, site } })
  }
  await forecasts('berlin-1', 0, { actual: [10, 20, 30], forecast: [12, 17, 30], baseline: [15, 15, 30], out: 1 })
  await forecasts('berlin-1', 1, { actual: [10, 10], forecast: [14, 12], baseline: [10, 16], out: 0 })
  await forecasts('boston-1', 0, { actual: [100], forecast: [60], baseline: [90], out: 2 })
  const served = modelEntity({ model: 'demand', version: 1 })
  const times = (values: number[]) => [{ start: first, end: first + 300_000, entity: served, values }]
  await addWindows(pool, 'berlin-1', '$model-latency', times([4000, 6000]))
  await addWindows(pool, 'boston-1', '$model-latency', times([20_000]))
  await addWindows(pool, 'berlin-1', '$model-failures', times([0, 0, 1, 0]))
  await decided('berlin-1', 0, [
    { ...REORDER, choice: chosen('accepted', 6), outcome: judged(true) },
    { ...REORDER, choice: chosen('changed', 12), outcome: judged(false) },
    { ...REORDER, choice: chosen('rejected', 0), outcome: judged(true) },
    // Nobody answered while they could; the lead time of the next one goes on, and nothing is known of it yet.
    { ...REORDER, outcome: judged(true) },
    { ...REORDER, end: first + 4 * DAY },
    { ...HOLD, outcome: judged(true) },
    HOLD,
  ])
  await decided('boston-1', 1, [{ ...HOLD, outcome: judged(false) }])
  // 90 and 30 CPU seconds in 60 minutes each: 2 minutes in 120, which is 12 hours of 720.
  const hour = (device: string, ms: number) =>
    addWindows(pool, device, '$cpu', [{ start: first, end: first + HOUR, values: new Array(60).fill(ms / 60) }])
  await hour('berlin-1', 90_000)
  await hour('boston-1', 30_000)
  // Two processes in an hour, one after the other, and one in the next: 3 minutes of CPU in 90 are 24 hours of 720.
  const ran = (at: number, cpuMs: number, minutes: number) =>
    pool.query('INSERT INTO cloud_cpu VALUES ($1, gen_random_uuid(), $2, $3)', [at, cpuMs, minutes * 60_000])
  await ran(first, 60_000, 20)
  await ran(first, 60_000, 40)
  await ran(first + HOUR, 60_000, 30)
  await ran(first - HOUR, 1e9, 60)
  await server.call('POST', '/v1/models/demand/versions', { bytes: testBundle() })
  const { status } = await server.call('POST', '/v1/rollouts', { json: rolloutOf('models:/demand/1') })
  expect(status).toBe(201)
  await pool.query("UPDATE rollouts SET state = 'succeeded', finished_at = $1", [later - DAY])
})
afterAll(() => server[Symbol.asyncDispose]())

interface Day {
  readonly actual: readonly number[]
  readonly forecast: readonly number[]
  readonly baseline: readonly number[]
  /** Product-days with a stock-out. */
  readonly out: number
}

/** As a device measures them: in thousandths, a window a local day. */
async function forecasts(device: string, day: number, { actual, forecast, baseline, out }: Day): Promise<void> {
  const entity = forecastEntity({ model: 'demand', version: 1, horizon: '1d' })
  const start = first + day * DAY
  const add = (sensor: string, values: number[]) =>
    addWindows(pool, device, sensor, [
      { start, end: start + DAY, entity, values: values.map((one) => Math.round(1000 * one)) },
    ])
  const errors = actual.map((one, i) => forecast[i]! - one)
  await add('$forecast-actual', [...actual])
  await add('$forecast-error', errors)
  await add('$forecast-absolute-error', errors.map(Math.abs))
  await add(
    '$forecast-baseline-error',
    actual.map((one, i) => Math.abs(baseline[i]! - one)),
  )
  await pool.query(
    `UPDATE windows w SET missing = $2 FROM series s
     WHERE s.id = w.series AND s.device = $3 AND s.sensor = '$forecast-actual' AND w.start_at = $1`,
    [start, out, device],
  )
}

const HOUR = 3_600_000
const later = first + 400 * DAY
const made = { decision: 'reorder', model: 'demand', version: 1, quantiles: [1, 2, 3], stock: 1, onOrder: 0 }
type Made = Pick<DecisionRecord, 'action' | 'quantity' | 'choice' | 'outcome'> & { readonly end?: number }
const REORDER: Made = { action: 'reorder', quantity: 6 }
const HOLD: Made = { action: 'hold', quantity: 0 }
const chosen = (kind: 'accepted' | 'changed' | 'rejected', quantity: number) => ({
  ...{ kind, quantity, chosenAt: first, reason: '' },
})
const judged = (correct: boolean) => ({ judgedAt: first + 2 * DAY, actual: 2, stockOut: false, correct })
const decided = (device: string, day: number, decisions: readonly Made[]) =>
  addDecisions(
    pool,
    device,
    decisions.map((one, i) => {
      const start = first + day * DAY
      const id = `0195a2e4-1c00-7abc-8def-00000000000${i}`
      return { ...made, id, entity: `p${i}`, issuedAt: start, start, end: start + DAY, ...one }
    }),
  )

const ask = async (query = '') =>
  (await server.call('GET', `/v1/kpis?from=${first}&to=${first + 3 * DAY}${query}`)).body
const kpi = async (id: string, query = '') => (await ask(query)).items.find((one: { id: string }) => one.id === id)

describe('KPIs', () => {
  it('are ratios of what devices measured, over days and shops, beside their formula and target', async () => {
    // Σ|e| = 2+3+0 + 4+2 + 40 over 60 + 20 + 100.
    expect(await kpi('forecast-error')).toMatchObject({
      ...{ model: 'demand', unit: '1', numerator: 51, denominator: 180, value: 51 / 180 },
      ...{ target: { below: 0.3 }, met: true, formula: expect.stringContaining('actual') },
      trend: [
        { day: '2026-03-02', numerator: 45, denominator: 160 },
        { day: '2026-03-03', numerator: 6, denominator: 20, value: 0.3 },
      ],
    })
    expect(await kpi('forecast-bias')).toMatchObject({ numerator: 2 - 3 + 6 - 40, denominator: 180 })
    // The baseline: 5+5+0 + 0+6 + 10.
    expect(await kpi('forecast-gain')).toMatchObject({
      numerator: 26 - 51,
      denominator: 26,
      target: { above: 0 },
      met: false,
    })
    expect(await kpi('inference-latency')).toMatchObject({
      value: 10,
      denominator: 3,
      target: { below: 50 },
      met: true,
    })
    expect(await kpi('inference-failures')).toMatchObject({ value: 0.25, met: null })
    expect(await kpi('stock-out-rate')).toMatchObject({ numerator: 3, denominator: 9, value: 1 / 3 })
  })

  it('are told apart by label or site: one cohort against another', async () => {
    expect((await kpi('stock-out-rate', '&by=label:region')).groups).toEqual([
      { group: 'eu', numerator: 1, denominator: 6, value: 1 / 6 },
      { group: 'us', numerator: 2, denominator: 3, value: 2 / 3 },
    ])
    expect((await kpi('forecast-error', '&by=site')).groups).toMatchObject([
      { group: 'berlin', numerator: 11 },
      { group: 'boston', numerator: 40 },
    ])
    expect((await server.call('GET', '/v1/kpis?from=1&to=2&by=label:')).status).toBe(400)
    expect((await server.call('GET', '/v1/kpis?from=2&to=2')).status).toBe(400)
  })

  it('count rollouts that succeeded, brought to 30 days', async () => {
    expect(await kpi('deployment-frequency')).toMatchObject({ model: null, value: 0, denominator: 3 })
    expect(await kpi('deployment-frequency', '&model=demand')).toBeUndefined()
  })

  it('count what the cloud does by its own clock, where the span of that ends elsewhere', async () => {
    const rolledOut = (cloudTo: number) => kpi('deployment-frequency', `&cloudTo=${cloudTo}`)
    expect(await rolledOut(later)).toMatchObject({ clock: 'cloud', numerator: 30, denominator: 3, value: 10 })
    expect(await rolledOut(later + 3 * DAY)).toMatchObject({ numerator: 0 })
    // What devices tell is of the span that was asked for, whatever the cloud's clock says.
    expect(await kpi('forecast-error', `&cloudTo=${later}`)).toMatchObject({ clock: 'shops', denominator: 180 })
    expect(await kpi('cloud-cpu', `&cloudTo=${later}`)).toBeUndefined()
  })

  it('are not there where nothing was measured', async () => {
    expect((await ask('&model=other')).items).toEqual([])
  })

  it('are about decisions: how many were right, and how many suggestions were taken', async () => {
    expect(await kpi('decision-accuracy', '&by=site')).toMatchObject({
      ...{ model: 'demand', numerator: 4, denominator: 6, value: 4 / 6, target: { above: 0.9 }, met: false },
      trend: [
        { day: '2026-03-02', numerator: 4, denominator: 5 },
        { day: '2026-03-03', numerator: 0, denominator: 1 },
      ],
      groups: [
        { group: 'berlin', numerator: 4, denominator: 5 },
        { group: 'boston', numerator: 0, denominator: 1 },
      ],
    })
    expect(await kpi('model-adoption')).toMatchObject({ numerator: 2, denominator: 4, value: 0.5 })
    expect((await kpi('model-adoption', '&by=label:region')).groups).toMatchObject([
      { group: 'eu', value: 0.5 },
      { group: 'us', value: null },
    ])
  })

  it('are about cost: CPU of devices and of the cloud, against what it was before', async () => {
    expect(await kpi('device-cpu', '&by=site')).toMatchObject({
      ...{ model: null, unit: 'h/30 d', value: 12 },
      groups: [
        { group: 'berlin', value: 18 },
        { group: 'boston', value: 6 },
      ],
    })
    expect(await kpi('cloud-cpu')).toMatchObject({ model: null, value: expect.closeTo(24, 9) })
    // 12 of a device and half of the cloud's 24, where it was 20.
    expect(await kpi('operating-cost')).toMatchObject({
      ...{ unit: '1', value: expect.closeTo(24 / 20 - 1, 9), target: { below: -0.15 }, met: false },
    })
  })

  it('are metrics', async () => {
    const text = await (await fetch(`${server.cloud.url}/metrics`)).text()
    expect(text).toContain('storecast_kpi{kpi="inference-latency",model="demand"} 10\n')
    expect(text).toMatch(/^storecast_kpi\{kpi="decision-accuracy",model="demand"\} 0\.66/m)
    expect(text).toContain('storecast_kpi{kpi="device-cpu",model=""} 12\n')
    expect(text).toContain('storecast_kpi_met{kpi="forecast-gain",model="demand"} 0\n')
  })
})

it('targets hold strictly inside their bounds', () => {
  expect([0.74, 0.75, 0.8, 0.85].map((value) => meets(value, { above: 0.75, below: 0.85 }))).toEqual([
    false,
    false,
    true,
    false,
  ])
  expect([meets(null, { below: 1 }), meets(1, undefined)]).toEqual([null, null])
})
