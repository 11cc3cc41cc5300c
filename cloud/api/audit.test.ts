import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { checkChain } from '../audit/chain.ts'
import { testBundle, testDefinition } from '../test/bundle.ts'
import { type Call, type TestCloud, testCloud } from '../test/cloud.ts'

let server: TestCloud
let call: TestCloud['call']
/** Strangers get so many entries a minute: each route is called in a minute of its own. */
let later = 0
beforeAll(async () => {
  server = await testCloud({ clock: { now: () => Date.now() + later } })
  call = server.call
})
afterAll(() => server[Symbol.asyncDispose]())

interface Row {
  readonly number: number
  readonly hash: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes.
  readonly entry: any
}
const head = async (): Promise<number> => (await call('GET', '/v1/audit/head')).body.number
const allSince = async (number: number): Promise<Row[]> =>
  (await call('GET', `/v1/audit?order=oldest&limit=500&cursor=${number}`)).body.items
/** Entries of calls: what the cloud does to a rollout by itself comes when it comes. */
const since = async (number: number): Promise<Row[]> =>
  (await allSince(number)).filter(({ entry }) => entry.actor.id !== 'rollouts')

/** Every mutating route of the OpenAPI document, as `PUT /v1/sites/:site`. */
async function mutatingRoutes(): Promise<[method: string, route: string][]> {
  const { body } = await call('GET', '/v1/openapi.json', { token: null })
  return Object.entries<object>(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => !['get', 'head', 'options'].includes(method))
      .map((method): [string, string] => [method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ':$1')]),
  )
}

it('leaves an entry for every mutating route, called by a stranger, by an operator, and with what cannot be read', async () => {
  const routes = await mutatingRoutes()
  expect(routes.length).toBeGreaterThan(15)
  for (const [method, route] of routes) {
    later += 60_000
    const path = route.replaceAll(/:\w+/g, '1')
    const calls: Call[] = [
      { token: null },
      { token: 'guess' },
      { json: { nonsense: 'x' } },
      { bytes: new TextEncoder().encode('{"id":'), headers: { 'content-type': 'application/json' } },
    ]
    for (const one of calls) {
      const before = await head()
      const { status, body } = await call(method, path, one)
      const [row, ...more] = await since(before)
      expect([row?.entry.action, more], `${method} ${route} answered ${status}`).toEqual([`${method} ${route}`, []])
      expect(row!.entry).toMatchObject({
        subject: path,
        decision: status < 300 ? 'allowed' : status === 401 || status === 403 ? 'denied' : 'failed',
        actor: { from: '127.0.0.1' },
        ...(status >= 400 && { code: body.code, message: body.detail }),
      })
    }
  }
})

it('leaves an entry also for a body that nests too deep to be written down', async () => {
  const depth = 200_000
  const text = `{"gate":"rollout","model":"models:/demand/1","selector":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`
  const before = await head()
  const { status } = await call('POST', '/v1/policy-evaluations', {
    bytes: new TextEncoder().encode(text),
    headers: { 'content-type': 'application/json' },
  })
  expect(status).toBeGreaterThanOrEqual(400)
  expect((await since(before)).map((row) => [row.entry.action, row.entry.decision])).toEqual([
    ['POST /v1/policy-evaluations', 'failed'],
  ])
})

it('is asked for what was called, with what lies below it', async () => {
  for (const site of ['attic', 'attic-2']) {
    expect((await call('PUT', `/v1/sites/${site}`, { json: { timeZone: 'UTC' } })).status).toBe(200)
  }
  await call('DELETE', '/v1/sites/attic/drift-references')
  const about = async (query: string) =>
    (await call('GET', `/v1/audit?${query}`)).body.items.map(({ entry }: Row) => entry.subject)
  expect(await about('subject=/v1/sites/attic')).toEqual(['/v1/sites/attic/drift-references', '/v1/sites/attic'])
  expect(await about('subject=/v1/sites/attic-2&subject=/v1/sites/attic&action=PUT%20/v1/sites/:site')).toEqual([
    ...['/v1/sites/attic-2', '/v1/sites/attic'],
  ])
  expect((await call('GET', '/v1/audit?subject=attic')).status).toBe(400)
})

describe('what changes', () => {
  const site = { timeZone: 'Europe/Berlin', labels: { region: 'eu' } }
  const covariates = { issuedAt: 1000, days: ['2026-03-01'], site_values: { rain: [1] }, entity_values: {} }
  const rollout = {
    apiVersion: 'storecast/v1',
    kind: 'Rollout',
    metadata: { name: 'all-shops' },
    spec: { model: 'models:/demand/1', steps: [{ pause: {} }, { setWeight: 100 }], evidence: 'none' },
  }
  /** Each after the ones before it. */
  const changes: [what: string, method: string, path: string, call: Call, entry: object][] = [
    ['a new site', 'PUT', '/v1/sites/berlin', { json: site }, { before: null, after: { id: 'berlin', ...site } }],
    [
      'covariates',
      'PUT',
      '/v1/sites/berlin/covariates',
      { json: covariates },
      { after: { documents: { covariates: { sha256: expect.any(String) } } } },
    ],
    [
      'a new device',
      'POST',
      '/v1/devices',
      { json: { id: 'berlin-1', site: 'berlin' } },
      { before: null, after: { id: 'berlin-1', retiredAt: null }, request: { body: { site: 'berlin' } } },
    ],
    [
      'labels',
      'PUT',
      '/v1/devices/berlin-1/labels',
      { json: { tier: 'gold' } },
      { before: { labels: {} }, after: { labels: { tier: 'gold' } }, request: { body: { tier: 'gold' } } },
    ],
    [
      'a group',
      'PUT',
      '/v1/groups/gold',
      {
        json: {
          apiVersion: 'storecast/v1',
          kind: 'DeviceGroup',
          metadata: { name: 'gold' },
          spec: { selector: { labels: { tier: 'gold' } } },
        },
      },
      { before: null, after: { spec: { selector: { labels: { tier: 'gold' } } } } },
    ],
    ['a group that goes', 'DELETE', '/v1/groups/gold', {}, { before: { metadata: { name: 'gold' } }, after: null }],
    [
      'a new token',
      'POST',
      '/v1/devices/berlin-1/token',
      {},
      { before: { id: 'berlin-1' }, after: { id: 'berlin-1' } },
    ],
    [
      'a first version',
      'POST',
      '/v1/models/demand/versions',
      { bytes: testBundle() },
      { before: null, after: { versions: 1, registered: { version: 1, bundle: { sha256: expect.any(String) } } } },
    ],
    [
      'tags',
      'PUT',
      '/v1/models/demand/versions/1/tags',
      { json: { team: 'north' } },
      { before: {}, after: { team: 'north' } },
    ],
    [
      'an alias',
      'PUT',
      '/v1/models/demand/aliases/champion',
      { json: { version: 1, reason: 'first' } },
      {
        before: { aliases: {} },
        after: { aliases: { champion: 1 } },
        request: { body: { version: 1, reason: 'first' } },
      },
    ],
    [
      'an alias that goes',
      'DELETE',
      '/v1/models/demand/aliases/champion?reason=bad',
      {},
      { before: { aliases: { champion: 1 } }, after: { aliases: {} }, request: { query: { reason: 'bad' } } },
    ],
    [
      'a training run',
      'POST',
      '/v1/training-runs',
      { json: { definition: testDefinition() } },
      { before: null, after: { model: 'demand', state: 'queued' } },
    ],
    [
      'a rollout',
      'POST',
      '/v1/rollouts',
      { json: rollout },
      { before: null, after: { name: 'all-shops', state: 'running' }, request: { body: { kind: 'Rollout' } } },
    ],
    [
      'a rollout that somebody stops',
      'POST',
      '/v1/rollouts/all-shops/abort',
      {},
      { before: { name: 'all-shops', state: expect.any(String) }, after: { name: 'all-shops', model: 'demand' } },
    ],
    [
      'a claim',
      'POST',
      '/v1/claims',
      { json: { site: 'berlin' } },
      { before: null, after: { claims: [expect.any(String)] }, request: { body: { site: 'berlin', count: 1 } } },
    ],
    [
      'a revoked device',
      'POST',
      '/v1/devices/berlin-1/revoke',
      {},
      { before: { id: 'berlin-1' }, after: { id: 'berlin-1' } },
    ],
    [
      'a device that goes',
      'DELETE',
      '/v1/devices/berlin-1',
      {},
      { before: { retiredAt: null }, after: { retiredAt: expect.any(Number) } },
    ],
  ]

  it.each(changes)('is kept before and after: %s', async (_what, method, path, request, entry) => {
    const before = await head()
    expect((await call(method, path, request)).status).toBeLessThan(300)
    const rows = await since(before)
    expect(rows).toHaveLength(1)
    expect(rows[0]!.entry).toMatchObject({
      decision: 'allowed',
      actor: { kind: 'operator', id: expect.stringMatching(/^token:[0-9a-f]{12}$/) },
      ...entry,
    })
  })

  it('is kept as it was where it fails', async () => {
    const before = await head()
    await call('PUT', '/v1/models/demand/aliases/champion', { json: { version: 99 } })
    expect((await since(before))[0]!.entry).toMatchObject({
      decision: 'failed',
      code: 'version-unknown',
      before: { aliases: {} },
      request: { body: { version: 99 } },
    })
  })

  it('is by who signs in, where one did, and else by nobody known', async () => {
    const person = { name: 'berta', password: 'a long enough password' }
    await call('POST', '/v1/users', { json: { ...person, roles: ['viewer'] } })
    const before = await head()
    const signIn = (password: string) => call('POST', '/v1/sessions', { token: null, json: { ...person, password } })
    expect((await signIn(person.password)).status).toBe(201)
    expect((await signIn('another long password')).status).toBe(401)
    expect((await since(before)).map(({ entry: { actor, decision } }) => ({ ...actor, decision }))).toEqual([
      { kind: 'operator', id: 'berta', from: '127.0.0.1', decision: 'allowed' },
      { kind: 'unknown', id: 'unknown', from: '127.0.0.1', decision: 'denied' },
    ])
  })

  it('is from where a trusted proxy says, and no other', async () => {
    const from = async (cloud: TestCloud) => {
      const headers = {
        'x-forwarded-for': '203.0.113.7, 198.51.100.4',
        authorization: `Bearer ${cloud.cloud.adminToken}`,
      }
      await fetch(`${cloud.cloud.url}/v1/devices/nowhere-1`, { method: 'DELETE', headers })
      const [row] = (await cloud.call('GET', '/v1/audit?limit=1')).body.items
      return row.entry.actor.from
    }
    expect(await from(server)).toBe('127.0.0.1')
    await using behind = await testCloud({}, { http: { host: '127.0.0.1', port: 0, trustedProxies: ['127.0.0.0/8'] } })
    expect(await from(behind)).toBe('198.51.100.4')
  })

  it('is kept without any token or link', async () => {
    const rows = JSON.stringify(await since(0))
    const { token } = (await call('POST', '/v1/devices', { json: { id: 'berlin-2', site: 'berlin' } })).body
    await call('POST', '/v1/admin-tokens', { json: { code: 'a-secret-code' } })
    for (const secret of [server.cloud.adminToken, token, 'a-secret-code']) expect(rows).not.toContain(secret)
    expect(JSON.stringify((await since(0)).slice(-2))).not.toMatch(new RegExp(`${token}|a-secret-code`))
  })
})

it('is one chain as the API gives it, and is found by action, caller and decision', async () => {
  // What the cloud does to it by itself has its last entry then.
  await vi.waitFor(async () => expect((await call('GET', '/v1/rollouts/all-shops')).body.state).toBe('aborted'))
  const rows = await allSince(0)
  const chain = checkChain()
  for (const row of rows) chain.next(row)
  expect(chain.end()).toEqual({ head: (await call('GET', '/v1/audit/head')).body, damage: [] })
  const query = (text: string) => call('GET', `/v1/audit?limit=500&${text}`)
  const put = (await query('action=PUT%20/v1/sites/:site&decision=allowed')).body.items
  expect(put.map((row: Row) => row.entry.subject)).toContain('/v1/sites/berlin')
  expect(put.every((row: Row) => row.entry.decision === 'allowed')).toBe(true)
  const { body } = await query('actor=unknown')
  expect(new Set(body.items.map((row: Row) => row.entry.actor.kind))).toEqual(new Set(['unknown']))
  const numbers = (await call('GET', '/v1/audit?limit=2')).body
  expect(numbers.items.map((row: Row) => row.number)).toEqual([rows.length, rows.length - 1])
  expect(numbers.next).toBe(String(rows.length - 1))
})
