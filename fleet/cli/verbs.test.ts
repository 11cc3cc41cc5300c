import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testBundle } from '@storecast/cloud/test/bundle'
import { type TestCloud, testCloud } from '@storecast/cloud/test/cloud'
import { addForecasts } from '@storecast/cloud/test/records'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Typed, typist } from '../test/cli.ts'
import type { CliContext } from './context.ts'
import { EXAMPLES, verbsOf } from './examples.ts'
import { buildProgram } from './program.ts'

/**
 * Every verb of the program, on a real cloud: the scenarios below run in order, each under the verb that it is about, and a
 * verb without one fails the walk. What a scenario typed is written down: one whose verb did not end with 0 is none.
 */
const folder = await mkdtemp(join(tmpdir(), 'storecast-verbs-'))
const at = (name: string) => join(folder, name)
let server: TestCloud
const type = typist(folder)
/** Per verb: the exit statuses, and whether it gave one JSON value where it was asked for JSON. */
const typed = new Map<string, { statuses: number[]; json: boolean; printed: boolean }>()

beforeAll(async () => {
  server = await testCloud({}, { trust: { mode: 'production' } })
  const entities = [
    { id: 'milk', attributes: { category: 'dairy' } },
    { id: 'rolls', attributes: { category: 'bakery' } },
  ]
  await server.call('PUT', '/v1/sites/berlin', {
    json: { timeZone: 'Europe/Berlin', labels: { region: 'eu' }, entities },
  })
  for (const id of ['berlin-1', 'berlin-2', 'berlin-3']) {
    await server.call('POST', '/v1/devices', { json: { id, site: 'berlin' } })
  }
  for (const salt of ['one', 'two', 'three']) {
    await server.call('POST', '/v1/models/demand/versions', { bytes: testBundle({ salt }) })
  }
  await mkdir(at('fleet'))
  await writeFile(at('fleet/group.yaml'), document('DeviceGroup', 'eu', '{ selector: { labels: { region: eu } } }'))
  await writeFile(
    at('fleet/policy.yaml'),
    document(
      'Policy',
      'any',
      "{ gates: [register], validations: [{ expression: 'true' }], validationActions: [Warn] }",
    ),
  )
  await writeFile(at('rollout.yaml'), document('Rollout', 'spring', rolloutSpec('berlin-1')))
  await writeFile(at('passphrase'), 'correct horse battery\n')
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const document = (kind: string, name: string, spec: string) =>
  `{ apiVersion: storecast/v1, kind: ${kind}, metadata: { name: ${name} }, spec: ${spec} }\n`
const ruleSpec = "{ subject: device, when: '!device.online', summary: '{{device.id}} is away' }"
const rolloutSpec = (device: string) =>
  `{ model: models:/demand/1, evidence: none, selector: { labels: { device: ${device} } }, steps: [{ pause: {} }, { setWeight: 50 }, { pause: {} }, { setWeight: 100 }] }`

const context = (): CliContext => ({
  terminal: { out: () => undefined, err: () => undefined, progress: () => undefined },
  signal: new AbortController().signal,
  env: {},
  readInput: async () => '',
})
const verbs = new Map(verbsOf(buildProgram(context())))
const verbOf = (argv: readonly string[]) => [argv.slice(0, 2).join(' '), argv[0]!].find((one) => verbs.has(one))

/** As a person types it. @throws where it does not end with `status` */
async function storecast(line: string | readonly string[], options: Typed & { status?: number } = {}) {
  const argv = typeof line === 'string' ? line.split(' ') : line
  const { status = 0, env, ...rest } = options
  const said = await type(argv, { ...rest, env: { STORECAST_KEY_PASSPHRASE_FILE: at('passphrase'), ...env } })
  expect([said.status, said.err], argv.join(' ')).toEqual([status, expect.any(String)])
  const verb = verbOf(argv)!
  const record = typed.get(verb) ?? { statuses: [], json: false, printed: false }
  record.statuses.push(said.status)
  record.printed ||= said.out !== ''
  if (argv.includes('--json')) {
    JSON.parse(said.out)
    record.json = true
  }
  typed.set(verb, record)
  return said
}
const json = async (line: string, options?: Typed) => JSON.parse((await storecast(`${line} --json`, options)).out)
const trust = (line: string) => `trust ${line} --folder ${at('trust')}`

/** The cloud looks at rules every fifteen seconds, and does much else. */
const SOON = 60_000

/** What ingest writes when a device says that it serves what it should. */
async function reportsWhatIsDesired(device: string): Promise<void> {
  const { generation, models } = (await server.call('GET', `/v1/devices/${device}/desired`)).body
  const at = Date.now()
  const demand = { active: models.demand.version, target: models.demand.version, phase: 'active', at }
  const body = { site: 'berlin', agentVersion: '0.1.0', generation, models: { demand }, documents: {} }
  await server.pool.query('UPDATE devices SET online = true, presence_at = $2 WHERE id = $1', [device, at])
  await server.pool.query(
    `INSERT INTO reported (device, body, epoch, seq, received_at) VALUES ($1, $2, 1, 1, $3)
     ON CONFLICT (device) DO UPDATE SET body = $2, seq = reported.seq + 1, received_at = $3`,
    [device, body, at],
  )
}

/** In the order in which they run: what one does, the next ones find. */
const SCENARIOS: Readonly<Record<string, () => Promise<unknown>>> = {
  login: async () => {
    await storecast(`login ${server.cloud.url} --with-token`, { input: server.cloud.adminToken })
    const { err } = await storecast(`login ${server.cloud.url} --oidc`, { status: 1 })
    expect(err).toMatch(/has no provider of logins/)
    await storecast(`login ${server.cloud.url} --oidc --user anna`, { status: 1 })
  },
  whoami: async () => {
    expect(await json('whoami')).toMatchObject({ limit: {}, permissions: expect.arrayContaining(['user.write']) })
    expect((await storecast('whoami')).out).toMatch(/sites +every site/)
  },
  'user add': async () => {
    const secret = 'a long enough secret'
    expect(await json('user add anna --role operator --role steward --limit region=eu', { secret })).toMatchObject({
      ...{ name: 'anna', roles: ['operator', 'steward'], limit: { region: 'eu' } },
    })
    await storecast('user add bob --role viewer --password-stdin', { input: `${secret}\n` })
    expect((await storecast('user add cleo --role king', { secret, status: 1 })).err).toMatch(/"king" is no role/)
    expect((await storecast('user add cleo --role viewer', { status: 1 })).err).toMatch(/--password-stdin/)
    expect((await storecast('user add cleo --role viewer', { secret: 'short', status: 1 })).err).toMatch(
      /12 characters/,
    )
  },
  'user set-role': async () => {
    expect(await json('user set-role bob viewer steward')).toMatchObject({ roles: ['viewer', 'steward'] })
  },
  'user set-limit': async () => {
    expect(await json('user set-limit bob region=eu')).toMatchObject({ limit: { region: 'eu' } })
    expect((await storecast('user set-limit bob')).err).toBe('user bob sees every site\n')
    expect((await storecast('user set-limit bob eu', { status: 1 })).err).toMatch(/eu: say name=value/)
  },
  'user passwd': async () => {
    const env = { XDG_CONFIG_HOME: at('config-of-bob') }
    const login = (secret: string, status = 0) =>
      storecast(`login ${server.cloud.url} --user bob`, { env, secret, status: status as 0 })
    await login('a long enough secret')
    await storecast('user passwd', { env, secret: 'another long secret' })
    await storecast('whoami', { env, status: 4 })
    await login('a long enough secret', 4)
    await login('another long secret')
    await storecast('user passwd bob --password-stdin', { input: 'a third long secret' })
    await login('a third long secret')
    expect((await storecast('whoami', { env })).out).toMatch(/user +bob/)
    await storecast('logout', { env })
    await storecast('whoami', { env, status: 4 })
  },
  'user disable': async () => {
    expect((await storecast('user disable bob', { answer: 'no', status: 2 })).err).toMatch(/locked out/)
    expect(await json('user disable bob --yes')).toMatchObject({ disabledAt: expect.any(Number) })
  },
  'user enable': async () => {
    expect(await json('user enable bob')).toMatchObject({ disabledAt: null })
  },
  'user list': async () => {
    expect(await json('user list')).toMatchObject([{ name: 'anna' }, { name: 'bob' }])
    expect((await storecast('user list')).out).toMatch(/anna +operator, steward +region=eu/)
  },
  'token create': async () => {
    const { secret, token } = await json('token create ci --role viewer --limit region=eu --expires 1')
    expect(token).toMatchObject({ name: 'ci', roles: ['viewer'], limit: { region: 'eu' } })
    const env = { STORECAST_URL: server.cloud.url, STORECAST_TOKEN: secret }
    expect(await json('whoami', { env })).toMatchObject({ token: 'ci', limit: { region: 'eu' } })
    expect((await storecast('token create more --role admin', { env, status: 1 })).err).toMatch(
      /no more than who makes/,
    )
    expect((await storecast('token create robot --role operator --no-expires')).out).toMatch(/^[\w-]{43}\n$/)
  },
  'token list': async () => {
    expect(await json('token list')).toMatchObject([{ owner: null }, { owner: null }])
    expect((await storecast('token list --all')).out).toMatch(/ci +– +viewer +region=eu/)
  },
  'token revoke': async () => {
    const [{ id, name }] = await json('token list')
    await storecast(`token revoke ${id}`, { answer: 'no', status: 2 })
    expect(await json(`token revoke ${id} --yes`)).toMatchObject({ name, revokedAt: expect.any(Number) })
  },
  'device label': async () => {
    expect(await json('device label berlin-1 tier=gold pilot=yes --dry-run')).toMatchObject({
      labels: { tier: 'gold' },
    })
    expect((await json('device show berlin-1')).labels).toEqual({})
    expect((await json('device label berlin-1 tier=gold pilot=yes')).labels).toEqual({ tier: 'gold', pilot: 'yes' })
    expect((await storecast('device label berlin-1 pilot-')).out).toBe('tier=gold\n')
    expect((await storecast('device label berlin-1 gold', { status: 1 })).err).toMatch(/write name=value/)
  },
  'device list': async () => {
    expect(await json('device list --selector tier=gold')).toMatchObject([{ id: 'berlin-1' }])
    expect(await json('device list --selector !tier --limit 1')).toMatchObject([{ id: 'berlin-2' }])
    expect(await json('device list --site oslo')).toEqual([])
    expect((await storecast('device list --limit none', { status: 1 })).err).toMatch(/whole number/)
  },
  'device show': async () => {
    expect(await json('device show berlin-1')).toMatchObject({ id: 'berlin-1', desired: { models: {} } })
  },
  'device logs': async () => {
    await server.pool.query(
      `INSERT INTO events (device, id, at, severity, code, message, detail, epoch, seq, received_at)
       VALUES ('berlin-1', gen_random_uuid(), 1, 'warning', 'log', 'no link to the cloud', '{}', 1, 1, 1)`,
    )
    expect(await json('device logs berlin-1 --limit 5')).toMatchObject([
      { code: 'log', message: 'no link to the cloud' },
    ])
    expect((await storecast('device logs berlin-1')).out).toMatch(/ warning +log +no link to the cloud/)
  },
  'device timeline': async () => {
    expect(await json('device timeline berlin-1 --limit 9')).toMatchObject([
      { kind: 'device', what: 'labelled', who: expect.any(String) },
      { kind: 'device', what: 'labelled', detail: 'none → pilot=yes, tier=gold' },
      { kind: 'device', what: 'enrolled' },
      { kind: 'event', what: 'log', severity: 'warning' },
    ])
    expect((await storecast('device timeline berlin-1 --kind event')).out).toMatch(/event +log +.*no link to the cloud/)
    expect((await storecast('device timeline berlin-1 --kind gap')).err).toMatch(/nothing of that/)
    await storecast('device timeline berlin-1 --kind weather', { status: 1 })
    await storecast('device timeline nobody', { status: 1 })
  },
  'device support-bundle': async () => {
    const waiting = await storecast('device support-bundle berlin-1 --wait 0', { status: 1 })
    const [, request] = /--request (\S+)/.exec(waiting.err) ?? []
    await server.pool.query('UPDATE support_bundles SET archive = $1, received_at = 1', [Buffer.from('archive')])
    const line = `device support-bundle berlin-1 --request ${request} --out ${at('bundle.tar.gz')}`
    expect(await json(line)).toMatchObject({ device: 'berlin-1', bytes: 7 })
    expect(await readFile(at('bundle.tar.gz'), 'utf8')).toBe('archive')
  },
  'device revoke': () => storecast('device revoke berlin-3 --json', { answer: 'berlin-3' }),
  'device retire': () => storecast('device retire berlin-3 --json', { answer: 'berlin-3' }),
  'model push': async () => {
    expect((await storecast(`model push ${at('rollout.yaml')}`, { status: 1 })).err).toMatch(/not a tar archive/)
    await elsewhere('push.test.ts', /'model', 'push', .*'--json'/)
  },
  'model train': () => elsewhere('cli.test.ts', /'model', 'train', .*'--json'/),
  'model inspect': () => elsewhere('cli.test.ts', /'model', 'inspect', out/),
  'model list': async () => {
    expect(await json('model list --limit 5')).toMatchObject([{ name: 'demand', versions: 3 }])
  },
  'model show': async () => {
    expect((await json('model show demand --limit 2')).items).toHaveLength(2)
    expect(await json('model show demand/1')).toMatchObject({ version: 1 })
  },
  'model alias': async () => {
    expect((await storecast('model alias demand/1 champion --dry-run')).err).toMatch(/none → 1; nothing was done/)
    expect((await json('model alias demand/1 champion --reason first')).aliases).toEqual({ champion: 1 })
    expect((await storecast('model alias demand/2 candidate')).err).toBe('candidate: none → 2\n')
    expect((await json('model alias demand candidate --remove')).aliases).toEqual({ champion: 1 })
    expect((await storecast('model alias demand champion', { status: 1 })).err).toMatch(/name a version/)
  },
  'model compare': async () => {
    expect(await json('model compare demand@champion demand/2')).toMatchObject([{ version: 1 }, { version: 2 }])
    expect((await storecast('model compare demand@champion demand/2')).out).toMatch(
      /^wape +0.3000 +0.3000 \(\+0.0 %\)$/m,
    )
    expect((await storecast('model compare demand/1', { status: 1 })).err).toMatch(/at least two/)
    expect((await storecast('model compare demand demand/1', { status: 1 })).err).toMatch(/say which version/)
  },
  'model slices': async () => {
    // A Monday.
    const start = Date.UTC(2026, 2, 2)
    const sold = (entity: string, actual: number) => ({
      ...{ model: 'demand', version: 1, entity, issuedAt: start, start, end: start + 86_400_000, baseline: 0 },
      ...{ quantiles: [0, 4, 9], mean: 4, score: { scoredAt: start + 86_400_000, actual, censored: false } },
    })
    await addForecasts(server.pool, 'berlin-1', [sold('milk', 8), sold('rolls', 2)])
    const slices = 'model slices demand@champion --by'
    expect(await json(`${slices} attribute:category`)).toMatchObject([
      { version: 1, attribute: 'bakery', share: 0.2, wape: 1 },
      { version: 1, attribute: 'dairy', share: 0.8, wape: 0.5, rows: 1 },
    ])
    expect((await storecast(`${slices} product --top 1`)).out).toMatch(/ milk .*\n.* \(1 smaller ones\) /)
    expect((await storecast(`${slices} weekday --days 1 --until 2026-03-03`)).out).toMatch(/ Monday +60.0 % +100.0 % /)
    expect((await storecast('model slices demand --days 1 --until 2026-03-02')).err).toMatch(/nothing was scored/)
    expect((await storecast(`${slices} attribute`, { status: 1 })).err).toMatch(/attribute:category/)
    expect((await storecast(`${slices} colour`, { status: 1 })).err).toMatch(/attribute:<name>/)
  },
  'key create': async () => {
    for (const who of ['alice', 'bob']) await storecast(`key create ${at(who)} --json`)
  },
  'key show': async () => {
    expect(await json(`key show ${at('alice.pub')}`)).toMatchObject({ keyId: expect.any(String) })
  },
  'key passphrase': () => storecast(`key passphrase ${at('bob')}`, { secret: 'correct horse battery' }),
  'trust cloud-keys': () => storecast(`trust cloud-keys --out ${at('cloud-keys.json')}`),
  'trust init': async () => {
    const keys = `--cloud-keys ${at('cloud-keys.json')} --root ${at('alice.pub')} --targets ${at('alice.pub')}`
    expect(await json(trust(`init ${keys}`))).toMatchObject({ root: null, pending: [{ missing: 1 }, { missing: 1 }] })
  },
  'trust sign': async () => {
    expect(await json(trust(`sign --key ${at('alice')} --yes`))).toMatchObject({ pending: [] })
  },
  'trust push': async () => {
    expect(await json(trust('push'))).toMatchObject({ root: { state: 'in-force' }, targets: { state: 'in-force' } })
  },
  'trust status': async () => {
    expect(await json(trust('status'))).toMatchObject({ cloud: { root: { version: 1 } } })
  },
  'trust fetch': async () => {
    expect(await json(trust('fetch'))).toMatchObject({ root: 1 })
  },
  approve: async () => {
    const key = `--key ${at('alice')} --yes`
    expect(await json(`approve demand@1 --folder ${at('trust')} ${key}`)).toMatchObject({ state: 'in-force' })
  },
  'enroll create': async () => {
    expect(await json('enroll create --site berlin --count 2')).toHaveLength(2)
  },
  'enroll list': async () => {
    expect(await json('enroll list')).toHaveLength(2)
  },
  'enroll revoke': async () => {
    const [claim] = await json('enroll list')
    await storecast(`enroll revoke ${claim.id}`)
    expect((await storecast('enroll list')).out).toMatch(/withdrawn/)
  },
  diff: async () => {
    expect((await storecast(`diff -f ${at('fleet')}`, { status: 1 })).out).toMatch(/create DeviceGroup eu \(new\)/)
    expect(JSON.parse((await storecast(`diff -f ${at('fleet')} --json`, { status: 1 })).out)).toHaveLength(2)
    await storecast(`diff -f ${at('passphrase')}`)
  },
  apply: async () => {
    expect(await json(`apply -f ${at('fleet')} --dry-run`)).toHaveLength(2)
    expect((await storecast(`apply -f ${at('fleet')}`)).err).toBe('2 changes made\n')
    expect(await json(`apply -f ${at('fleet')}`)).toEqual([])
  },
  'group list': async () => {
    expect(await json('group list')).toMatchObject([{ metadata: { name: 'eu' } }])
    expect((await storecast('group list')).out).toMatch(/^eu +region=eu/m)
    expect(await json('device list --group eu')).toHaveLength(3)
  },
  'group show': async () => {
    expect((await storecast('group show eu')).out).toMatch(/^kind: DeviceGroup$/m)
    expect(await json('group show eu')).toMatchObject({ kind: 'DeviceGroup' })
  },
  'group delete': () => storecast('group delete eu', { answer: 'eu' }),
  'drift run': async () => {
    expect(await json('drift run')).toMatchObject({ state: 'succeeded', summary: { devices: 0 } })
    await storecast('drift run --until 2026-03-29T00:00:00Z')
  },
  'drift list': async () => {
    const [{ max }] = (await server.pool.query('SELECT max(id)::int4 AS max FROM monitoring_runs')).rows
    const figure = (value: number) => ({ value, threshold: 0.1, p: 0.001 })
    await server.pool.query(
      `INSERT INTO drift (run, scope, name, kind, model, version, column_name, from_at, to_at, devices, rows, effective,
         statistics, p, q, verdict, previous_psi)
       VALUES ($1, 'device', 'berlin-1', 'sensor', '', 0, 'fridge', 0, 1000, 1, 300, 88.4, $2, 0.001, 0.01, 'drift', 0.04)`,
      [max, { psi: figure(0.3), ks: figure(0.2), wasserstein: figure(0.6) }],
    )
    expect((await storecast('drift list --device berlin-1')).out).toMatch(
      /berlin-1 +fridge +1 +300 \(88\) +0.300 \(0.100\)/,
    )
    expect(await json('drift list --label region=eu --all')).toEqual([])
  },
  'drift show': async () => {
    expect((await storecast('drift show fridge --device berlin-1')).out).toMatch(/drift/)
    expect(await json('drift show target --model demand')).toEqual([])
  },
  'drift performance': async () => {
    await storecast('drift performance')
    expect(await json('drift performance --device berlin-1')).toEqual([])
  },
  'catalogue list': async () => {
    const spec = '{ owner: food@example.com, sensors: [fridge] }'
    await writeFile(at('dataset.yaml'), document('Dataset', 'cold-chain', spec))
    await storecast(`apply --set catalogue -f ${at('dataset.yaml')}`)
    expect((await storecast('catalogue list --sensor fridge')).out).toMatch(/^cold-chain +food@example.com +food@/m)
    expect(await json('catalogue list --sensor none')).toEqual([])
  },
  'catalogue show': async () => {
    expect(await json('catalogue show cold-chain')).toMatchObject({ spec: { sensitivity: 'internal' } })
  },
  'sensor list': async () => {
    const fridge = { name: 'fridge', kind: 'gauge', unit: '°C', resolution: 0.1, range: [-40, 60], interval: 60 }
    const sales = { name: 'sales', kind: 'event', unit: 'units', resolution: 1, range: [0, 100], per: 'product' }
    const site = { timeZone: 'Europe/Berlin', labels: { region: 'eu' }, sensors: [fridge, sales] }
    await server.call('PUT', '/v1/sites/bonn', { json: site })
    expect((await storecast('sensor list')).out).toMatch(/^fridge +gauge +°C +site +1 +1 +cold-chain +0$/m)
    expect((await storecast('sensor list --unheld')).out).toMatch(/^sales .* none +0$/m)
    expect(await json('sensor list --name ridg')).toMatchObject([{ name: 'fridge', unheld: 0 }])
    expect((await storecast('sensor list --name nothing')).err).toMatch(/no shop defines such a sensor/)
  },
  'sensor show': async () => {
    const { out } = await storecast('sensor show fridge')
    expect(out).toMatch(/^data set cold-chain, of food@example.com, .*: counts for 1 site$/m)
    expect(out).toMatch(/^1 site as bonn: gauge per site, -40 to 60 °C in steps of 0.1, every 60 s, windows of 5m$/m)
    expect(await json('sensor show sales')).toMatchObject({
      unheld: 1,
      variants: [{ per: 'product', example: 'bonn' }],
    })
    expect((await storecast('sensor show freezer', { status: 1 })).err).toMatch(/No site defines a sensor freezer/)
  },
  'feature-view list': async () => {
    expect((await storecast('feature-view list')).out).toMatch(
      /^demand .* daily-demand +28 x 1d +3 +sales, stockout +.* none$/m,
    )
    expect(await json('feature-view list --sensor sales')).toMatchObject([{ name: 'demand', features: 3 }])
    expect((await storecast('feature-view list --sensor fridge')).err).toMatch(/no model reads the sensor fridge/)
  },
  'feature-view show': async () => {
    const { out } = await storecast('feature-view show demand')
    expect(out).toMatch(/^looks back +28 x 1d$/m)
    expect(out).toMatch(/^lag7: history of sales, stockout$/m)
    expect(await json('feature-view show demand')).toMatchObject({ features: [{ name: 'lag7' }, {}, {}] })
    expect((await storecast('feature-view show none', { status: 1 })).err).toMatch(/no model of this name/)
  },
  'kpi compare': async () => {
    const line = 'kpi compare stock-out-rate --change 2026-03-22 --until 2026-03-29'
    expect(await json(`${line} --treated region=eu --control region=us`)).toMatchObject({ againstControl: null })
    expect((await storecast(line)).out).toMatch(/^every shop +0 +– +– +–$/m)
    expect((await storecast('kpi compare nothing --change 2026-03-22', { status: 1 })).err).toMatch(/stock-out-rate/)
  },
  'decision list': async () => {
    expect(await json('decision list')).toEqual([])
    await server.pool.query(
      `INSERT INTO decisions (device, id, decision, model, version, entity, issued_at, start_at, end_at, quantiles, stock,
         on_order, action, quantity, chosen_at, choice, chosen_quantity, reason, judged_at, actual, stock_out, correct,
         epoch, seq, received_at)
       VALUES ('berlin-1', gen_random_uuid(), 'reorder', 'demand', 1, 'milk', 0, 0, 1, '{1,2,3}', 1.5, 0.25, 'reorder', 6,
         1, 'changed', 12, 'a fair', 2, 4, true, true, 1, 1, 0)`,
    )
    expect((await storecast('decision list --site berlin --state changed')).out).toMatch(
      /milk +demand\/1 +1.5 \+ 0.25 +6 +changed +12 +4, ran out +yes +a fair$/m,
    )
    expect(await json('decision list --wrong')).toEqual([])
    expect((await storecast('decision list --product bread')).err).toMatch(/no device has decided/)
  },
  'task list': async () => {
    await server.pool.query(
      `INSERT INTO stewardship_tasks
         (device, site, sensor, dimension, dataset, owner, steward, state, threshold, score, worst, opened_at, scored_at)
       VALUES ('berlin-1', 'berlin', 'fridge', 'completeness', 'cold-chain', 'food@example.com', 'food@example.com', 'open',
         0.9, 0.5, 0.4, 0, 0)`,
    )
    expect((await storecast('task list --steward food@example.com')).out).toMatch(
      /^ +1 +berlin-1 +fridge +completeness/m,
    )
    expect(await json('task list --state closed --site berlin')).toEqual([])
  },
  'task look': async () => {
    expect(await json('task look berlin')).toMatchObject({ opened: [], closed: [] })
    expect((await storecast('task look berlin --until 2026-03-29T00:00:00Z')).err).toMatch(/no task of berlin/)
    expect((await storecast('task look berlin --until soon', { status: 1 })).err).toMatch(/2026-03-29T00:00:00Z/)
  },
  'task acknowledge': async () => {
    expect(await json('task acknowledge 1')).toMatchObject({ state: 'acknowledged' })
  },
  'task assign': async () => {
    expect((await storecast('task assign 1 pat')).err).toBe('task 1 is assigned\n')
    expect(await json('task assign 1 sam')).toMatchObject({ assignee: 'sam' })
  },
  'task comment': async () => {
    await json('task comment 1 ordered')
  },
  'task close': async () => {
    expect(await json('task close 1 --note enough')).toMatchObject({ state: 'closed', endReason: 'closed' })
    expect((await storecast('task close 1', { status: 1 })).err).toMatch(/Task 1 is closed/)
  },
  'task show': async () => {
    expect((await storecast('task show 1')).out).toMatch(/commented by \S+: ordered/)
    expect((await json('task show 1')).history).toHaveLength(5)
  },
  'catalogue delete': () => storecast('catalogue delete cold-chain', { answer: 'cold-chain' }),
  'policy list': async () => {
    expect(await json('policy list')).toMatchObject([{ metadata: { name: 'any' } }])
  },
  'policy show': async () => {
    expect(await json('policy show any')).toMatchObject({ kind: 'Policy' })
  },
  'policy test': async () => {
    expect(await json('policy test --model models:/demand/1 --gate register')).toMatchObject([{ verdict: 'allow' }])
  },
  'policy delete': () => storecast('policy delete any', { answer: 'any' }),
  'rollout start': async () => {
    expect(await json(`rollout start -f ${at('rollout.yaml')} --dry-run`)).toMatchObject({ devices: 1 })
    expect(await json('rollout list')).toEqual([])
    expect(await json(`rollout start -f ${at('rollout.yaml')}`)).toMatchObject({ name: 'spring' })
  },
  'rollout list': async () => {
    expect(await json('rollout list')).toHaveLength(1)
  },
  'rollout status': async () => {
    expect(await json('rollout status spring')).toMatchObject({ counts: { devices: 1 } })
  },
  'rollout devices': async () => {
    expect(await json('rollout devices spring --state pending')).toMatchObject([{ device: 'berlin-1' }])
  },
  'rollout queue': async () => {
    expect(await json('rollout queue spring')).toEqual([])
  },
  'rollout history': async () => {
    expect((await json('rollout history spring')).at(-1)).toMatchObject({ what: 'start' })
  },
  'rollout promote': async () => {
    await storecast('rollout status spring --watch', { status: 1 })
    expect(await json('rollout promote spring')).toMatchObject({ step: 1 })
  },
  'rollout pause': async () => {
    expect(await json('rollout pause spring')).toMatchObject({ state: 'paused' })
  },
  'rollout resume': async () => {
    expect(await json('rollout resume spring')).toMatchObject({ name: 'spring' })
  },
  'rollout retry': async () => {
    expect(await json('rollout retry spring')).toMatchObject({ name: 'spring' })
  },
  'rollout abort': async () => {
    expect(await json('rollout abort spring --dry-run')).toMatchObject({ state: 'aborting' })
    await storecast('rollout abort spring', { answer: 'summer', status: 2 })
    expect(await json('rollout abort spring --yes')).toMatchObject({ name: 'spring' })
    await vi.waitFor(async () => expect((await type(['rollout', 'status', 'spring'])).out).toMatch(/^state +aborted$/m))
  },
  'rollout undo': async () => {
    const spec =
      '{ model: models:/demand/1, evidence: none, selector: { labels: { device: berlin-2 } }, steps: [{ setWeight: 100 }] }'
    await writeFile(at('summer.yaml'), document('Rollout', 'summer', spec))
    await storecast(`rollout start -f ${at('summer.yaml')}`)
    // What it is told of spring's end and of summer's beginning comes in its time.
    await vi.waitFor(async () => {
      await reportsWhatIsDesired('berlin-2')
      expect((await json('rollout status summer')).state).toBe('succeeded')
    }, SOON)
    expect(await json('rollout undo summer --yes')).toMatchObject({ name: 'summer', state: 'undoing' })
  },
  revoke: async () => {
    const line = `revoke demand@3 --reason slow --folder ${at('trust')} --key ${at('alice')}`
    expect((await storecast(line, { answer: 'yes', status: 2 })).err).toMatch(/demand@3 will be withdrawn/)
    expect(await json(`${line} --yes`)).toMatchObject({ state: 'in-force' })
  },
  'trust renew': async () => {
    expect(await json(trust('renew --only targets'))).toMatchObject({ pending: [{ role: 'targets' }] })
  },
  'trust discard': () => storecast(trust('discard targets --local')),
  'trust rotate': async () => {
    const line = trust(`rotate --targets ${at('bob.pub')}`)
    expect((await storecast(line, { answer: 'yes', status: 2 })).err).toMatch(/Who may sign/)
    expect(await json(line, { answer: 'rotate' })).toMatchObject({ pending: [{ role: 'root' }, { role: 'targets' }] })
  },
  'kpi list': async () => {
    // Beside it, once a minute has passed, what the cloud has cost of processor time.
    const listed = await json('kpi list --days 30')
    expect(listed).toContainEqual(expect.objectContaining({ id: 'deployment-frequency', value: 0, met: null }))
    expect((await storecast('kpi list --by site')).out).toMatch(/^Model versions rolled out +– +[\d.]+ \/30 d/m)
    expect((await storecast('kpi list --by region', { status: 1 })).err).toMatch(/label:region/)
  },
  'alert-rule test': async () => {
    const path = at('rule.yaml')
    await writeFile(path, document('AlertRule', 'away', ruleSpec))
    expect(await json(`alert-rule test -f ${path}`)).toMatchObject([{ rule: 'away', subjects: 2, unknown: 0 }])
    expect((await storecast(`alert-rule test -f ${path}`)).out).toMatch(
      /^away: true of [12] of 2\n {2}berlin-\d is away/,
    )
    expect((await storecast(`alert-rule test -f ${at('rollout.yaml')}`, { status: 1 })).err).toMatch(
      /no document of kind/,
    )
    const route = document('AlertRoute', 'nowhere', '{ receiver: { type: slack, url: { secret: nothing } } }')
    await writeFile(at('route.yaml'), route)
    await storecast(`apply -f ${at('route.yaml')} --set alerts`)
    await storecast(`apply -f ${path} --set rules`)
  },
  'alert-rule list': async () => {
    expect(await json('alert-rule list')).toMatchObject([{ document: { metadata: { name: 'away' } } }])
  },
  'alert-rule show': async () => {
    expect(await json('alert-rule show away')).toMatchObject({ kind: 'AlertRule' })
    expect((await storecast('alert-rule show away')).out).toMatch(/^kind: AlertRule$/m)
  },
  'alert-route list': async () => {
    expect(await json('alert-route list')).toMatchObject([{ metadata: { name: 'nowhere' } }])
  },
  'alert-route show': async () => {
    expect(await json('alert-route show nowhere')).toMatchObject({ kind: 'AlertRoute' })
  },
  'alert list': async () => {
    await vi.waitFor(async () => expect((await json('alert list')).length).toBeGreaterThan(0), SOON)
    expect(await json('alert list --severity info --site berlin')).toEqual([])
    expect((await storecast('alert list --state all')).out).toMatch(/firing.*is away/)
  },
  'alert show': async () => {
    await vi.waitFor(async () => {
      expect((await json('alert show 1')).notifications).toMatchObject([{ route: 'nowhere', state: 'failed' }])
    }, SOON)
    expect((await storecast('alert show 1')).out).toMatch(
      /nowhere {2}firing {2}failed: .*STORECAST_SECRET_NOTHING_FILE/,
    )
  },
  'alert ack': async () => {
    expect(await json('alert ack 1 --note mine')).toMatchObject({ note: 'mine' })
    expect((await storecast('alert ack 1')).err).toMatch(/^alert 1 is firing, taken by /)
  },
  'alert resend': async () => {
    const { id } = (await json('alert show 1')).notifications[0]
    expect(await json(`alert resend ${id}`)).toMatchObject({ state: 'queued' })
  },
  'silence create': async () => {
    expect(await json('silence create --label site=berlin --for 8h --comment rebuilt')).toMatchObject({ id: 1 })
    expect((await storecast('silence create --label a=b --for long --comment x', { status: 1 })).err).toMatch(/30m/)
  },
  'silence list': async () => {
    expect(await json('silence list')).toMatchObject([{ labels: { site: 'berlin' }, comment: 'rebuilt' }])
  },
  'silence end': async () => {
    await storecast('silence end 1')
    expect(await json('silence list')).toEqual([])
  },
  'alert-rule delete': () => storecast('alert-rule delete away', { answer: 'away' }),
  'alert-route delete': () => storecast('alert-route delete nowhere --yes'),
  'audit list': async () => {
    expect(await json('audit list --limit 2')).toHaveLength(2)
  },
  'audit export': async () => {
    expect((await storecast('audit export')).out.split('\n').length).toBeGreaterThan(20)
  },
  'audit verify': async () => {
    expect(await json('audit verify')).toMatchObject({ damage: [] })
  },
  'mosquitto setup': () =>
    storecast(
      `mosquitto setup ${at('mosquitto')} --name mqtt.example --host 127.0.0.1 --port 18883 --cloud-port 11884`,
    ),
  'mosquitto watch': () => elsewhere('../test/mosquitto.test.ts', /startFleetMosquitto/),
  backup: () => elsewhere('../test/restore.test.ts', /'backup'/),
  restore: () => elsewhere('../test/restore.test.ts', /'restore'/),
  doctor: async () => {
    const findings = await json('doctor')
    expect(findings).toContainEqual(expect.objectContaining({ check: 'cloud', level: 'ok' }))
    expect(findings).toContainEqual(expect.objectContaining({ check: 'policies', level: 'warn' }))
    expect((await storecast('doctor')).out).toMatch(/^\[ ok \] database +answers; \d+ migrations, none missing$/m)
    const unreachable = { env: { STORECAST_URL: 'http://127.0.0.1:9', STORECAST_TOKEN: 'x' }, status: 1 }
    expect((await storecast('doctor', unreachable)).out).toMatch(/^\[FAIL\] cloud +it cannot be reached/m)
    const guess = { env: { STORECAST_URL: server.cloud.url, STORECAST_TOKEN: 'guess' }, status: 4 }
    expect((await storecast('doctor', guess)).out).toMatch(/^\[FAIL\] cloud/m)
    expect((await storecast('doctor', { env: { XDG_CONFIG_HOME: at('none') }, status: 4 })).out).toMatch(/no login/)
  },
  completion: async () => {
    for (const shell of ['bash', 'zsh', 'fish']) await storecast(`completion ${shell}`)
  },
  logout: () => storecast('logout'),
}

/** Needs a constellation of its own: the named test types it. */
const away = new Set<string>()
async function elsewhere(file: string, types: RegExp): Promise<void> {
  expect(await readFile(join(import.meta.dirname, file), 'utf8')).toMatch(types)
  away.add(expect.getState().currentTestName!.split(' > ').at(-1)!)
}

/** Verbs that print no data, but what is no JSON in itself: scripts, lines of an export, the path of what was written. */
const NO_JSON = [
  ...[
    'login',
    'logout',
    'user passwd',
    'enroll revoke',
    'group delete',
    'catalogue delete',
    'policy delete',
    'alert-rule delete',
    'alert-route delete',
    'silence end',
    'key passphrase',
    'trust cloud-keys',
  ],
  ...['trust discard', 'audit export', 'mosquitto setup', 'mosquitto watch', 'completion'],
]
const PRINTS_OTHERWISE = ['audit export', 'mosquitto setup', 'completion']

describe('every verb works on a real cloud', () => {
  for (const [verb, run] of Object.entries(SCENARIOS)) {
    it(verb, async () => {
      await run()
      if (away.has(verb)) return
      const record = typed.get(verb)
      // Differences are what diff is asked for.
      expect(record?.statuses, `nothing typed "${verb}" that ended with 0`).toContain(0)
      expect([verb, record!.json]).toEqual([verb, !NO_JSON.includes(verb)])
      if (NO_JSON.includes(verb)) expect([verb, record!.printed]).toEqual([verb, PRINTS_OTHERWISE.includes(verb)])
    })
  }
})

describe('the program', () => {
  it('has no verb without a scenario, and none without an example', () => {
    expect(Object.keys(SCENARIOS).sort()).toEqual([...verbs.keys()].sort())
    expect(Object.keys(EXAMPLES).sort()).toEqual([...verbs.keys()].sort())
  })

  const every: (readonly [string, Command])[] = [...verbs]
  it.each(every)('tells how to use "%s"', (verb, command) => {
    let help = ''
    command
      .configureOutput({
        writeOut: (text) => {
          help += text
        },
      })
      .outputHelp()
    expect(help).toMatch(new RegExp(`^Usage: storecast ${verb}`))
    expect(help).toMatch(/^Examples?:\n {2}\S/m)
    expect(command.description()).toMatch(/^[A-Z].{10,120}[^.]$/)
    for (const option of command.options)
      expect([option.long, option.description]).toEqual([option.long, expect.stringMatching(/\w{2}/)])
    expect(command.options.some(({ long }) => long === '--json')).toBe(!NO_JSON.includes(verb))
    // What cannot be undone asks, and scripts can answer.
    if (/^(device (revoke|retire)|group delete|catalogue delete|policy delete|revoke|trust rotate)$/.test(verb)) {
      expect(command.options.map(({ long }) => long)).toContain('--yes')
    }
  })

  it.each(Object.entries(EXAMPLES))('has examples of "%s" that it would take', (verb, lines) => {
    const command = verbs.get(verb)!
    for (const line of lines) {
      const [, words] = /storecast ([^|<>)]*)/.exec(line)!
      expect(words!.trim()).toMatch(new RegExp(`^${verb}\\b`))
      for (const [option] of words!.matchAll(/(?<=\s)--?[a-z][a-z-]*/g)) {
        const known = command.options.some(({ long, short }) => long === option || short === option)
        expect(known, `${option} in "${line}"`).toBe(true)
      }
    }
  })
})
