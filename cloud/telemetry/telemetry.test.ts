import type { ForecastRecord } from '@storecast/shared/contracts'
import { score } from '@storecast/shared/forecasts'
import { Sketch } from '@storecast/shared/windows'
import fc from 'fast-check'
import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testBundle } from '../test/bundle.ts'
import { type TestCloud, testCloud } from '../test/cloud.ts'
import { addEvidence, addForecasts, addWindows } from '../test/records.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const start = Date.UTC(2026, 2, 1, 23)

let server: TestCloud
let call: TestCloud['call']
let pool: Pool
beforeAll(async () => {
  server = await testCloud()
  call = server.call
  pool = server.pool
  const sensors = [
    { name: 'temperature', kind: 'gauge', unit: '°C', resolution: 0.1, range: [-40, 80], centre: 20 },
    { name: 'sales', kind: 'event', unit: 'units', resolution: 0.01, range: [0, 1000], per: 'product' },
  ]
  for (const site of ['berlin', 'oslo']) {
    const labels = site === 'berlin' ? { country: 'de' } : {}
    await call('PUT', `/v1/sites/${site}`, { json: { timeZone: 'Europe/Berlin', sensors, labels } })
    await call('POST', '/v1/devices', { json: { id: `${site}-1`, site } })
  }
})
afterAll(() => server[Symbol.asyncDispose]())

describe('evidence of candidates', () => {
  it('comes by local day, of the pair and the days asked for, page by page', async () => {
    const sketch = new Sketch()
    for (const ms of [10, 20, 400]) sketch.add(ms)
    const sums = { difference: 2, differenceSquared: 4, largestDifference: 2, actual: 18, moved: 4, crashes: 1 }
    const errors = { championAbsolute: 4, candidateAbsolute: 6, championError: -4, candidateError: -3 }
    const coverage = { intervals: 2, championCovered: 2, candidateCovered: 1 }
    const counts = { rows: 2, excluded: 1, ...coverage }
    const pair = { model: 'demand', champion: 1, candidate: 2, region: 'eu', ...counts, ...sums, ...errors }
    const put = (device: string, day: string, more: object = {}) =>
      addEvidence(pool, device, { ...pair, day, latency: sketch.bins(), ...more })
    await put('oslo-1', '2026-03-02')
    await put('berlin-1', '2026-03-02')
    await put('berlin-1', '2026-03-03', { latency: new Sketch().bins() })
    await put('berlin-1', '2026-03-03', { candidate: 3 })
    const path = '/v1/evidence?model=demand&champion=1&candidate=2&limit=2'
    const { body } = await call('GET', path)
    expect(body.items.map((one: { device: string; day: string }) => [one.day, one.device])).toEqual([
      ['2026-03-02', 'berlin-1'],
      ['2026-03-02', 'oslo-1'],
    ])
    const { p50, p95 } = body.items[0].latency
    expect(body.items[0]).toMatchObject({ ...pair, site: 'berlin', latency: { runs: 3 } })
    expect([p50 / 20, p95 / 20]).toEqual([expect.closeTo(1, 1), expect.closeTo(1, 1)])
    const rest = await call('GET', `${path}&cursor=${body.next}`)
    expect(rest.body.items).toMatchObject([{ day: '2026-03-03', latency: { runs: 0, p50: null, p95: null } }])
    expect((await call('GET', '/v1/evidence?from=2026-03-03&device=berlin-1')).body.items).toHaveLength(2)
    expect((await call('GET', '/v1/evidence?to=yesterday')).status).toBe(400)
  })
})

describe('windows', () => {
  it('tell up to when there is data, of what devices measured of their shops alone', async () => {
    expect((await call('GET', '/v1/newest-data')).body).toEqual({ at: null, now: expect.any(Number) })
    const end = start - 30 * DAY
    await addWindows(pool, 'oslo-1', 'sales', [{ start: end - HOUR, end, values: [100] }])
    await addWindows(pool, 'oslo-1', '$model-latency', [
      { start: end, end: end + HOUR, values: [8], entity: 'demand.1' },
    ])
    expect((await call('GET', '/v1/newest-data')).body).toMatchObject({ at: end })
  })

  it('come in the sensor’s unit, page by page, with quantiles of the readings', async () => {
    const readings = Array.from({ length: 101 }, (_, n) => 200 + n)
    await addWindows(pool, 'berlin-1', 'temperature', [
      { start, end: start + HOUR, values: readings, centre: 200 },
      { start: start + HOUR, end: start + 2 * HOUR, values: [-50], centre: 200 },
    ])
    const path = '/v1/devices/berlin-1/windows?sensor=temperature&limit=1'
    const first = await call('GET', path)
    expect(first.body).toMatchObject({ unit: '°C', next: String(start) })
    expect(first.body.items[0]).toMatchObject({ start, count: 101, sum: 2525, min: 20, max: 30, last: 30 })
    // Within 1 % of the distance to the centre, 20 °C.
    expect(Math.abs(first.body.items[0].p50 - 25)).toBeLessThanOrEqual(0.051)
    expect(Math.abs(first.body.items[0].p90 - 29)).toBeLessThanOrEqual(0.091)
    const second = await call('GET', `${path}&cursor=${first.body.next}`)
    expect(second.body.items).toMatchObject([{ min: -5, p50: expect.closeTo(-5, 0) }])
    expect(second.body.next).toBeUndefined()
    expect((await call('GET', `${path}&from=${start + 1}&to=${start + HOUR}`)).body.items).toEqual([])
  })

  it('of a sensor that the site does not define are whole steps', async () => {
    await addWindows(pool, 'oslo-1', 'door', [{ start, end: start + HOUR, values: [3, 4] }])
    const { body } = await call('GET', '/v1/devices/oslo-1/windows?sensor=door')
    expect(body).toMatchObject({ unit: null, items: [{ sum: 7 }] })
  })

  it('say which device is not there', async () => {
    expect(await call('GET', '/v1/devices/nobody/windows?sensor=door')).toMatchObject({ status: 404 })
    expect(await call('GET', '/v1/devices/oslo-1/windows')).toMatchObject({ status: 400 })
  })
})

const forecast = (change: Partial<ForecastRecord>): ForecastRecord => ({
  model: 'demand',
  version: 1,
  entity: 'milk',
  issuedAt: start,
  start,
  end: start + DAY,
  quantiles: [1, 2, 4],
  mean: 2.5,
  baseline: 3,
  ...change,
})
const scored = (actual: number, censored = false) => ({ score: { scoredAt: start + DAY, actual, censored } })

describe('forecasts', () => {
  it('come in order of their spans with what came of them', async () => {
    await addForecasts(pool, 'oslo-1', [
      forecast({ model: 'listed', entity: 'a', ...scored(3) }),
      forecast({ model: 'listed', entity: 'b' }),
      forecast({ model: 'listed', issuedAt: start + DAY, start: start + DAY, end: start + 2 * DAY }),
    ])
    const path = '/v1/forecasts?model=listed&limit=2'
    const first = await call('GET', path)
    expect(first.body.items).toMatchObject([
      { site: 'oslo', entity: 'a', quantiles: [1, 2, 4], actual: 3, censored: false },
      { entity: 'b', actual: null, scoredAt: null },
    ])
    const second = await call('GET', `${path}&cursor=${first.body.next}`)
    expect(second.body.items).toMatchObject([{ start: start + DAY }])
    expect(await call('GET', `${path}&cursor=bm90LW91cnM`)).toMatchObject({ status: 400, body: { code: 'cursor' } })
    expect((await call('GET', `${path}&site=berlin`)).body.items).toEqual([])
  })

  it('are scored as the shared formulas say', async () => {
    const amount = fc.float({ min: 0, max: 100, noNaN: true }).map(Math.fround)
    const one = fc.record({
      quantiles: fc.tuple(amount, amount, amount).map((all) => all.sort((a, b) => a - b)),
      baseline: amount,
      actual: amount,
      censored: fc.boolean(),
    })
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 12 }), async (all) => {
        const model = `formula-${run++}`
        await addForecasts(
          pool,
          'oslo-1',
          all.map(({ quantiles, baseline, actual, censored }, n) =>
            forecast({ model, entity: `e${n}`, quantiles, baseline, ...scored(actual, censored) }),
          ),
        )
        const { body } = await call('GET', `/v1/forecast-scores?model=${model}&by=`)
        const rows = all.map(({ quantiles, ...row }) => ({ ...row, quantiles, point: quantiles[1] }))
        const expected = score(rows, [0.1, 0.5, 0.9])
        const naive = score(
          rows.map((row) => ({ ...row, point: row.baseline })),
          [0.1, 0.5, 0.9],
        )
        const got = body.items[0]
        expect([got.rows, got.censored]).toEqual([expected.rows, expected.censored])
        for (const [value, want] of [
          [got.wape, expected.wape],
          [got.wpe, expected.wpe],
          [got.coverage, expected.coverage],
          [got.baselineWape, naive.wape],
        ]) {
          if (Number.isFinite(want)) expect(value).toBeCloseTo(want, 6)
          else expect(value).toBeNull()
        }
      }),
      { numRuns: 25 },
    )
  })

  it('are scored by version, site and the site’s own day; the one issued last counts', async () => {
    const model = 'grouped'
    await addForecasts(pool, 'berlin-1', [
      forecast({ model, issuedAt: start - 1, quantiles: [0, 50, 99], ...scored(2) }),
      forecast({ model, ...scored(2) }),
      forecast({ model, issuedAt: start + DAY, start: start + DAY, ...scored(9) }),
      forecast({ model, version: 2, entity: 'waiting' }),
    ])
    await addForecasts(pool, 'oslo-1', [forecast({ model, ...scored(4) })])
    const { body } = await call('GET', `/v1/forecast-scores?model=${model}&by=version,site,day`)
    expect(body.items).toMatchObject([
      { version: 1, site: 'berlin', day: '2026-03-02', rows: 1, wape: 0, wpe: 0, coverage: 1, baselineWape: 0.5 },
      { version: 1, site: 'berlin', day: '2026-03-03', rows: 1, wape: 7 / 9, wpe: -7 / 9, coverage: 0 },
      { version: 1, site: 'oslo', day: '2026-03-02', rows: 1, wape: 0.5 },
      { version: 2, site: 'berlin', rows: 0, waiting: 1, wape: null, coverage: null },
    ])
    const products = await call('GET', `/v1/forecast-scores?model=${model}&by=entity`)
    expect(products.body.items.map((one: { entity: string; rows: number }) => [one.entity, one.rows])).toEqual([
      ['milk', 3],
      ['waiting', 0],
    ])
    // 2026-03-02 was a Monday.
    const weekdays = await call('GET', `/v1/forecast-scores?model=${model}&version=1&by=weekday`)
    expect(weekdays.body.items).toMatchObject([
      { weekday: 1, rows: 2 },
      { weekday: 2, rows: 1, wape: 7 / 9 },
    ])
    const labelled = await call('GET', `/v1/forecast-scores?model=${model}&version=1&by=label:country`)
    expect(labelled.body.items).toMatchObject([
      { label: 'de', rows: 2 },
      { label: null, rows: 1, wape: 0.5 },
    ])
    expect(await call('GET', '/v1/forecast-scores?by=label:a,label:b')).toMatchObject({ status: 400 })
    expect(await call('GET', '/v1/forecast-scores?by=label:')).toMatchObject({ status: 400 })
    expect(await call('GET', '/v1/forecast-scores?by=store')).toMatchObject({ status: 400 })
    expect(await call('GET', '/v1/forecast-scores?by=day,day')).toMatchObject({ status: 400 })
  })
})

describe('calibration', () => {
  it('is the share of actuals below each quantile, those that are equal told apart', async () => {
    const model = 'calibrated'
    const actuals = [0, 1, 1, 2, 3, 3, 4, 9, 50, 60]
    const at = (n: number) => forecast({ model, entity: `e${n}`, quantiles: [1, 3, 9], ...scored(actuals[n]!) })
    await addForecasts(pool, 'berlin-1', [
      ...actuals.map((_, n) => at(n)),
      forecast({ model, entity: 'sold-out', quantiles: [1, 3, 9], ...scored(5, true) }),
      forecast({ model, entity: 'waits' }),
      forecast({ model, version: 2 }),
    ])
    const { body } = await call('GET', `/v1/forecast-calibration?model=${model}`)
    expect(body.items).toEqual([{ model, version: 1, rows: 10, below: [0.1, 0.4, 0.7], atOrBelow: [0.3, 0.6, 0.8] }])
    expect((await call('GET', '/v1/forecast-calibration')).status).toBe(400)
  })
})

describe('the account of a device', () => {
  it('shows what is outstanding, gaps with their cause, and events', async () => {
    await pool.query(`
      INSERT INTO device_epochs (device, epoch, db_id, reason, quarantined, opened_at, link, runs, base, floor, highest, told,
        records, revised, coarsened, dropped)
      VALUES ('berlin-1', 5, gen_random_uuid(), 'first-contact', false, 1, 1, '[]', 1, 10, 30,
        '{[1,5), [12,15), [20,21)}', 13, 1, 2, 3)`)
    const { body } = await call('GET', '/v1/devices/berlin-1/backlog')
    // 21 sequences from floor 10 to 30, of which 12, 13, 14 and 20 came.
    expect(body.epochs).toMatchObject([
      { epoch: 5, outstanding: 17, records: 13, superseded: { revised: 1, coarsened: 2, dropped: 3 } },
    ])
    await pool.query(`
      INSERT INTO gaps (device, epoch, cause, first_seq, last_seq, noticed_at)
      VALUES ('berlin-1', 5, 'dropped', 3, 4, 100), ('oslo-1', 1, 'unaccounted', 7, 7, 200)`)
    expect((await call('GET', '/v1/gaps')).body.items).toMatchObject([{ cause: 'unaccounted' }, { cause: 'dropped' }])
    expect((await call('GET', '/v1/gaps?device=berlin-1')).body.items).toMatchObject([{ firstSeq: 3, lastSeq: 4 }])
    const backlogs = await call('GET', '/v1/backlogs')
    expect(backlogs.body.items).toMatchObject([
      {
        device: 'berlin-1',
        site: 'berlin',
        epoch: 5,
        sequence: 30,
        outstanding: 17,
        waiting: null,
        gaps: { dropped: 2 },
      },
      {
        device: 'oslo-1',
        epoch: null,
        sequence: null,
        outstanding: null,
        lastCommitAt: null,
        gaps: { unaccounted: 1 },
      },
    ])
    const first = await call('GET', '/v1/backlogs?limit=1')
    expect((await call('GET', `/v1/backlogs?cursor=${first.body.next}`)).body.items).toMatchObject([
      { device: 'oslo-1' },
    ])
    expect((await call('GET', '/v1/backlogs?device=oslo-1')).body.items).toHaveLength(1)
    await pool.query(`
      INSERT INTO events (device, id, at, severity, code, message, detail, epoch, seq, received_at)
      SELECT 'berlin-1', gen_random_uuid(), n, 'warning', 'model-failed', 'it did', '{"n": 1}', 1, n, 0
      FROM generate_series(1, 3) n`)
    const events = await call('GET', '/v1/devices/berlin-1/events?limit=2')
    expect(events.body.items.map((event: { at: number }) => event.at)).toEqual([3, 2])
    const more = await call('GET', `/v1/devices/berlin-1/events?limit=2&cursor=${events.body.next}`)
    expect(more.body.items).toMatchObject([{ at: 1, code: 'model-failed', detail: { n: 1 } }])
    expect(await call('GET', '/v1/devices/berlin-1/reported')).toMatchObject({ body: { code: 'device-silent' } })
    expect(await call('GET', '/v1/devices/nobody/backlog')).toMatchObject({ status: 404 })
  })
})

describe('what is in service', () => {
  it('is counted by version, and shown by device where it is not what it should be', async () => {
    await call('POST', '/v1/models/served/versions', { bytes: testBundle({ name: 'served' }) })
    for (const n of [2, 3]) await call('POST', '/v1/devices', { json: { id: `oslo-${n}`, site: 'oslo' } })
    const report = (active: number | null, phase: string, more: object = {}) => ({
      ...{ site: 'oslo', agentVersion: '0', generation: 1, documents: {} },
      models: { served: { active, target: 2, phase, at: 0, ...more } },
    })
    const error = { code: 'golden-mismatch', message: 'forecasts otherwise' }
    for (const [device, body] of [
      ['oslo-1', report(2, 'committed')],
      ['oslo-2', report(1, 'failed', { error })],
    ] as const) {
      await pool.query('INSERT INTO reported (device, body, epoch, seq, received_at) VALUES ($1, $2, 1, 1, 7)', [
        ...[device, body],
      ])
    }
    await pool.query(
      `INSERT INTO desired_models (device, model, version, sha256, bytes)
       SELECT id, 'served', 2, '', 1 FROM devices WHERE site = 'oslo'`,
    )
    expect((await call('GET', '/v1/serving?model=served')).body.items).toEqual([
      { model: 'served', version: 1, serving: 1, desired: 0 },
      { model: 'served', version: 2, serving: 1, desired: 3 },
    ])
    const devices = async (query: string) => (await call('GET', `/v1/models/served/devices?${query}`)).body
    const first = await devices('limit=2')
    expect(first.items.map(({ device }: { device: string }) => device)).toEqual(['oslo-1', 'oslo-2'])
    expect((await devices(`limit=2&cursor=${first.next}`)).items).toEqual([
      {
        ...{ device: 'oslo-3', site: 'oslo', online: false, desiredVersion: 2, servingVersion: null },
        ...{ phase: null, error: null, reportedAt: null },
      },
    ])
    expect((await devices('version=1')).items).toMatchObject([
      { device: 'oslo-2', desiredVersion: 2, servingVersion: 1, phase: 'failed', error, reportedAt: 7 },
    ])
    expect((await devices('differs=true')).items.map(({ device }: { device: string }) => device)).toEqual([
      ...['oslo-2', 'oslo-3'],
    ])
    expect((await call('GET', '/v1/models/none/devices')).body.code).toBe('model-unknown')
  })
})
