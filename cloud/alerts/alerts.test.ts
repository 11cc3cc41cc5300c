import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { AlertRoute, AlertRule } from '@storecast/shared/contracts'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { testRoute, testRule } from '../test/alert-documents.ts'
import { type TestCloud, testCloud } from '../test/cloud.ts'
import { type TestReceiver, testReceiver } from '../test/receiver.ts'

const MINUTE = 60_000
const stack = new AsyncDisposableStack()
let now = Date.UTC(2026, 0, 1)
let server: TestCloud
let call: TestCloud['call']
let receiver: TestReceiver
const mails: string[] = []

beforeAll(async () => {
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: ({ address }, _session, done) =>
      address.startsWith('nobody') ? done(Object.assign(new Error('no such box'), { responseCode: 550 })) : done(),
    onData(stream, _session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        mails.push(Buffer.concat(chunks).toString())
        done()
      })
    },
  })
  const listening = smtp.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  stack.defer(() => new Promise<void>((resolve) => void smtp.close(resolve)))
  const { port } = listening.address() as AddressInfo
  server = stack.use(
    await testCloud(
      { clock: { now: () => now } },
      {
        alerts: { everySeconds: 0.05, mailFrom: 'storecast@example.com', keepDays: 100 },
        secrets: { smtpUrl: `smtp://127.0.0.1:${port}`, named: { 'pager-key': 'k'.repeat(32) } },
      },
    ),
  )
  call = server.call
  for (const [site, region] of [
    ['berlin', 'eu'],
    ['boston', 'us'],
  ] as const) {
    await call('PUT', `/v1/sites/${site}`, { json: { timeZone: 'UTC', labels: { region } } })
    for (const n of [1, 2]) await call('POST', '/v1/devices', { json: { id: `${site}-${n}`, site } })
  }
})
afterAll(() => stack.disposeAsync())

beforeEach(async () => {
  for (const { document } of (await call('GET', '/v1/alert-rules')).body.items) await remove('rules', document)
  for (const document of (await call('GET', '/v1/alert-routes')).body.items) await remove('routes', document)
  await vi.waitFor(async () => expect(await alerts('?state=firing')).toEqual([]))
  // What is still under way of the test before goes to its own.
  receiver = stack.use(await testReceiver())
  await online('berlin-1', 'berlin-2', 'boston-1', 'boston-2')
})

const put = (kind: 'rules' | 'routes', document: AlertRule | AlertRoute) =>
  call('PUT', `/v1/alert-${kind}/${document.metadata.name}`, { json: document })
const remove = (kind: 'rules' | 'routes', { metadata }: { metadata: { name: string } }) =>
  call('DELETE', `/v1/alert-${kind}/${metadata.name}`)
const alerts = async (query = ''): Promise<Record<string, unknown>[]> =>
  (await call('GET', `/v1/alerts${query}`)).body.items
/** By rows: what presence does to them is for other tests. */
const setOnline = (devices: readonly string[], value: boolean) =>
  server.pool.query('UPDATE devices SET online = $2 WHERE id = ANY($1)', [devices, value])
const online = (...devices: string[]) => setOnline(devices, true)
const away = (...devices: string[]) => setOnline(devices, false)
const webhook = (path = '/hook') =>
  testRoute({ type: 'webhook', firing: { url: receiver.url + path }, resolved: { url: receiver.url + path } })
const told = () => receiver.taken.map(({ body }) => `${body.rule} ${body.subject} ${body.status}`)
/** Rules were asked once more, and routes told what follows. */
const looked = async () => {
  const [before] = (await call('GET', '/v1/alert-rules')).body.items
  now += 1
  await vi.waitFor(async () => {
    const [after] = (await call('GET', '/v1/alert-rules')).body.items
    expect(after.askedAt).toBeGreaterThan(before.askedAt ?? 0)
  })
}

describe('alerts', () => {
  it('wait, fire, reach the route, are taken up, and end; each is told once', async () => {
    await put('routes', webhook())
    await put('rules', testRule({ for: '10m', severity: 'critical', labels: { team: 'shops' } }))
    await away('berlin-1')
    await vi.waitFor(async () =>
      expect(await alerts('?state=pending')).toMatchObject([{ subject: 'berlin-1', since: now }]),
    )
    now += 9 * MINUTE
    await looked()
    expect(receiver.heard).toEqual([])
    now += MINUTE
    await vi.waitFor(() => expect(told()).toEqual(['device-away berlin-1 firing']))
    const [alert] = await alerts('?state=firing')
    expect(alert).toMatchObject({
      ...{ rule: 'device-away', site: 'berlin', severity: 'critical', summary: 'berlin-1 is away' },
      labels: { region: 'eu', site: 'berlin', device: 'berlin-1', team: 'shops' },
    })
    const taken = await call('POST', `/v1/alerts/${alert!.id}/acknowledge`, { json: { note: 'on my way' } })
    expect(taken.body).toMatchObject({ acknowledgedBy: expect.stringMatching(/^token:/), note: 'on my way' })
    await online('berlin-1')
    await vi.waitFor(() => expect(told()).toEqual(['device-away berlin-1 firing', 'device-away berlin-1 resolved']))
    expect(await call('POST', `/v1/alerts/${alert!.id}/acknowledge`, { json: {} })).toMatchObject({
      status: 409,
      body: { code: 'alert-over' },
    })
    await looked()
    expect(receiver.heard).toHaveLength(2)
    await vi.waitFor(async () =>
      expect((await call('GET', `/v1/alerts/${alert!.id}/notifications`)).body.items).toMatchObject([
        { route: 'all', status: 'firing', state: 'sent', nextAt: null, error: null },
        { route: 'all', status: 'resolved', state: 'sent', nextAt: null },
      ]),
    )
  })

  it('that ended long ago are dropped with what was told of them, as are silences', async () => {
    await put('rules', testRule({}))
    // In one statement: the cloud may drop old ones at any time.
    const { rows } = await server.pool.query<{ id: number }>(
      `WITH ended AS (
         INSERT INTO alerts (rule, subject, severity, labels, summary, state, since, resolved_at)
         SELECT 'device-away', 'old', 'warning', '{}', '', 'resolved', 0, $1::int8 - days * 86400000::int8
         FROM unnest(ARRAY[99, 101]) WITH ORDINALITY AS ended(days, place) ORDER BY place RETURNING id)
       INSERT INTO alert_notifications (alert, route, status, state, created_at)
       SELECT id, 'all', 'resolved', 'sent', 0 FROM ended ORDER BY id RETURNING alert AS id`,
      [now],
    )
    const [kept, dropped] = rows.map(({ id }) => id)
    const silences = 'SELECT comment FROM alert_silences WHERE comment = ANY($1) ORDER BY comment'
    await server.pool.query(
      `INSERT INTO alert_silences (labels, starts_at, ends_at, created_by, comment)
       SELECT '{"a": "b"}', 0, $1::int8 - days * 86400000::int8, 'anna', days || ' days ago' FROM unnest(ARRAY[99, 101]) days`,
      [now],
    )
    await looked()
    await vi.waitFor(async () => expect((await call('GET', `/v1/alerts/${dropped}`)).status).toBe(404))
    const comments = [['99 days ago', '101 days ago']]
    await vi.waitFor(async () =>
      expect((await server.pool.query(silences, comments)).rows).toEqual([{ comment: '99 days ago' }]),
    )
    expect((await call('GET', `/v1/alerts/${kept}`)).body.state).toBe('resolved')
    const left = 'SELECT alert FROM alert_notifications WHERE alert = ANY($1)'
    expect((await server.pool.query(left, [[kept, dropped]])).rows).toEqual([{ alert: kept }])
  })

  it('of devices are one alert where their region is away', async () => {
    await put('routes', webhook())
    await put(
      'rules',
      testRule(
        { subject: 'region', when: 'region.offlineShare >= 1.0', summary: 'All of {{region.region}} is away' },
        'region-away',
      ),
    )
    await put('rules', testRule({ inhibitedBy: [{ rule: 'region-away', equal: ['region'] }] }))
    await away('berlin-1', 'berlin-2', 'boston-1')
    await vi.waitFor(() => expect(told().sort()).toEqual(['device-away boston-1 firing', 'region-away eu firing']))
    const parent = (await alerts('?rule=region-away'))[0]!
    expect(await alerts('?rule=device-away&state=firing&site=berlin')).toMatchObject([
      { inhibitedBy: parent.id },
      { inhibitedBy: parent.id },
    ])
    await online('berlin-2') // The region is back; one device is not, and is told of now.
    await vi.waitFor(() => expect(told()).toContain('device-away berlin-1 firing'))
    expect(told()).not.toContain('device-away berlin-2 firing')
  })

  it('are silenced by their labels for a time', async () => {
    await put('routes', webhook())
    const silence = await call('POST', '/v1/silences', {
      json: { labels: { rule: 'device-away', region: 'eu' }, endsAt: now + MINUTE, comment: 'works on the line' },
    })
    expect(silence.status).toBe(201)
    await put('rules', testRule())
    await away('berlin-1', 'boston-1')
    await vi.waitFor(() => expect(told()).toEqual(['device-away boston-1 firing']))
    expect(await alerts('?state=firing&site=berlin')).toMatchObject([{ silencedBy: silence.body.id }])
    expect((await call('GET', '/v1/silences')).body.items).toMatchObject([{ comment: 'works on the line' }])
    expect((await call('DELETE', `/v1/silences/${silence.body.id}`)).body.endsAt).toBe(now)
    await vi.waitFor(() => expect(told()).toContain('device-away berlin-1 firing'))
    expect(
      await call('POST', '/v1/silences', { json: { labels: { a: 'b' }, endsAt: now, comment: 'x' } }),
    ).toMatchObject({
      status: 400,
      body: { code: 'silence-span' },
    })
    expect((await call('POST', '/v1/silences', { json: { labels: {}, endsAt: now + 1, comment: 'x' } })).status).toBe(
      400,
    )
  })

  it('go to the routes that want them, and are tried again until they are taken', async () => {
    receiver.answer(503, { 'retry-after': '0' })
    await put('routes', webhook())
    await put('routes', {
      ...testRoute({ type: 'slack', url: `${receiver.url}/slack` }, { match: "alert.severity == 'info'" }, 'infos'),
    })
    await put('rules', testRule())
    await away('berlin-1')
    await vi.waitFor(() => expect(receiver.heard.length).toBeGreaterThan(1))
    const [alert] = await alerts('?state=firing')
    const notifications = async () => (await call('GET', `/v1/alerts/${alert!.id}/notifications`)).body.items
    expect(await notifications()).toMatchObject([
      { route: 'all', state: 'queued', error: expect.stringContaining('answered 503: the receiver says no') },
    ])
    receiver.answer(200)
    await vi.waitFor(() => expect(told()).toEqual(['device-away berlin-1 firing']), { timeout: 30_000 })
    expect(receiver.heard.every(({ path }) => path === '/hook')).toBe(true)
  })

  it('that a receiver refuses are kept as failed with its word, and sent again when asked to', async () => {
    receiver.answer(400)
    await put('routes', webhook())
    await put('rules', testRule())
    await away('berlin-1')
    const notifications = async () => {
      const [alert] = await alerts('?state=firing')
      return alert ? (await call('GET', `/v1/alerts/${alert.id}/notifications`)).body.items : []
    }
    await vi.waitFor(async () => expect(await notifications()).toMatchObject([{ state: 'failed', nextAt: null }]))
    const [failed] = await notifications()
    expect(failed.error).toMatch(/^127\.0\.0\.1:\d+ answered 400: the receiver says no$/)
    receiver.answer(200)
    expect((await call('POST', `/v1/alert-notifications/${failed.id}/send`)).body.state).toBe('queued')
    await vi.waitFor(() => expect(told()).toEqual(['device-away berlin-1 firing']))
    await vi.waitFor(async () => expect(await notifications()).toMatchObject([{ state: 'sent' }]))
    expect(await call('POST', `/v1/alert-notifications/${failed.id}/send`)).toMatchObject({
      status: 409,
      body: { code: 'notification-not-failed' },
    })
  })

  it('go to PagerDuty with a key that no document holds; a secret that is not there is named', async () => {
    await put(
      'routes',
      testRoute({ type: 'pagerduty', url: `${receiver.url}/pd`, routingKey: { secret: 'pager-key' } }),
    )
    await put('routes', testRoute({ type: 'slack', url: { secret: 'slack-url' } }, {}, 'chat'))
    await put('rules', testRule())
    await away('berlin-1')
    await vi.waitFor(() =>
      expect(receiver.taken).toMatchObject([{ path: '/pd', body: { routing_key: 'k'.repeat(32) } }]),
    )
    const [alert] = await alerts('?state=firing')
    await put('routes', testRoute({ type: 'slack', url: { secret: 'pager-key' } }, {}, 'no-url'))
    await vi.waitFor(async () =>
      expect((await call('GET', `/v1/alerts/${alert!.id}/notifications`)).body.items).toContainEqual(
        expect.objectContaining({
          ...{ route: 'no-url', state: 'failed' },
          error: expect.stringMatching(/^The receiver has no URL of http or https(?!.*kkk)/),
        }),
      ),
    )
    await vi.waitFor(async () =>
      expect((await call('GET', `/v1/alerts/${alert!.id}/notifications`)).body.items).toContainEqual(
        expect.objectContaining({
          route: 'chat',
          state: 'failed',
          error: expect.stringContaining('STORECAST_SECRET_SLACK_URL_FILE'),
        }),
      ),
    )
  })

  it('go out by mail; what the server refuses for good is not tried again', async () => {
    await put('routes', testRoute({ type: 'email', to: ['ops@example.com'] }))
    await put('routes', testRoute({ type: 'email', to: ['nobody@example.com'] }, {}, 'wrong'))
    await put('rules', testRule())
    await away('berlin-1')
    await vi.waitFor(() => expect(mails.join('')).toContain('Subject: [warning] device-away: berlin-1 is away'))
    const [alert] = await alerts('?state=firing')
    await vi.waitFor(async () =>
      expect((await call('GET', `/v1/alerts/${alert!.id}/notifications`)).body.items).toContainEqual(
        expect.objectContaining({
          route: 'wrong',
          state: 'failed',
          attempts: 1,
          error: expect.stringContaining('550'),
        }),
      ),
    )
  })
})

describe('rules and routes', () => {
  it('are put, shown and removed; what can never be evaluated is refused with its place', async () => {
    expect(await put('rules', testRule({ when: 'devise.online' }))).toMatchObject({
      status: 400,
      body: { code: 'alert-expression', detail: expect.stringContaining('spec.when: there is no "devise"') },
    })
    expect(await put('rules', testRule({ summary: '{{device.id' }))).toMatchObject({ status: 400 })
    const long = { ...testRule(), spec: { ...testRule().spec, over: '32d' } }
    expect(await put('rules', long)).toMatchObject({ status: 400 })
    expect(await call('POST', '/v1/alert-rule-evaluations', { json: long })).toMatchObject({ status: 400 })
    const bad = testRoute({ type: 'webhook', firing: { url: 'https://a.example', body: { a: ['{{nobody}}'] } } })
    expect(await put('routes', bad)).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('spec.receiver.firing.body') },
    })
    expect((await put('rules', testRule())).body).toMatchObject({ document: testRule(), error: null })
    expect((await call('PUT', '/v1/alert-rules/other', { json: testRule() })).body.code).toBe('document-name')
    expect((await remove('rules', testRule())).status).toBe(204)
    expect((await remove('rules', testRule())).body.code).toBe('alert-rule-unknown')
  })

  it('say what cannot be told, and of how many a rule would be true', async () => {
    await away('berlin-1')
    const rule = testRule({ when: "device.models['demand'].active > 1 || !device.online" })
    await put('rules', rule)
    await vi.waitFor(async () =>
      expect((await call('GET', '/v1/alert-rules/device-away')).body.error).toMatch(
        /^berlin-2: when cannot be evaluated/,
      ),
    )
    expect((await call('POST', '/v1/alert-rule-evaluations', { json: rule })).body).toMatchObject({
      ...{ subjects: 4, true: 1, unknown: 3 },
      conditions: [{ subject: 'berlin-1', summary: 'berlin-1 is away' }],
    })
  })
})

describe('what rules look at', () => {
  const see = async (spec: object) =>
    (await call('POST', '/v1/alert-rule-evaluations', { json: testRule({ when: 'true', ...spec }) })).body
  const summaries = async (spec: object) =>
    (await see(spec)).conditions.map(({ summary }: { summary: string }) => summary)

  it('are devices with what they said and what came of it', async () => {
    await server.pool.query(
      `INSERT INTO events (device, id, at, severity, code, message, detail, epoch, seq, received_at)
       SELECT 'berlin-1', gen_random_uuid(), $1, 'warning', 'readings-dropped', '', '{}', 1, n, $1 FROM generate_series(1, 3) n`,
      [now - MINUTE],
    )
    expect(
      await summaries({
        summary: '{{device.id}} {{device.events}} {{device.silentSeconds >= 0.0}} {{device.backlog}}',
      }),
    ).toContain('berlin-1 {"readings-dropped":3} true 0')
    expect(await summaries({ match: "'readings-dropped' in device.events", over: '30s', summary: 'x' })).toEqual([])
  })

  it('are regions and the fleet', async () => {
    await away('boston-1')
    expect(
      await summaries({ subject: 'region', summary: '{{region.region}} {{region.online}}/{{region.devices}}' }),
    ).toEqual(['eu 2/2', 'us 1/2'])
    expect(
      await summaries({ subject: 'fleet', summary: '{{fleet.offline}} of {{fleet.devices}}, {{fleet.offlineShare}}' }),
    ).toEqual(['1 of 4, 0.25'])
  })

  it('are sensors in their unit, by the site’s definition', async () => {
    const sensors = [{ name: 'fridge', kind: 'gauge', unit: '°C', resolution: 0.1, range: [-40, 60], interval: 60 }]
    await call('PUT', '/v1/sites/berlin', { json: { timeZone: 'UTC', labels: { region: 'eu' }, sensors } })
    await server.pool.query(
      `WITH s AS (INSERT INTO series (device, sensor, entity) VALUES ('berlin-1', 'fridge', '') RETURNING id)
       INSERT INTO windows SELECT id, $1, $2, 1, 4, 360, 85, 95, 92, '', 1, 0, 2, 0, 0, 1, 1, $2 FROM s`,
      [now - 10 * MINUTE, now - 5 * MINUTE],
    )
    const rule = { subject: 'sensor', match: "sensor.name == 'fridge'", when: 'sensor.mean > 8.0' }
    expect(
      await summaries({
        ...rule,
        summary: '{{sensor.mean}} {{sensor.unit}} {{sensor.max}} {{sensor.completeness}} {{sensor.outOfRange}}',
      }),
    ).toEqual(['9 °C 9.5 0.8571428571428571 2'])
    expect(await summaries({ ...rule, over: '2m', summary: 'x' })).toEqual([])
  })

  it('are forecasts by site, model and version', async () => {
    await server.pool.query(
      `INSERT INTO forecasts (device, model, version, entity, issued_at, start_at, end_at, quantiles, mean, baseline, scored_at,
         actual, censored, epoch, seq, received_at)
       SELECT 'berlin-1', 'demand', 2, 'p' || n, $1::int8, $1, $1 + 1, '{5, 8, 12}', 8, 5, $1, 10, false, 1, n, $1 FROM generate_series(1, 5) n`,
      [now - 60 * MINUTE],
    )
    expect(
      await summaries({
        subject: 'forecast',
        when: 'forecast.wape < forecast.baselineWape',
        summary:
          '{{forecast.site}} {{forecast.model}} {{forecast.version}} {{forecast.rows}} {{forecast.wape}} {{forecast.baselineWape}}',
      }),
    ).toEqual(['berlin demand 2 5 0.2 0.5'])
  })

  it('are stewardship tasks, until they are closed', async () => {
    await server.pool.query(
      `INSERT INTO stewardship_tasks (device, site, sensor, dimension, state, threshold, score, worst, opened_at, scored_at, closed_at)
       VALUES ('berlin-1', 'berlin', 'fridge', 'movement', 'open', 0.8, 0.25, 0.2, $1, $1, NULL),
         ('berlin-1', 'berlin', 'fridge', 'clock', 'closed', 0.9, 1, 0, $1, $1, $1)`,
      [now - 2 * 60 * MINUTE],
    )
    const summary =
      '{{task.sensor}} {{task.dimension}} {{task.score}} {{task.worst}} {{task.ageSeconds}} {{labels.region}}'
    expect(await summaries({ subject: 'task', when: 'task.score < task.threshold', summary })).toEqual([
      'fridge movement 0.25 0.2 7200 eu',
    ])
  })

  it('are what the newest run found of drift, by device, label and fleet', async () => {
    const run = async (psi: number) =>
      server.pool.query(
        `WITH run AS (INSERT INTO monitoring_runs (job, state, created_at, finished_at)
             VALUES (gen_random_uuid(), 'succeeded', $1, $1) RETURNING id)
         INSERT INTO drift (run, scope, name, kind, model, version, column_name, from_at, to_at, devices, rows, effective,
             statistics, verdict)
         SELECT id, scope, name, 'feature', 'demand', 2, feature, 0, 1, 1, 1, 1,
           jsonb_build_object('psi', jsonb_build_object('value', psi)), verdict
         FROM run, (VALUES ('device', 'berlin-1', 'mean7', $2::float8, 'drift'), ('device', 'berlin-1', 'price', 2 * $2, 'drift'),
             ('device', 'berlin-1', 'rain', 0, 'stable'), ('device', 'berlin-1', 'wind', 0, 'insufficient'),
             ('region', 'eu', 'mean7', 0, 'stable')) AS found (scope, name, feature, psi, verdict)`,
        [now - 60 * MINUTE, psi],
      )
    const ask = () =>
      summaries({
        ...{ subject: 'drift', when: 'drift.compared > 0.0' },
        summary:
          '{{drift.scope}} {{labels.region}} {{drift.model}} {{drift.drifted}}/{{drift.compared}} {{drift.columns}} {{drift.psi}}',
      })
    await run(0.25)
    expect(await ask()).toEqual(['device eu demand 2/3 ["price","mean7"] 0.5', 'region eu demand 0/1 [] null'])
    await run(0.5)
    expect((await ask())[0]).toBe('device eu demand 2/3 ["price","mean7"] 1')
  })

  it('are rollouts', async () => {
    expect(
      await see({ subject: 'rollout', when: "rollout.state == 'failed'", summary: '{{rollout.name}}' }),
    ).toMatchObject({
      subjects: 0,
      error: null,
    })
  })
})
