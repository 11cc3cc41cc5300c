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
  // The rules stay unasked: they would find that the alerts have none.
  const alerts = { everySeconds: 3600, mailFrom: 'cloud@example.com', keepDays: null }
  server = await testCloud({ clock: { now: () => NOW } }, { alerts })
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

describe('one device', () => {
  const story = async (device: string, query = '', token?: string) => {
    const { items } = await get(`/v1/fleet/happenings?device=${device}${query}`, token)
    return items as Record<string, string>[]
  }
  const said = (items: readonly Record<string, string>[]) =>
    items.map(({ kind, what, detail, who }) => [kind, what, detail, who].filter(Boolean).join(': '))
  let viewer: string

  beforeAll(async () => {
    const { pool } = server
    const ok = async (method: string, path: string, json: object) => {
      const { status, body } = await server.call(method, path, { json })
      expect([path, status, body?.code]).toEqual([path, expect.any(Number), undefined])
      return body
    }
    viewer = (await ok('POST', '/v1/tokens', { name: 'viewer', roles: ['viewer'], limit: {} })).secret
    await ok('POST', '/v1/devices', { id: 'troubled', site: 'berlin' })
    await ok('PUT', '/v1/devices/troubled/labels', { tier: 'lab' })
    const many = {
      devices: ['troubled', 'soaking'],
      action: { kind: 'label', set: { wave: '9' }, remove: [] },
      dryRun: false,
    }
    await ok('POST', '/v1/devices/actions', many)
    await ok('POST', '/v1/devices/actions', { ...many, dryRun: true })
    await ok('POST', '/v1/devices/troubled/support-bundles', {})
    // As its parts of the cloud leave it, an hour apart.
    await pool.query(
      `INSERT INTO events (device, id, at, severity, code, message, detail, epoch, seq, received_at)
       SELECT 'troubled', gen_random_uuid(), $1 - n * 3600000::int8, 'warning', 'log', 'complaint ' || n, '{"times": 2}', 1, n, $1
       FROM generate_series(1, 9) n`,
      [NOW],
    )
    await pool.query(
      `INSERT INTO alerts (rule, subject, site, state, severity, labels, summary, since, fired_at, acknowledged_at, acknowledged_by,
         note, resolved_at)
       VALUES ('hot', 'troubled', 'berlin', 'resolved', 'warning', '{"device": "troubled"}', 'too hot', $1::int8, $1::int8, $1::int8 + 1, 'anna', 'on it', $1::int8 + 2)`,
      [NOW - 20 * HOUR],
    )
    const task = await pool.query<{ id: number }>(
      `INSERT INTO stewardship_tasks (device, site, sensor, dimension, state, threshold, score, worst, opened_at, scored_at)
       VALUES ('troubled', 'berlin', 'fridge', 'movement', 'open', 0.8, 0.1, 0.1, $1, $1) RETURNING id`,
      [NOW - 21 * HOUR],
    )
    await pool.query(
      `INSERT INTO stewardship_history (task, at, who, action, note) VALUES ($1, $2::int8, NULL, 'opened', '10 %'), ($1, $2::int8 + 1, 'bob', 'commented', 'I go there')`,
      [task.rows[0]!.id, NOW - 21 * HOUR],
    )
    await pool.query(
      `INSERT INTO device_certificates (serial, device, key_hash, issued_at, expires_at, pem)
       VALUES ('b2', 'troubled', '', $1::int8, $2, ''), ('a1', 'troubled', '', $1::int8 - 1000, $2, '')`,
      [NOW - 22 * HOUR, Date.UTC(2026, 5, 1)],
    )
    await pool.query(
      `INSERT INTO revocations (serial, device, revoked_at, expires_at, reason) VALUES ('a1', 'troubled', $1, $2, 'replaced by an enrolment')`,
      [NOW - 21.5 * HOUR, Date.UTC(2026, 5, 1)],
    )
    await pool.query(
      `INSERT INTO device_epochs (device, epoch, db_id, reason, quarantined, opened_at, link, runs, base, floor, highest)
       VALUES ('troubled', 1, gen_random_uuid(), 'first-contact', false, $1::int8, 1, '[]', 0, 0, 0),
         ('troubled', 2, gen_random_uuid(), 'restored-image', false, $1::int8 + 1, 1, '[]', 0, 0, 0)`,
      [NOW - 23 * HOUR],
    )
    await pool.query(
      `INSERT INTO device_absences (device, began_at, back_at, times, away_ms)
       VALUES ('troubled', $1::int8, $1::int8, 0, 0), ('troubled', $1::int8 + 1000, $1::int8 + 181000, 1, 180000),
         ('troubled', $1::int8 + 7200000, $1::int8 + 16200000, 14, 1260000)`,
      [NOW - 40 * HOUR],
    )
    await pool.query(`UPDATE devices SET online = false, presence_at = $1 WHERE id = 'troubled'`, [NOW - 2 * HOUR])
    await pool.query(
      `INSERT INTO gaps (device, epoch, cause, first_seq, last_seq, noticed_at) VALUES ('troubled', 2, 'dropped', 3, 14, $1)`,
      [NOW - 24 * HOUR],
    )
  }, 60_000)

  it('has one story of all that concerns it, and of nothing else', async () => {
    const items = await story('troubled')
    expect(said(items)).toEqual(
      expect.arrayContaining([
        'device: enrolled',
        expect.stringMatching(/^device: labelled: none → tier=lab: token:/),
        expect.stringMatching(/^device: labelled: tier=lab → tier=lab, wave=9: token:/),
        'device: restored-image',
        'certificate: issued: until 2026-06-01',
        'certificate: renewed: until 2026-06-01',
        'certificate: withdrawn: replaced by an enrolment',
        'alert: fired: too hot',
        'alert: acknowledged: on it: anna',
        'alert: resolved: too hot',
        'task: opened: 10 %',
        'task: commented: I go there: bob',
        'event: log: complaint 1 (times 2)',
        'gap: dropped: 12 records',
        'connection: connected: for the first time',
        'connection: connected: after 3 min away',
        'connection: went-away: first of 14 times',
        'connection: connected: 14 times away within 2.5 h, 21 min of it',
        'connection: went-away: not back yet',
        expect.stringMatching(/^support: asked: waits for the device: token:/),
      ]),
    )
    // A preview changes nothing, and a first hello says no more than the enrolment did.
    expect(said(items).filter((one) => one.includes('wave=9'))).toHaveLength(1)
    expect(JSON.stringify(items)).not.toContain('first-contact')
    expect(said(items).filter((one) => one.startsWith('connection'))).toHaveLength(6)
    const times = items.map(({ at }) => Number(at))
    expect(times).toEqual([...times].sort((a, b) => b - a))
    expect(await story('quarantined-1')).toEqual([
      expect.objectContaining({ kind: 'device', what: 'enrolled' }),
      expect.objectContaining({ kind: 'device', what: 'fork' }),
    ])
  })

  it('is told by pages and by kinds as in one', async () => {
    const whole = await story('troubled')
    const paged: unknown[] = []
    let cursor: string | undefined
    do {
      const { items, next } = await get(
        `/v1/fleet/happenings?device=troubled&limit=2${cursor ? `&cursor=${cursor}` : ''}`,
      )
      paged.push(...items)
      cursor = next
    } while (cursor)
    expect(paged).toEqual(whole)
    const some = await story('troubled', '&kind=alert,task')
    expect(some).toEqual(whole.filter(({ kind }) => kind === 'alert' || kind === 'task'))
    expect(some).toHaveLength(5)
    expect((await server.call('GET', '/v1/fleet/happenings?kind=weather')).body.code).toBe('invalid-request')
  })

  it('tells nobody more than they may see elsewhere', async () => {
    const seen = await story('troubled', '', viewer)
    // Who did what is the audit log's, and bundles are for those who ask for them.
    expect(said(seen).some((one) => /labelled|^support/.test(one))).toBe(false)
    expect(said(seen)).toContain('event: log: complaint 1 (times 2)')
    expect((await story('far-1')).length).toBeGreaterThan(0)
    expect(await story('far-1', '', eu)).toEqual([])
    expect(await story('nobody')).toEqual([])
  })

  it('says who took it out of service, to those who may know', async () => {
    expect((await server.call('DELETE', '/v1/devices/troubled')).status).toBe(200)
    const retired = async (token?: string) =>
      (await story('troubled', '&kind=device', token)).find(({ what }) => what === 'retired')
    expect((await retired())?.who).toMatch(/^token:/)
    expect(await retired(viewer)).toMatchObject({ who: null })
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

it('keeps no more than 200 views of one person, however many come at once', async () => {
  const search = { json: { search: '' } }
  for (let i = 0; i < 199; i++) await server.call('PUT', `/v1/views/audit/v${i}`, search)
  const last = ['a', 'b', 'c', 'd', 'e', 'f']
  const answers = await Promise.all(last.map((name) => server.call('PUT', `/v1/views/audit/${name}`, search)))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(answers.filter(({ body }) => body.code === 'views-too-many')).toHaveLength(5)
  expect((await server.call('PUT', '/v1/views/audit/v0', search)).status).toBe(200)
})
