import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestCloud, testCloud } from '@storecast/cloud/test/cloud'
import { freePort } from '@storecast/shared/test/ports'
import {
  allowInsecureRequests,
  discovery,
  initiateDeviceAuthorization,
  None,
  pollDeviceAuthorizationGrant,
} from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../../cli/program.ts'
import { typist } from '../cli.ts'
import { browser, CLIENT_SECRET, startProvider, type TestProvider } from './provider.ts'

/** Logins at a real provider, in a process of its own. */

const PEOPLE = {
  anna: { preferred_username: 'anna', groups: ['fleet-operators'], sites: 'region=eu' },
  alex: { preferred_username: 'alex', groups: ['admins'], sites: '*' },
  carl: { preferred_username: 'carl', groups: ['chess'], sites: '*' },
}
const HOUR = 3_600_000
let provider: TestProvider
let other: TestProvider
let server: TestCloud
let folder: string
/** What the cloud's clock is ahead of the provider's. */
let ahead = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storecast-oidc-'))
  const port = await freePort()
  const callback = `http://127.0.0.1:${port}/v1/login/oidc/callback`
  provider = await startProvider({ people: PEOPLE, callback })
  other = await startProvider({ people: PEOPLE, callback })
  const realTime = { now: () => Date.now() + ahead }
  server = await testCloud(
    { realTime },
    {
      http: { host: '127.0.0.1', port },
      oidc: {
        issuer: provider.issuer,
        clientId: 'storecast',
        cliClientId: 'storecast-cli',
        scopes: ['openid'],
        nameClaim: 'preferred_username',
        roles: { claim: 'groups', map: { 'fleet-operators': ['operator'], admins: ['admin'] } },
        limitClaim: 'sites',
      },
      secrets: { oidcClientSecret: CLIENT_SECRET },
    },
  )
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
  await other[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** An ID token as the device flow gives it to a program. */
async function idToken(name: string, { issuer }: TestProvider, client = 'storecast-cli'): Promise<string> {
  const configuration = await discovery(new URL(issuer), client, undefined, None(), {
    execute: [allowInsecureRequests],
  })
  const asked = await initiateDeviceAuthorization(configuration, { scope: 'openid' })
  await browser().logIn(asked.verification_uri_complete!, name)
  return (await pollDeviceAuthorizationGrant(configuration, { ...asked, interval: 0.05 })).id_token!
}
const decoded = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
const exchange = (idToken: string) => server.call('POST', '/v1/sessions/oidc', { token: null, json: { idToken } })
const partsOf = (token: string) => token.split('.') as [string, string, string]
const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('storecast login --oidc', () => {
  it('lets a person in by the device flow, as who the provider says they are', async () => {
    const said: string[] = []
    const config = join(folder, 'anna')
    let login: Promise<string> | undefined
    const status = await runCli(['login', server.cloud.url, '--oidc'], {
      terminal: {
        out: () => undefined,
        err: (text) => {
          said.push(text)
          const at = /^Open (\S+)$/.exec(text)?.[1]
          if (at) login = browser().logIn(at, 'anna')
        },
        progress: () => undefined,
      },
      signal: new AbortController().signal,
      env: { XDG_CONFIG_HOME: config },
      readInput: async () => '',
    })
    await login
    expect([status, said.at(-1)]).toEqual([0, expect.stringMatching(/^logged in to .* as anna; /)])
    expect(said[1]).toMatch(/^and see that it shows the code [A-Z]{4}-[A-Z]{4}$/)
    const type = typist(config)
    const whoami = JSON.parse((await type(['whoami', '--json'])).out)
    expect(whoami).toMatchObject({ name: 'anna', subject: `${provider.issuer}#anna`, limit: { region: 'eu' } })
    expect(whoami.permissions).toContain('rollout.write')
    await type(['device', 'list'])
    expect((await type(['user', 'list'])).status).toBe(1)

    const users = (await server.call('GET', '/v1/users')).body.items
    expect(users).toMatchObject([{ name: 'anna', origin: 'oidc', roles: ['operator'], limit: { region: 'eu' } }])
    const { items } = (await server.call('GET', '/v1/audit?action=POST%20/v1/sessions/oidc')).body
    expect(items[0].entry).toMatchObject({ decision: 'allowed', actor: { kind: 'operator', id: 'anna' } })
    const add = ['user', 'add', 'mallory', '--role', 'admin', '--password-stdin']
    const refused = await type(add, { input: 'a long enough password' })
    expect(refused.status).toBe(1)
    const [row] = (await server.call('GET', '/v1/audit?actor=anna&limit=1')).body.items
    expect(row.entry.actor).toMatchObject({ id: 'anna', subject: `${provider.issuer}#anna`, limit: { region: 'eu' } })
    await type(['logout'])
    expect((await type(['whoami'])).status).toBe(4)
  })
})

describe('a browser', () => {
  it('comes back from the provider with a session of its own, once', async () => {
    const window = browser()
    await window.logIn(`${server.cloud.url}/v1/login/oidc`, 'alex')
    const session = window.cookies.get('storecast_session')
    expect(session).toMatch(/^[\w-]{43}$/)
    const headers = { cookie: `storecast_session=${session}`, 'sec-fetch-site': 'same-origin' }
    const self = await server.call('GET', '/v1/self', { token: null, headers })
    expect(self.body).toMatchObject({ name: 'alex', limit: {}, permissions: expect.arrayContaining(['user.write']) })
    const [row] = (await server.call('GET', '/v1/audit?actor=alex&limit=1')).body.items
    expect(row.entry).toMatchObject({ action: 'GET /v1/login/oidc/callback', decision: 'allowed' })
  })

  it('that did not begin the login is not let in by it', async () => {
    const answer = await server.call('GET', '/v1/login/oidc/callback?code=stolen&state=guess', { token: null })
    expect(answer).toMatchObject({ status: 401, body: { code: 'oidc-refused' } })
    const headers = { cookie: `storecast_login=${'a'.repeat(43)}` }
    const guessed = await server.call('GET', '/v1/login/oidc/callback?code=stolen&state=guess', {
      token: null,
      headers,
    })
    expect(guessed).toMatchObject({ status: 401, body: { code: 'oidc-refused' } })
  })
})

describe('logins that are begun and left', () => {
  const begin = () =>
    fetch(`${server.cloud.url}/v1/login/oidc`, { redirect: 'manual' }).then(async (response) => {
      await response.body?.cancel()
      return response
    })

  it('leave nothing in the database, and are few from one address', async () => {
    const rows = async () => {
      const { rows: tables } = await server.pool.query<{ name: string }>(
        `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname`,
      )
      const counts: Record<string, number> = {}
      for (const { name } of tables) {
        const { rows: counted } = await server.pool.query(`SELECT count(*)::int4 AS rows FROM "${name}"`)
        counts[name] = counted[0].rows
      }
      return counts
    }
    ahead = HOUR
    const before = await rows()
    const statuses: number[] = []
    for (let n = 0; n < 61; n++) statuses.push((await begin()).status)
    expect(statuses).toEqual([...Array(60).fill(302), 429])
    // The cloud may write a row of its own meanwhile.
    const grown = Object.entries(await rows()).filter(([name, count]) => count - before[name]! >= 30)
    expect(grown).toEqual([])
    ahead = 2 * HOUR
    expect((await begin()).status).toBe(302)
    ahead = 0
  })

  it('tell the provider nothing that opens the browser’s', async () => {
    const answer = await begin()
    const [secret] = /(?<=storecast_login=)[\w-]{43}/.exec(answer.headers.getSetCookie()[0]!)!
    const asked = new URL(answer.headers.get('location')!)
    expect(asked.href).not.toContain(secret)
    const [state, nonce, challenge] = ['state', 'nonce', 'code_challenge'].map((name) => asked.searchParams.get(name))
    expect(new Set([secret, state, nonce, challenge]).size).toBe(4)
    const back = (query: string, cookie: string) =>
      server.call('GET', `/v1/login/oidc/callback?${query}`, { token: null, headers: { cookie } })
    for (const [query, cookie] of [
      [`code=guessed&state=${state}`, `storecast_login=${secret}`],
      [`code=guessed&state=${secret}`, `storecast_login=${secret}`],
      [`code=guessed&state=${state}`, `storecast_login=${'a'.repeat(43)}`],
    ] as const) {
      expect(await back(query, cookie)).toMatchObject({ status: 401, body: { code: 'oidc-refused' } })
    }
    for (let n = 0; n < 60; n++) await back('code=guessed&state=guessed', `storecast_login=${secret}`)
    expect(await back('code=guessed&state=guessed', `storecast_login=${secret}`)).toMatchObject({
      status: 429,
      body: { code: 'login-too-often' },
    })
  })
})

describe('a token', () => {
  it('opens one session', async () => {
    const token = await idToken('alex', provider)
    expect((await exchange(token)).status).toBe(201)
    expect(await exchange(token)).toMatchObject({ status: 401, body: { code: 'oidc-token-used' } })
  })

  it('that has expired is refused', async () => {
    const token = await idToken('alex', provider)
    ahead = 2 * HOUR
    expect(await exchange(token)).toMatchObject({ status: 401, body: { code: 'oidc-token-expired' } })
    ahead = 0
    expect((await exchange(token)).status).toBe(201)
  })

  it('that is foreign is refused: of another provider, or given to another program', async () => {
    for (const foreign of [await idToken('alex', other), await idToken('alex', provider, 'another-program')]) {
      expect((await exchange(foreign)).status).toBe(401)
    }
    expect((await exchange(await idToken('alex', provider, 'another-program'))).body.code).toBe('oidc-token-foreign')
  })

  it('that was tampered with is refused', async () => {
    const token = await idToken('anna', provider)
    const [header, payload, signature] = partsOf(token)
    const more = encoded({ ...decoded(payload), groups: ['admins'], sites: '*' })
    const { kid } = decoded(header)
    for (const tampered of [
      `${header}.${more}.${signature}`,
      `${encoded({ alg: 'none' })}.${more}.`,
      `${encoded({ alg: 'HS256', kid })}.${more}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -6)}AAAAAA`,
      `${header}.${payload}.${partsOf(await idToken('alex', other))[2]}`,
      `${header}.${payload}`,
      'no token',
    ]) {
      expect(await exchange(tampered)).toMatchObject({ status: 401, body: { code: 'oidc-token-invalid' } })
    }
    expect((await exchange(token)).body).toMatchObject({ user: 'anna' })
  })

  it('of somebody without a role here, or whose account was disabled here, opens nothing', async () => {
    expect(await exchange(await idToken('carl', provider))).toMatchObject({
      status: 403,
      body: { code: 'oidc-no-role' },
    })
    await server.call('PATCH', '/v1/users/anna', { json: { disabled: true } })
    expect(await exchange(await idToken('anna', provider))).toMatchObject({
      status: 401,
      body: { code: 'user-disabled' },
    })
    expect(await server.call('PATCH', '/v1/users/anna', { json: { roles: ['admin'] } })).toMatchObject({
      status: 409,
      body: { code: 'user-vouched' },
    })
  })
})
