import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { DEVICE_GRANTS, grantsOf, type Permission, ROLES, type Role } from '../people/index.ts'
import { type Answer, type Call, type TestCloud, testCloud } from '../test/cloud.ts'
import { bodyOf, isReading, nameOf, pathOf, type Route, routesOf, thingOf } from '../test/walk/routes.ts'
import { LIMIT, MARK, NOTHING, seedTwoRegions, T0, type Things, type TwoRegions } from '../test/walk/two-regions.ts'

/** Every route × role × label limit: what nobody may do, what lies within, and what lies beyond. */

/** Sums over sites, which name none. */
const SUMMED = [
  '/v1/kpis',
  '/v1/kpis/{kpi}/comparison',
  '/v1/newest-data',
  '/v1/serving',
  '/v1/forecast-calibration',
  '/v1/device-states',
  '/v1/fleet',
]

interface Account {
  readonly role: Role
  readonly limited: boolean
  readonly token: string
}

let server: TestCloud
let regions: TwoRegions
let routes: Route[]
let accounts: Account[]
let deviceToken: string
beforeAll(async () => {
  // Soon after what is seeded: windows of long ago are read from rollups that only ingest makes.
  // The rules stay unasked: they would find that the alerts have none.
  server = await testCloud(
    { clock: { now: () => T0 + 3 * 86_400_000 } },
    { alerts: { everySeconds: 3600, mailFrom: 'cloud@example.com', keepDays: null } },
  )
  regions = await seedTwoRegions(server)
  routes = routesOf((await server.call('GET', '/v1/openapi.json', { token: null })).body)
  accounts = []
  for (const role of ROLES) {
    for (const limited of [false, true]) {
      const json = { name: `${role}${limited ? '-limited' : ''}`, roles: [role], limit: limited ? LIMIT : {} }
      accounts.push({ role, limited, token: (await server.call('POST', '/v1/tokens', { json })).body.secret })
    }
  }
  const device = { id: 'walker', site: MARK.within }
  deviceToken = (await server.call('POST', '/v1/devices', { json: device })).body.token
}, 60_000)
afterAll(() => server[Symbol.asyncDispose]())

const ask = (route: Route, things: Things, call: Call) => server.call(route.method, pathOf(route, things), call)
const textOf = ({ body }: Answer) => (body instanceof Uint8Array ? Buffer.from(body).toString() : JSON.stringify(body))
const may = (role: Role, { permission }: Route) => grantsOf([role]).has(permission as Permission)
const said = (route: Route, { role, limited }: Account) => `${nameOf(route)} by ${limited ? 'a limited ' : ''}${role}`
const guarded = () => routes.filter(({ permission }) => permission !== 'public')
const pairs = (of: (route: Route) => boolean) =>
  guarded()
    .filter(of)
    .flatMap((route) => accounts.map((account) => [route, account] as const))

/** Several at a time: what is asked changes nothing. */
async function eachPair(
  of: readonly (readonly [Route, Account])[],
  work: (route: Route, account: Account) => Promise<void>,
) {
  const waiting = of.values()
  const walker = async () => {
    for (const [route, account] of waiting) await work(route, account)
  }
  await Promise.all(Array.from({ length: 8 }, walker))
}

/** What one hears of a thing beyond must be what one hears of a thing that is not there. */
async function expectNothingThere(route: Route, thing: keyof Things, account: Account): Promise<void> {
  const { token } = account
  const call = (things: Things) => ask(route, things, { token, ...(!isReading(route) && bodyOf(route, things, 'us')) })
  const beyond = await call(regions.beyond)
  expect(beyond.status, said(route, account)).toBe(404)
  const nowhere = await call({ ...regions.beyond, [thing]: NOTHING[thing] })
  // A site that is not there may be created; elsewhere the two answers are one but for the name that was asked for.
  if (nowhere.status !== 404) return expect([nameOf(route), nowhere.status]).toEqual(['PUT /v1/sites/{site}', 403])
  const blurred = (answer: Answer, things: Things) => textOf(answer).replaceAll(things[thing], '…')
  expect(blurred(beyond, regions.beyond), said(route, account)).toBe(blurred(nowhere, NOTHING))
}

describe('every route', () => {
  it('says what it needs and how limits bear upon it, and is walked', () => {
    expect(routes.length).toBeGreaterThan(80)
    for (const route of routes) {
      expect(nameOf(route) && route.permission).not.toBe('none stated')
      if (route.permission !== 'public')
        expect([nameOf(route), route.sites]).toEqual([nameOf(route), expect.any(String)])
      thingOf(route)
    }
  })

  it('opens for nobody without a token, and for a device only where it says so', async () => {
    for (const route of guarded()) {
      expect((await ask(route, regions.within, { token: null })).status, nameOf(route)).toBe(401)
      if (DEVICE_GRANTS.has(route.permission as Permission)) continue
      const answer = await ask(route, regions.within, { token: deviceToken })
      expect([nameOf(route), answer.status, answer.body.code]).toEqual([nameOf(route), 403, 'wrong-role'])
    }
  })

  it('opens for no role that may not', async () => {
    await eachPair(
      pairs(() => true),
      async (route, account) => {
        if (may(account.role, route)) return
        for (const things of [regions.within, regions.beyond]) {
          const answer = await ask(route, things, { token: account.token })
          expect([said(route, account), answer.status, answer.body.code]).toEqual([
            ...[said(route, account), 403, 'not-permitted'],
          ])
          expect(textOf(answer)).not.toContain(things.site)
        }
      },
    )
  })

  it('that is about every site is refused to who is limited', async () => {
    await eachPair(
      pairs(({ sites }) => sites === 'all'),
      async (route, account) => {
        if (!account.limited || !may(account.role, route)) return
        const answer = await ask(route, regions.within, { token: account.token })
        expect([said(route, account), answer.status, answer.body.code]).toEqual([said(route, account), 403, 'limited'])
      },
    )
  })
})

describe('reading', () => {
  it('shows what lies within, to the limited nothing of what lies beyond, and to others both', async () => {
    await eachPair(pairs(isReading), async (route, account) => {
      if (!may(account.role, route) || (account.limited && route.sites === 'all')) return
      const answer = await ask(route, regions.within, { token: account.token })
      const what = said(route, account)
      if (account.limited) expect(textOf(answer), what).not.toContain(MARK.beyond)
      if (route.sites === 'none' || route.sites === 'all') return
      expect([what, answer.status]).toEqual([what, 200])
      const isList = thingOf(route) === undefined && !SUMMED.includes(route.path)
      // Without rows of both regions the walk would prove nothing of a list: see cloud/test/walk/two-regions.ts.
      if (isList) expect(textOf(answer), `${what}: seed it`).toContain(MARK.within)
      if (isList && !account.limited) expect(textOf(answer), `${what}: seed it`).toContain(MARK.beyond)
    })
  })

  it('of what lies beyond hears what one hears of nothing', async () => {
    await eachPair(pairs(isReading), async (route, account) => {
      const thing = thingOf(route)
      if (thing === undefined || !may(account.role, route) || route.sites === 'all') return
      if (account.limited) await expectNothingThere(route, thing, account)
      else
        expect([said(route, account), (await ask(route, regions.beyond, account)).status]).toEqual([
          said(route, account),
          200,
        ])
    })
  })

  it('of changes hears of every kind of thing that was made', async () => {
    const heard = textOf(await server.call('GET', '/v1/events?since=oldest'))
    const kinds = new Set([...heard.matchAll(/"kind":"([a-z-]+)"/g)].map(([, kind]) => kind))
    const made = ['site', 'device', 'event', 'claim', 'model', 'training', 'rollout', 'monitoring', 'alert']
    expect([...kinds]).toEqual(expect.arrayContaining(made))
  })

  it('asked for the other region’s ids shows none of its rows', async () => {
    const lists = ['/v1/devices?site=', '/v1/forecasts?site=', '/v1/alerts?site=', '/v1/stewardship-tasks?site=']
    for (const { role, token } of accounts.filter(({ limited }) => limited)) {
      for (const list of lists) {
        const { status, body } = await server.call('GET', `${list}${MARK.beyond}`, { token })
        expect([role, list, status, body.items]).toEqual([role, list, 200, []])
      }
    }
  })
})

describe('changing', () => {
  const changing = (route: Route) => !isReading(route) && route.sites !== 'none' && route.sites !== 'all'
  const seen = async () => {
    const reading = guarded().filter((route) => isReading(route) && /^params|filtered/.test(route.sites ?? ''))
    // What is on its way by itself, as a training run, says so from one moment to the next.
    const still = reading.filter(({ path }) => !/audit|training-runs|rollouts|v1\/events/.test(path))
    return Promise.all(still.map(async (route) => [nameOf(route), textOf(await ask(route, regions.beyond, {}))]))
  }

  it('what lies beyond is refused to the limited as if it were not there, and changes nothing', async () => {
    const before = await seen()
    for (const [route, account] of pairs(changing)) {
      if (!account.limited || !may(account.role, route)) continue
      const thing = route.sites === 'body.site' ? 'site' : thingOf(route)
      if (thing !== undefined) await expectNothingThere(route, thing, account)
      else {
        const { token } = account
        const answer = await ask(route, regions.beyond, { token, ...bodyOf(route, regions.beyond, 'us') })
        expect([said(route, account), answer.status, answer.body.code]).toEqual([
          ...[said(route, account), 403, 'beyond-limit'],
        ])
        expect(textOf(answer), said(route, account)).not.toContain(MARK.beyond)
      }
    }
    expect(await seen()).toEqual(before)
  })

  it('what lies within is for the limited what it is for others', async () => {
    // What takes the things away comes last.
    const inOrder = pairs(changing).sort(([a], [b]) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'))
    for (const [route, account] of inOrder) {
      if (!may(account.role, route)) continue
      const { token } = account
      const answer = await ask(route, regions.within, { token, ...bodyOf(route, regions.within, 'eu') })
      const what = `${said(route, account)}: ${answer.status} ${answer.body?.code}`
      // The one before may have done it already.
      expect([200, 201, 202, 204, 409], what).toContain(answer.status)
      if (account.limited) expect(textOf(answer), what).not.toContain(MARK.beyond)
    }
  })
})

describe('a rollout of both regions', () => {
  it('shows the limited their own devices, and nothing that speaks of the others', async () => {
    const limited = accounts.find(({ role, limited }) => role === 'operator' && limited)!
    const { call } = server
    for (const name of [regions.within.rollout, regions.beyond.rollout])
      await call('POST', `/v1/rollouts/${name}/abort`)
    await server.pool.query('UPDATE devices SET retired_at = NULL')
    const undone =
      "SELECT 1 FROM rollout_devices WHERE wanted <> applied UNION ALL SELECT 1 FROM rollouts WHERE state <> 'aborted'"
    await vi.waitFor(async () => expect((await server.pool.query(undone)).rowCount).toBe(0), { timeout: 20_000 })
    const selector = { expressions: [{ label: 'site', operator: 'In', values: [MARK.within, MARK.beyond] }] }
    const spec = { model: 'models:/demand/1', steps: [{ pause: {} }, { setWeight: 100 }], evidence: 'none', selector }
    const json = { apiVersion: 'storecast/v1', kind: 'Rollout', metadata: { name: 'both' }, spec }
    expect((await call('POST', '/v1/rollouts', { json, token: limited.token })).body.code).toBe('beyond-limit')
    expect((await call('POST', '/v1/rollouts', { json })).status).toBe(201)
    const get = async (path: string, token = limited.token) =>
      (await call('GET', `/v1/rollouts${path}`, { token })).body
    const whole = await get('/both', server.cloud.adminToken)
    const part = await get('/both')
    expect(part).toMatchObject({ name: 'both', reason: null, analysis: null })
    expect(part.counts.devices).toBeGreaterThan(0)
    expect(part.counts.devices).toBeLessThan(whole.counts.devices)
    for (const path of ['', '/both', '/both/devices', '/both/history', '/both/analyses']) {
      expect(JSON.stringify(await get(path))).not.toContain(MARK.beyond)
    }
    expect((await get('/both/devices')).items.length).toBe(part.counts.devices)
    expect(await call('POST', '/v1/rollouts/both/abort', { token: limited.token })).toMatchObject({
      status: 403,
      body: { code: 'beyond-limit' },
    })
  })
})
