import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestCloud, testCloud } from '../test/cloud.ts'

const HOUR = 3_600_000
let server: TestCloud
let call: TestCloud['call']
let now = Date.UTC(2026, 2, 1)
beforeAll(async () => {
  server = await testCloud({ realTime: { now: () => now } })
  call = server.call
  for (const [name, roles, limit] of [
    ['olga', ['operator'], {}],
    ['emil', ['operator', 'steward'], { region: 'eu' }],
    ['vera', ['viewer'], {}],
  ] as const) {
    await call('POST', '/v1/users', { json: { name, password: `password of ${name}`, roles, limit } })
  }
})
afterAll(() => server[Symbol.asyncDispose]())

const login = (name: string, password = `password of ${name}`) =>
  call('POST', '/v1/sessions', { token: null, json: { name, password } })
const tokenOf = async (name: string): Promise<string> => (await login(name)).body.token
const self = (token: string) => call('GET', '/v1/self', { token })

describe('users', () => {
  it('log in by their password, and are who they are', async () => {
    const { status, body } = await login('emil')
    expect([status, body]).toEqual([201, { token: expect.any(String), user: 'emil', expiresAt: now + 12 * HOUR }])
    expect((await self(body.token)).body).toMatchObject({ name: 'emil', token: null, limit: { region: 'eu' } })
    expect(await call('POST', '/v1/policies', { token: body.token, json: {} })).toMatchObject({ status: 404 })
    expect(await call('GET', '/v1/users', { token: body.token })).toMatchObject({
      status: 403,
      body: { code: 'not-permitted' },
    })
  })

  it('are told the same of a wrong password, a name that is not there and an account that is closed', async () => {
    await call('POST', '/v1/users', { json: { name: 'gone', password: 'password of gone', roles: ['viewer'] } })
    await call('PATCH', '/v1/users/gone', { json: { disabled: true } })
    await call('POST', '/v1/users', { json: { name: 'without', roles: ['viewer'] } })
    const answers = await Promise.all([login('vera', 'guess'), login('nobody'), login('gone'), login('without')])
    for (const { status, body } of answers) expect([status, body]).toEqual([401, answers[0]!.body])
    expect(answers[0]!.body.code).toBe('password-wrong')
  })

  it('are stopped by too many attempts, each by itself, until the time is over', async () => {
    await call('POST', '/v1/users', { json: { name: 'target', password: 'password of target', roles: ['viewer'] } })
    for (let i = 0; i < 10; i++) expect((await login('target', 'guess')).status).toBe(401)
    expect(await login('target')).toMatchObject({ status: 429, body: { code: 'login-too-often' } })
    expect((await login('vera')).status).toBe(201)
    now += 300_000
    expect((await login('target')).status).toBe(201)
  })

  it('lose at once what is taken from them', async () => {
    await call('POST', '/v1/users', { json: { name: 'mover', password: 'password of mover', roles: ['operator'] } })
    const token = await tokenOf('mover')
    const site = { json: { timeZone: 'Europe/Berlin' }, token }
    expect((await call('PUT', '/v1/sites/mover-site', site)).status).toBe(200)
    await call('PATCH', '/v1/users/mover', { json: { roles: ['viewer'] } })
    expect((await call('PUT', '/v1/sites/mover-site', site)).status).toBe(403)
    await call('PATCH', '/v1/users/mover', { json: { disabled: true } })
    expect((await self(token)).status).toBe(401)
    await call('PATCH', '/v1/users/mover', { json: { disabled: false } })
    expect([(await self(token)).status, (await login('mover')).status]).toEqual([401, 201])
  })

  it('change their own password, which ends every session; a token cannot', async () => {
    await call('POST', '/v1/users', { json: { name: 'pia', password: 'password of pia', roles: ['viewer'] } })
    const [one, two] = [await tokenOf('pia'), await tokenOf('pia')]
    const made = await call('POST', '/v1/tokens', { token: one, json: { name: 'ci', roles: ['viewer'] } })
    const change = (token: string) =>
      call('PUT', '/v1/self/password', { token, json: { password: 'another password' } })
    expect(await change(made.body.secret)).toMatchObject({ status: 400, body: { code: 'no-password' } })
    expect((await change(one)).status).toBe(200)
    for (const token of [one, two]) expect((await self(token)).status).toBe(401)
    expect([(await login('pia')).status, (await login('pia', 'another password')).status]).toEqual([401, 201])
    expect((await self(made.body.secret)).status).toBe(200)
  })

  it('log out, and are logged out after twelve hours', async () => {
    const [one, two] = [await tokenOf('vera'), await tokenOf('vera')]
    expect((await call('DELETE', '/v1/sessions/current', { token: one })).status).toBe(204)
    expect([(await self(one)).status, (await self(two)).status]).toEqual([401, 200])
    now += 12 * HOUR
    expect((await self(two)).status).toBe(401)
  })

  it('leave no password in the audit log, and their name in every entry', async () => {
    await call('PUT', '/v1/sites/olgas', { json: { timeZone: 'Europe/Berlin' }, token: await tokenOf('olga') })
    const { items } = (await call('GET', '/v1/audit?limit=500')).body
    expect(JSON.stringify(items)).not.toContain('password of')
    expect(
      items.find((row: { entry: { subject: string } }) => row.entry.subject === '/v1/sites/olgas').entry,
    ).toMatchObject({
      actor: { kind: 'operator', id: 'olga', from: '127.0.0.1' },
      sites: ['olgas'],
    })
  })
})

describe('a browser', () => {
  it('has a cookie that counts for our own pages, and never as a token', async () => {
    const { headers, body } = await call('POST', '/v1/sessions', {
      token: null,
      json: { name: 'olga', password: 'password of olga', kind: 'cookie' },
    })
    expect(body.token).toBeUndefined()
    const given = headers.get('set-cookie')!
    expect(given).toMatch(/^storecast_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Expires=/)
    const cookie = given.split(';')[0]!
    const from = (site: string, method = 'GET', path = '/v1/self') =>
      call(method, path, { token: null, headers: { cookie, 'sec-fetch-site': site } })
    expect((await from('same-origin')).body).toMatchObject({ name: 'olga' })
    expect((await from('none')).status).toBe(200)
    expect((await from('cross-site')).status).toBe(401)
    expect((await from('same-site')).status).toBe(401)
    expect((await from('none', 'DELETE', '/v1/sites/berlin')).status).not.toBe(200)
    // Browsers that do not tell the site: under plain HTTP, and old ones.
    const untold = (method: string, origin?: string) =>
      call(method, '/v1/self/password', { token: null, json: {}, headers: { cookie, ...(origin && { origin }) } })
    const { url } = server.cloud
    expect((await call('GET', '/v1/self', { token: null, headers: { cookie } })).body).toMatchObject({ name: 'olga' })
    for (const origin of ['https://evil.example', 'null', `${url}.evil.example`, undefined])
      expect((await untold('PUT', origin)).status).toBe(401)
    expect((await untold('PUT', url)).status).toBe(400)
    const foreign = { cookie, origin: 'https://evil.example' }
    expect((await call('GET', '/v1/self', { token: null, headers: foreign })).status).toBe(401)
    expect((await self(cookie.split('=')[1]!)).status).toBe(401)
    expect((await from('same-origin', 'DELETE', '/v1/sessions/current')).status).toBe(204)
    expect((await from('same-origin')).status).toBe(401)
  })
})

describe('an API token', () => {
  const make = (token: string, json: object) => call('POST', '/v1/tokens', { token, json })

  it('is one of at most 200 that work of one person', async () => {
    await call('POST', '/v1/users', { json: { name: 'toni', password: 'password of toni', roles: ['viewer'] } })
    const toni = await tokenOf('toni')
    const add = (count: number, ends: number) =>
      server.pool.query(
        `INSERT INTO api_tokens (id, hash, name, owner, roles, label_limit, created_at, expires_at)
         SELECT left(md5(made.name), 12), decode(md5(made.name), 'hex'), made.name, u.id, '{viewer}', '{}', 0, $2::int8
         FROM (SELECT n || 'at' || $2::int8 AS name FROM generate_series(1, $1::int4) n) made, users u WHERE u.name = 'toni'`,
        [count, ends],
      )
    await add(50, now - 1)
    await add(199, now + HOUR)
    const { token } = (await make(toni, { name: 'last', roles: ['viewer'] })).body
    expect(await make(toni, { name: 'more', roles: ['viewer'] })).toMatchObject({
      status: 409,
      body: { code: 'tokens-too-many' },
    })
    expect((await call('DELETE', `/v1/tokens/${token.id}`, { token: toni })).status).toBe(200)
    expect((await make(toni, { name: 'more', roles: ['viewer'] })).status).toBe(201)
  })

  it('can do no more than who made it, neither when it is made nor later', async () => {
    const emil = await tokenOf('emil')
    for (const wrong of [
      { name: 'a', roles: ['admin'], limit: { region: 'eu' } },
      { name: 'a', roles: ['approver'], limit: { region: 'eu' } },
      { name: 'a', roles: ['operator'] },
      { name: 'a', roles: ['operator'], limit: { region: 'us' } },
    ]) {
      expect(await make(emil, wrong)).toMatchObject({ status: 403, body: { code: 'beyond-own' } })
    }
    const limit = { region: 'eu', tier: 'gold' }
    const { body } = await make(emil, { name: 'deploy', roles: ['operator'], limit })
    expect(body.token).toMatchObject({ name: 'deploy', owner: 'emil', limit, lastUsedAt: null })
    expect((await self(body.secret)).body).toMatchObject({ name: 'emil', token: 'deploy', limit })
    const again = await make(body.secret, { name: 'more', roles: ['operator'], limit: { region: 'eu' } })
    expect(again).toMatchObject({ status: 403, body: { code: 'beyond-own' } })

    await call('PATCH', '/v1/users/emil', { json: { roles: ['viewer'] } })
    expect((await self(body.secret)).body.permissions).not.toContain('rollout.write')
    await call('PATCH', '/v1/users/emil', { json: { limit: { region: 'us' } } })
    expect((await self(body.secret)).status).toBe(401)
    await call('PATCH', '/v1/users/emil', { json: { roles: ['operator', 'steward'], limit: { region: 'eu' } } })
    expect((await self(body.secret)).status).toBe(200)
  })

  it('ends by its time, by being withdrawn, and with its owner', async () => {
    const olga = await tokenOf('olga')
    const spec = { roles: ['viewer'], expiresInDays: 1 }
    const [one, two] = [await make(olga, { name: 'one', ...spec }), await make(olga, { name: 'two', ...spec })]
    expect((await make(olga, { name: 'one', ...spec })).body.code).toBe('token-exists')
    expect((await self(one.body.secret)).status).toBe(200)
    expect((await call('DELETE', `/v1/tokens/${one.body.token.id}`, { token: await tokenOf('vera') })).status).toBe(404)
    expect((await call('DELETE', `/v1/tokens/${one.body.token.id}`, { token: olga })).body.revokedAt).toBe(now)
    expect((await self(one.body.secret)).status).toBe(401)
    expect((await self(two.body.secret)).status).toBe(200)
    now += 24 * HOUR
    expect((await self(two.body.secret)).status).toBe(401)
    const three = await make(await tokenOf('olga'), { name: 'three', roles: ['viewer'], expiresInDays: null })
    await call('PATCH', '/v1/users/olga', { json: { disabled: true } })
    expect((await self(three.body.secret)).status).toBe(401)
    await call('PATCH', '/v1/users/olga', { json: { disabled: false } })
    expect((await self(three.body.secret)).status).toBe(200)
  })

  it('is listed with its last use and without its secret: one’s own, or, for an admin, everybody’s', async () => {
    const olga = await tokenOf('olga')
    const { body } = await make(olga, { name: 'listed', roles: ['viewer'] })
    await self(body.secret)
    const own = (await call('GET', '/v1/tokens?limit=500', { token: olga })).body.items
    expect(new Set(own.map((token: { owner: string }) => token.owner))).toEqual(new Set(['olga']))
    expect(own.find((token: { name: string }) => token.name === 'listed').lastUsedAt).toBe(now)
    const all = (await call('GET', '/v1/tokens?all=true&limit=500')).body.items
    expect(new Set(all.map((token: { owner: string }) => token.owner))).toContain('emil')
    expect(JSON.stringify([own, all])).not.toContain(body.secret)
    const others = (await call('GET', '/v1/tokens?all=true', { token: await tokenOf('vera') })).body.items
    expect(others.filter((token: { owner: string }) => token.owner !== 'vera')).toEqual([])
    const { rows } = await server.pool.query('SELECT * FROM api_tokens')
    expect(JSON.stringify(rows)).not.toContain(body.secret)
  })

  it('is named in the audit log beside its owner', async () => {
    const { body } = await make(await tokenOf('olga'), { name: 'robot', roles: ['operator'] })
    await call('PUT', '/v1/sites/robots', { json: { timeZone: 'Europe/Berlin' }, token: body.secret })
    const { items } = (await call('GET', '/v1/audit?limit=1&action=PUT%20/v1/sites/:site')).body
    expect(items[0].entry.actor).toMatchObject({ kind: 'operator', id: 'olga', token: 'robot' })
  })
})
