import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testBundle } from '../test/bundle.ts'
import { type TestCloud, testCloud } from '../test/cloud.ts'
import { outcomeOf } from './bulk.ts'
import { DEVICE_SORTS } from './devices.ts'
import { DEVICE_STATES } from './states.ts'

const NOW = Date.UTC(2026, 2, 2, 8)
const HOUR = 3_600_000
let server: TestCloud
let eu: string
beforeAll(async () => {
  server = await testCloud({ clock: { now: () => NOW } })
  const ok = async (method: string, path: string, json: unknown) => {
    const answer = await server.call(method, path, { json })
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300)
    return answer.body
  }
  await ok('PUT', '/v1/sites/berlin', { timeZone: 'UTC', labels: { region: 'eu', tier: 'gold' } })
  await ok('PUT', '/v1/sites/boston', { timeZone: 'UTC', labels: { region: 'us' } })
  expect((await server.call('POST', '/v1/models/demand/versions', { bytes: testBundle() })).status).toBe(201)
  for (const id of DEVICE_STATES) await ok('POST', '/v1/devices', { id: `${id}-1`, site: 'berlin' })
  for (const id of ['soaking', 'failing', 'silenced']) await ok('POST', '/v1/devices', { id, site: 'berlin' })
  await ok('POST', '/v1/devices', { id: 'far-1', site: 'boston', labels: { tier: 'lab', note: '100%_odd' } })
  await ok('DELETE', '/v1/devices/retired-1', undefined)
  await arrange()
  eu = (await ok('POST', '/v1/tokens', { name: 'eu', roles: ['operator'], limit: { region: 'eu' } })).secret
}, 60_000)
afterAll(() => server[Symbol.asyncDispose]())

/** As ingest, rollouts and alert rules leave it. */
async function arrange(): Promise<void> {
  const { pool } = server
  await pool.query(`UPDATE devices SET online = id NOT IN ('disconnected-1', 'retired-1', 'far-1'), last_seen = $1`, [
    NOW,
  ])
  await pool.query(`UPDATE devices SET last_seen = $1 WHERE id = 'disconnected-1'`, [NOW - HOUR])
  const serving = { phase: 'active', active: 1, target: 1, at: NOW }
  const models: Record<string, object> = {
    'operational-1': serving,
    'updating-1': { ...serving, active: null, phase: 'download' },
    soaking: { ...serving, phase: 'soak' },
    failing: {
      ...serving,
      active: null,
      phase: 'failed',
      error: { code: 'golden-mismatch', message: 'wrong answers' },
    },
    'reduced-1': serving,
    silenced: serving,
    'quarantined-1': serving,
  }
  for (const [device, demand] of Object.entries(models)) {
    await pool.query(
      'INSERT INTO desired_models (device, model, version, sha256, bytes) SELECT $1, model, version, sha256, bytes FROM model_versions',
      [device],
    )
    await pool.query('INSERT INTO reported (device, body, epoch, seq, received_at) VALUES ($1, $2, 1, 1, $3)', [
      device,
      { site: 'berlin', agentVersion: '0.1.0', generation: 1, models: { demand }, documents: {} },
      NOW,
    ])
  }
  const rule = { apiVersion: 'storecast/v1', kind: 'AlertRule', metadata: { name: 'hot' }, spec: { subject: 'device' } }
  await pool.query('INSERT INTO alert_rules (name, document, updated_at) VALUES ($1, $2, 0)', ['hot', rule])
  for (const [device, silence] of [
    ['reduced-1', null],
    ['silenced', 7],
  ] as const) {
    await pool.query(
      `INSERT INTO alerts (rule, subject, site, state, severity, labels, summary, since, fired_at, silenced_by)
       VALUES ('hot', $1, 'berlin', 'firing', 'warning', jsonb_build_object('device', $1::text), 'hot', $2, $2, $3)`,
      [device, NOW - HOUR, silence],
    )
  }
  await pool.query(
    `INSERT INTO device_epochs (device, epoch, db_id, reason, quarantined, opened_at, link, runs, base, floor, highest)
     VALUES ('quarantined-1', 1, gen_random_uuid(), 'fork', true, 0, 1, '[]', 0, 0, 0)`,
  )
}

const get = async (path: string, token?: string) => {
  const { status, body } = await server.call('GET', path, token === undefined ? {} : { token })
  expect([path, status, body.code]).toEqual([path, 200, undefined])
  return body
}
const ids = async (query: string, token?: string) =>
  (await get(`/v1/devices?${query}`, token)).items.map(({ id }: { id: string }) => id)

describe('how a device is', () => {
  it.each(DEVICE_STATES)('is %s', async (state) => {
    expect((await get(`/v1/devices/${state}-1`)).state).toBe(state)
  })

  it('is reduced where a change failed, updating while a version is on probation, and no worse for a silenced alert', async () => {
    expect(await get('/v1/devices/failing')).toMatchObject({
      state: 'reduced',
      models: [{ model: 'demand', desired: 1, active: null, phase: 'failed', error: { code: 'golden-mismatch' } }],
    })
    expect((await get('/v1/devices/soaking')).state).toBe('updating')
    expect(await get('/v1/devices/silenced')).toMatchObject({ state: 'operational', alerts: 0 })
    expect(await get('/v1/devices/reduced-1')).toMatchObject({ state: 'reduced', alerts: 1 })
  })

  it('is counted as it is listed, within the limit', async () => {
    const counts = await get('/v1/device-states')
    expect(counts).toEqual({ retired: 1, quarantined: 1, disconnected: 2, reduced: 2, updating: 2, operational: 2 })
    for (const state of DEVICE_STATES) {
      expect(await ids(`state=${state}`)).toHaveLength(counts[state])
      expect(await ids(`state=${state}`, eu)).toHaveLength((await get('/v1/device-states', eu))[state])
    }
    expect(await get('/v1/device-states', eu)).toEqual({ ...counts, disconnected: 1 })
    expect((await get('/v1/fleet')).devices).toEqual(counts)
  })
})

describe('the list', () => {
  it('is filtered by state, label, text and version', async () => {
    expect(await ids('state=updating,quarantined')).toEqual(['quarantined-1', 'soaking', 'updating-1'])
    // Its own label goes over its site's.
    expect(await ids('selector=tier%3Dlab')).toEqual(['far-1'])
    expect(await ids('selector=region%3Dus')).toEqual(['far-1'])
    expect(await ids('q=OAK')).toEqual(['soaking'])
    expect(await ids('q=bost')).toEqual(['far-1'])
    // What LIKE would take for a pattern is itself.
    expect(await ids(`q=${encodeURIComponent('100%_')}`)).toEqual(['far-1'])
    expect(await ids(`q=${encodeURIComponent('1%1')}`)).toEqual([])
    expect(await ids('model=demand')).toContain('updating-1')
    expect(await ids('model=demand&version=1')).not.toContain('updating-1')
    expect((await server.call('GET', '/v1/devices?version=1')).body.code).toBe('invalid-request')
    expect((await server.call('GET', '/v1/devices?group=none')).body.code).toBe('group-unknown')
  })

  it.each(DEVICE_SORTS.flatMap((sort) => ['asc', 'desc'].map((order) => [sort, order])))(
    'by %s, %s, is the same whole as by pages',
    async (sort, order) => {
      const whole = await ids(`sort=${sort}&order=${order}`)
      expect(new Set(whole).size).toBe(10)
      const paged: string[] = []
      let cursor: string | undefined
      do {
        const { items, next } = await get(
          `/v1/devices?limit=3&sort=${sort}&order=${order}${cursor ? `&cursor=${cursor}` : ''}`,
        )
        paged.push(...items.map(({ id }: { id: string }) => id))
        cursor = next
      } while (cursor)
      expect(paged).toEqual(whole)
      const back = await ids(`sort=${sort}&order=${order === 'asc' ? 'desc' : 'asc'}`)
      expect(back).toEqual([...whole].reverse())
    },
  )

  it('puts first what needs somebody most, by state', async () => {
    const { items } = await get('/v1/devices?sort=state')
    expect(items[0].state).toBe('quarantined')
    expect(items.at(-1).state).toBe('retired')
    const { next } = await get('/v1/devices?sort=state&limit=2')
    const other = await server.call('GET', `/v1/devices?sort=site&cursor=${next}`)
    expect([other.status, other.body.code]).toEqual([400, 'cursor'])
  })
})

describe('the fleet', () => {
  it('has its figures, within the limit', async () => {
    const fleet = await get('/v1/fleet')
    expect(fleet).toMatchObject({
      now: NOW,
      sites: 2,
      alerts: { critical: 0, warning: 1, info: 0, unacknowledged: 1, silenced: 1 },
      rollouts: { running: 0, paused: 0, aborting: 0, undoing: 0 },
      tasks: 0,
    })
    expect(await get('/v1/fleet', eu)).toMatchObject({ sites: 1 })
  })

  it('tells what happened, newest first, by pages as in one', async () => {
    const { items: whole } = await get('/v1/fleet/happenings')
    const said = whole.map(({ kind, what, key }: Record<string, string>) => `${kind} ${what} ${key}`)
    expect(said).toEqual(
      expect.arrayContaining(['device enrolled far-1', 'device retired retired-1', 'model registered demand']),
    )
    const times = whole.map(({ at }: { at: number }) => at)
    expect(times).toEqual([...times].sort((a, b) => b - a))
    const paged: unknown[] = []
    let cursor: string | undefined
    do {
      const { items, next } = await get(`/v1/fleet/happenings?limit=4${cursor ? `&cursor=${cursor}` : ''}`)
      paged.push(...items)
      cursor = next
    } while (cursor)
    expect(paged).toEqual(whole)
    expect(JSON.stringify(await get('/v1/fleet/happenings', eu))).not.toContain('far-1')
    expect((await get(`/v1/fleet/happenings?to=${NOW - 30 * HOUR}`)).items).toEqual([])
  })
})

describe('many devices at once', () => {
  const act = (json: object, token?: string) =>
    server.call('POST', '/v1/devices/actions', { json, ...(token !== undefined && { token }) })
  const label = { kind: 'label', set: { wave: '1' }, remove: ['note'] }

  it('are labelled as the preview said', async () => {
    const devices = ['far-1', 'operational-1', 'retired-1']
    const preview = await act({ devices, action: label, dryRun: true })
    expect(preview.body.items).toEqual([
      {
        ...{ device: 'far-1', outcome: 'changed', reason: null },
        ...{ before: { tier: 'lab', note: '100%_odd' }, after: { tier: 'lab', wave: '1' } },
      },
      { device: 'operational-1', outcome: 'changed', reason: null, before: {}, after: { wave: '1' } },
      { device: 'retired-1', outcome: 'refused', reason: expect.any(String), before: {}, after: {} },
    ])
    expect((await get('/v1/devices/far-1')).labels).toEqual({ tier: 'lab', note: '100%_odd' })
    const done = await act({ devices, action: label, dryRun: false })
    expect(done.body.items).toEqual(preview.body.items)
    expect((await get('/v1/devices/far-1')).labels).toEqual({ tier: 'lab', wave: '1' })
    const again = await act({ devices, action: label, dryRun: false })
    expect(again.body.items.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      'unchanged',
      'unchanged',
      'refused',
    ])
    const { items } = await get('/v1/audit?order=newest&limit=1')
    expect(items[0].entry).toMatchObject({ action: 'POST /v1/devices/actions', request: { body: { dryRun: false } } })
  })

  it('lose their tokens, and are asked for what they have to say', async () => {
    const enrolled = await server.call('POST', '/v1/devices', { json: { id: 'lost', site: 'berlin' } })
    const own = () => server.call('GET', '/v1/self', { token: enrolled.body.token })
    expect((await own()).status).not.toBe(401)
    await act({ devices: ['lost'], action: { kind: 'revoke' }, dryRun: true })
    expect((await own()).status).not.toBe(401)
    await act({ devices: ['lost'], action: { kind: 'revoke' }, dryRun: false })
    expect((await own()).status).toBe(401)
    await act({ devices: ['soaking'], action: { kind: 'support-bundle' }, dryRun: true })
    expect((await get('/v1/devices/soaking/support-bundles')).items).toEqual([])
    await act({ devices: ['soaking'], action: { kind: 'support-bundle' }, dryRun: false })
    expect((await get('/v1/devices/soaking/support-bundles')).items).toHaveLength(1)
  })

  it('are all left alone where one is not there, or lies beyond', async () => {
    const devices = ['operational-1', 'far-1']
    const beyond = await act({ devices, action: { ...label, set: { wave: '2' } }, dryRun: false }, eu)
    expect([beyond.status, beyond.body.code]).toEqual([403, 'beyond-limit'])
    const absent = await act({ devices: ['operational-1', 'nobody'], action: label, dryRun: false })
    expect([absent.status, absent.body.code]).toEqual([404, 'device-unknown'])
    expect((await get('/v1/devices/operational-1')).labels).toEqual({ wave: '1' })
    expect((await act({ devices, action: { kind: 'label' }, dryRun: true })).body.code).toBe('bulk-nothing')
  })

  it('may carry so many labels and no more', () => {
    const labels = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`l${i}`, '']))
    const of = { id: 'a', labels, retired: false }
    expect(outcomeOf(of, { kind: 'label', set: { one: 'more' }, remove: [] }).outcome).toBe('refused')
    expect(outcomeOf(of, { kind: 'label', set: { one: 'more' }, remove: ['l0'] }).outcome).toBe('changed')
  })
})

it('keeps everybody’s own views', async () => {
  const put = await server.call('PUT', '/v1/views/devices/broken', { json: { search: 'state=reduced' } })
  expect([put.status, put.body]).toEqual([
    200,
    { page: 'devices', name: 'broken', search: 'state=reduced', updatedAt: expect.any(Number) },
  ])
  expect((await get('/v1/views/devices')).items.map(({ name }: { name: string }) => name)).toEqual(['broken'])
  expect((await get('/v1/views/rollouts')).items).toEqual([])
  expect((await server.call('DELETE', '/v1/views/devices/broken')).status).toBe(204)
  expect((await server.call('DELETE', '/v1/views/devices/broken')).body.code).toBe('view-unknown')
})
