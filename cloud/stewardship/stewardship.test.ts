import { Sketch } from '@storecast/shared/windows'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type TestCloud, testCloud } from '../test/cloud.ts'

const HOUR = 3_600_000
const T0 = Date.UTC(2026, 2, 2)

let server: TestCloud
let call: TestCloud['call']
let now = T0
beforeAll(async () => {
  server = await testCloud(
    { clock: { now: () => now } },
    { stewardship: { everySeconds: 0.05, overHours: 24, keepDays: 100 } },
  )
  call = server.call
  const fridge = { name: 'fridge', kind: 'gauge', unit: '°C', resolution: 0.1, range: [-40, 60], interval: 60 }
  const door = { name: 'door', kind: 'gauge', unit: 'open', resolution: 1, range: [0, 1], interval: 60 }
  const quality = { thresholds: { completeness: 0, validity: 0.5 } }
  const site = { timeZone: 'Europe/Berlin', labels: { region: 'eu' }, sensors: [fridge, { ...door, quality }] }
  await call('PUT', '/v1/sites/berlin', { json: site })
  await call('POST', '/v1/devices', { json: { id: 'berlin-1', site: 'berlin' } })
})
afterAll(() => server[Symbol.asyncDispose]())

const dataset = (name: string, spec: object) => ({
  apiVersion: 'storecast/v1',
  kind: 'Dataset',
  metadata: { name, description: '' },
  spec: { owner: `${name}@example.com`, sensors: ['fridge'], ...spec },
})
const put = (document: ReturnType<typeof dataset>) =>
  call('PUT', `/v1/datasets/${document.metadata.name}`, { json: document })

/** An hour of a sensor as ingest leaves it. */
async function hour(sensor: string, start: number, faults: Record<string, number> = {}, pool = server.pool) {
  const { count = 60, missing = 0, late = 0, out_of_range = 0, flat = 0, duplicate = 0 } = faults
  const { wrong_type = 0, wrong_unit = 0, untrusted = 0 } = faults
  const { rows } = await pool.query<{ id: number }>(
    `INSERT INTO series (device, sensor, entity) VALUES ('berlin-1', $1, '')
     ON CONFLICT (device, sensor, entity) DO UPDATE SET entity = '' RETURNING id`,
    [sensor],
  )
  await pool.query(
    `INSERT INTO windows (series, start_at, end_at, revision, count, sum, min, max, last, sketch, missing, late, out_of_range,
       flat, duplicate, wrong_type, wrong_unit, untrusted, epoch, seq, received_at)
     VALUES ($1, $2, $3, 1, $4, 0, 0, 0, 0, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, 1, 0)`,
    [
      ...[rows[0]!.id, start, start + HOUR, count, Buffer.from(new Sketch().encode())],
      ...[missing, late, out_of_range, flat, duplicate, wrong_type, wrong_unit, untrusted],
    ],
  )
}
const tasks = async (query = '') => (await call('GET', `/v1/stewardship-tasks?${query}`)).body.items
const task = async (id: number) => (await call('GET', `/v1/stewardship-tasks/${id}`)).body
const actions = async (id: number) =>
  (await call('GET', `/v1/stewardship-tasks/${id}/history`)).body.items.map(
    ({ action, who }: { action: string; who: string | null }) => [action, who === null],
  )

describe('the catalogue', () => {
  it('keeps data sets as documents, by page and by sensor', async () => {
    await put(dataset('cold-chain', { steward: 'cold@example.com', sites: { region: 'eu' } }))
    await put(dataset('all-fridges', { sites: { region: 'us' } }))
    await put(dataset('sales', { sensors: ['sales'], sensitivity: 'restricted', featureViews: ['demand'] }))
    const page = (await call('GET', '/v1/datasets?limit=2')).body
    expect(page.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual([
      'all-fridges',
      'cold-chain',
    ])
    expect((await call('GET', `/v1/datasets?cursor=${page.next}`)).body.items).toMatchObject([
      { metadata: { name: 'sales' }, spec: { sensitivity: 'restricted' } },
    ])
    expect((await call('GET', '/v1/datasets?sensor=sales')).body.items).toHaveLength(1)
    expect(await call('GET', '/v1/datasets/none')).toMatchObject({ status: 404, body: { code: 'dataset-unknown' } })
    expect(await call('PUT', '/v1/datasets/other', { json: dataset('sales', {}) })).toMatchObject({
      status: 400,
      body: { code: 'dataset-name' },
    })
    expect(await call('DELETE', '/v1/datasets/sales')).toMatchObject({ status: 204 })
    expect(await call('DELETE', '/v1/datasets/sales')).toMatchObject({ status: 404 })
  })
})

describe('data quality', () => {
  it('is scored over any span, from what windows add up to', async () => {
    await hour('fridge', T0 - 30 * HOUR, { count: 40, missing: 20, out_of_range: 0 })
    await hour('fridge', T0 - 29 * HOUR, { count: 50, wrong_type: 6, wrong_unit: 4, duplicate: 60, untrusted: 6 })
    const span = `from=${T0 - 31 * HOUR}&to=${T0 - 28 * HOUR}`
    const { body } = await call('GET', `/v1/data-quality?${span}&site=berlin`)
    expect(body.items).toMatchObject([
      {
        ...{ device: 'berlin-1', sensor: 'fridge' },
        scores: { completeness: 100 / 120, validity: 0.9, timeliness: 1, movement: 1, uniqueness: 0.625, clock: 0.94 },
        counts: { count: 90, missing: 20, wrongType: 6 },
        thresholds: { completeness: 0.9 },
      },
    ])
    expect((await call('GET', `/v1/data-quality?from=${T0}&to=${T0 + 1}`)).body.items).toEqual([])
    expect((await call('GET', `/v1/data-quality?${span}&site=nowhere`)).body.items).toEqual([])
    expect((await call('GET', `/v1/data-quality?${span}&sensor=door`)).body.items).toEqual([])
  })
})

describe('stewardship tasks', () => {
  it('open for the steward of the data set, once, and close when the score has recovered', async () => {
    await hour('fridge', T0 - HOUR, { count: 30, missing: 30 })
    await vi.waitFor(async () => expect(await tasks()).toHaveLength(1), 30_000)
    const [opened] = await tasks('state=standing&device=berlin-1&steward=cold@example.com')
    expect(opened).toMatchObject({
      ...{ device: 'berlin-1', site: 'berlin', sensor: 'fridge', dimension: 'completeness', state: 'open' },
      ...{ dataset: 'cold-chain', owner: 'cold-chain@example.com', steward: 'cold@example.com' },
      ...{ threshold: 0.9, score: 0.5, worst: 0.5, openedAt: T0 },
    })
    // Above the threshold, and not recovered yet: it goes on.
    now = T0 + 4 * HOUR
    for (let i = 0; i < 4; i++) await hour('fridge', T0 + i * HOUR)
    await vi.waitFor(async () => expect(await task(opened.id)).toMatchObject({ score: 0.9, worst: 0.5 }), 30_000)
    now = T0 + 12 * HOUR
    for (let i = 4; i < 12; i++) await hour('fridge', T0 + i * HOUR)
    await vi.waitFor(async () => expect(await task(opened.id)).toMatchObject({ state: 'closed' }), 30_000)
    expect(await task(opened.id)).toMatchObject({ endReason: 'recovered', closedAt: now })
    expect(await actions(opened.id)).toEqual([
      ['opened', true],
      ['closed', true],
    ])
    expect(await tasks()).toHaveLength(1)
  })

  it('are acknowledged, assigned and commented, by whom and with what words', async () => {
    now = T0 + 40 * HOUR
    await hour('fridge', T0 + 39 * HOUR, { count: 40, out_of_range: 20, untrusted: 30 })
    await vi.waitFor(async () => expect(await tasks('state=open')).toHaveLength(2), 30_000)
    const [{ id }] = (await tasks('state=open')).filter((one: { dimension: string }) => one.dimension === 'validity')
    const path = `/v1/stewardship-tasks/${id}`
    const taken = await call('POST', `${path}/acknowledge`, { json: { note: 'the probe is loose' } })
    expect(taken).toMatchObject({
      status: 200,
      body: { state: 'acknowledged', assignee: expect.stringMatching(/^\S+$/) },
    })
    expect(await call('POST', `${path}/assign`, { json: { assignee: 'pat' } })).toMatchObject({
      body: { assignee: 'pat' },
    })
    await call('POST', `${path}/comments`, { json: { note: 'ordered a new one' } })
    expect(await call('POST', `${path}/comments`, { json: { note: ' ' } })).toMatchObject({ status: 400 })
    expect(await actions(id)).toEqual([
      ['opened', true],
      ['acknowledged', false],
      ['assigned', false],
      ['commented', false],
    ])
    expect(await tasks('steward=pat')).toMatchObject([{ id }])
    const [logged] = (await call('GET', '/v1/audit?action=POST%20/v1/stewardship-tasks/:task/assign')).body.items
    expect(logged.entry).toMatchObject({ decision: 'allowed', after: { assignee: 'pat' } })
  })

  it('that are closed by hand do not open again before the fault was gone', async () => {
    const [{ id }] = (await tasks('state=standing')).filter((one: { dimension: string }) => one.dimension === 'clock')
    const path = `/v1/stewardship-tasks/${id}`
    expect((await call('POST', `${path}/close`, { json: { note: 'known' } })).body).toMatchObject({
      endReason: 'closed',
    })
    expect(await call('POST', `${path}/acknowledge`, { json: {} })).toMatchObject({
      status: 409,
      body: { code: 'task-closed' },
    })
    const clock = async () => (await tasks()).filter((one: { dimension: string }) => one.dimension === 'clock')
    // Another dimension's newest look shows that the dismissed one was looked at as well.
    const looked = async (at: number) =>
      vi.waitFor(async () => expect(await tasks('state=acknowledged')).toMatchObject([{ scoredAt: at }]), 30_000)
    now += 1000
    await looked(now)
    expect(await clock()).toHaveLength(1)
    // Gone for a day, and then there again.
    now = T0 + 70 * HOUR
    for (let i = 46; i < 70; i++) await hour('fridge', T0 + i * HOUR)
    await vi.waitFor(async () => expect(await tasks('state=standing')).toEqual([]), 30_000)
    now = T0 + 71 * HOUR
    await hour('fridge', T0 + 70 * HOUR, { untrusted: 60 * 12 })
    await vi.waitFor(async () => expect(await clock()).toHaveLength(2), 30_000)
  })

  it('are counted for Prometheus', async () => {
    const text = new TextDecoder().decode((await call('GET', '/metrics')).body)
    const standing = await tasks('state=standing')
    expect(text).toMatch(new RegExp(`^storecast_stewardship_tasks_standing ${standing.length}$`, 'm'))
  })

  it('do not open where a sensor has no threshold, and nobody is named where the catalogue says nothing', async () => {
    await hour('door', T0 + 70 * HOUR, { count: 10, missing: 600, out_of_range: 60 })
    await vi.waitFor(async () => expect(await tasks('sensor=door')).toHaveLength(1), 30_000)
    expect(await tasks('sensor=door')).toMatchObject([
      { dimension: 'validity', threshold: 0.5, dataset: null, owner: null, steward: null },
    ])
  })

  it('close when their sensor or device is gone', async () => {
    const standing = await tasks('state=standing')
    expect(standing.length).toBeGreaterThan(1)
    expect((await call('DELETE', '/v1/devices/berlin-1')).status).toBeLessThan(300)
    await vi.waitFor(async () => expect(await tasks('state=standing')).toEqual([]), 30_000)
    for (const { id } of standing) expect(await task(id)).toMatchObject({ endReason: 'gone' })
    expect(await call('GET', '/v1/stewardship-tasks/999')).toMatchObject({
      status: 404,
      body: { code: 'task-unknown' },
    })
  })

  it('that were closed long ago are dropped with their history, but for those that keep others from being opened', async () => {
    // In one statement: the cloud may drop old ones at any time.
    const { rows } = await server.pool.query<{ id: number }>(
      `WITH closed AS (
         INSERT INTO stewardship_tasks (device, site, sensor, dimension, state, threshold, score, worst, opened_at, scored_at, closed_at, end_reason, recovered_at)
         SELECT 'berlin-1', 'berlin', 'cellar', 'clock', 'closed', 0.9, 1, 0, 0, 0, $1::int8 - days * 86400000::int8, reason, recovered
         FROM (VALUES (1, 99, 'recovered', NULL::int8), (2, 101, 'closed', NULL), (3, 101, 'recovered', NULL), (4, 101, 'closed', 1)) AS c (place, days, reason, recovered)
         ORDER BY place RETURNING id)
       INSERT INTO stewardship_history (task, at, action) SELECT id, 0, 'closed' FROM closed ORDER BY id RETURNING task AS id`,
      [now],
    )
    const ids = rows.map(({ id }) => id)
    const left = async (table: string, column: string) =>
      (await server.pool.query(`SELECT ${column} AS id FROM ${table} WHERE ${column} = ANY($1) ORDER BY 1`, [ids])).rows
    const kept = rows.slice(0, 2)
    await vi.waitFor(async () => expect(await left('stewardship_tasks', 'id')).toEqual(kept), 30_000)
    expect(await left('stewardship_history', 'task')).toEqual(kept)
    await server.pool.query('DELETE FROM stewardship_tasks WHERE id = ANY($1)', [ids])
  })

  it('come page by page', async () => {
    const all = await tasks()
    const { items, next } = (await call('GET', '/v1/stewardship-tasks?limit=1')).body
    expect(items).toEqual(all.slice(0, 1))
    expect((await call('GET', `/v1/stewardship-tasks?cursor=${next}`)).body.items).toEqual(all.slice(1))
  })
})

describe('a look at a site that somebody asks for', () => {
  it('opens and closes tasks at once, by the data up to any time', async () => {
    await using rarely = await testCloud({}, { stewardship: { everySeconds: 3600, overHours: 24, keepDays: null } })
    const sensors = [{ name: 'fridge', kind: 'gauge', unit: '°C', resolution: 0.1, range: [-40, 60], interval: 60 }]
    await rarely.call('PUT', '/v1/sites/berlin', { json: { timeZone: 'Europe/Berlin', sensors } })
    await rarely.call('POST', '/v1/devices', { json: { id: 'berlin-1', site: 'berlin' } })
    await rarely.call('PUT', '/v1/datasets/cold-chain', { json: dataset('cold-chain', {}) })
    const look = (json: object, site = 'berlin') => rarely.call('POST', `/v1/sites/${site}/quality-looks`, { json })
    const hourOf = (start: number, flat: number) => hour('fridge', start, { flat }, rarely.pool)
    expect((await look({ until: T0 })).body).toEqual({ until: T0, opened: [], closed: [] })
    await hourOf(T0 - HOUR, 50)
    const { body } = await look({ until: T0 })
    expect(body.opened).toMatchObject([
      {
        dimension: 'movement',
        state: 'open',
        score: expect.closeTo(1 / 6),
        openedAt: T0,
        owner: 'cold-chain@example.com',
      },
    ])
    expect((await look({ until: T0 })).body).toMatchObject({ opened: [], closed: [] })
    // A day later none of it is within the span that is judged.
    await hourOf(T0 + 24 * HOUR, 0)
    expect((await look({ until: T0 + 25 * HOUR })).body).toMatchObject({
      opened: [],
      closed: [{ id: body.opened[0].id, endReason: 'recovered', score: 1 }],
    })
    expect(await look({ until: -1 })).toMatchObject({ status: 400 })
    expect(await look({}, 'nowhere')).toMatchObject({ status: 404 })
  })
})
