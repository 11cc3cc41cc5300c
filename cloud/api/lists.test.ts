import { afterAll, beforeAll, expect, it } from 'vitest'
import { testRoute, testRule } from '../test/alert-documents.ts'
import { type TestCloud, testCloud } from '../test/cloud.ts'

/** Counts and sums, not lists: as many rows as there are KPIs, versions in service, or groups that were asked for. */
const SUMS = ['/v1/forecast-calibration', '/v1/forecast-scores', '/v1/kpis', '/v1/serving']

let server: TestCloud
beforeAll(async () => {
  // The rules stay unasked: they would find that the alerts have none.
  server = await testCloud({}, { alerts: { everySeconds: 3600, mailFrom: 'cloud@example.com', keepDays: null } })
}, 60_000)
afterAll(() => server[Symbol.asyncDispose]())

interface Operation {
  readonly parameters?: readonly { readonly name: string }[]
  readonly responses: Record<string, { content?: Record<string, { schema?: { properties?: object } }> }>
}

it('are paged by cursor, all of them', async () => {
  const { paths } = (await server.call('GET', '/v1/openapi.json', { token: null })).body as {
    paths: Record<string, { get?: Operation }>
  }
  const unpaged = Object.entries(paths).flatMap(([path, { get }]) => {
    const { properties = {} } = get?.responses['200']?.content?.['application/json']?.schema ?? {}
    const isPaged = 'next' in properties && get!.parameters?.some(({ name }) => name === 'cursor')
    return 'items' in properties && !isPaged ? [path] : []
  })
  expect(unpaged.sort()).toEqual(SUMS)
})

/** Page after page of one item, as often as there is a next one. */
async function walk<T>(path: string): Promise<T[]> {
  const items: T[] = []
  let cursor = ''
  do {
    const page = await server.call('GET', `${path}?limit=1${cursor}`)
    expect([page.status, page.body.items.length]).toEqual([200, 1])
    items.push(...page.body.items)
    cursor = page.body.next === undefined ? '' : `&cursor=${page.body.next}`
  } while (cursor !== '')
  // But for when they were looked at, which the cloud goes on doing meanwhile.
  const still = (some: readonly object[]) => some.map((one) => ({ ...one, askedAt: undefined }))
  expect(still(items as object[])).toEqual(still((await server.call('GET', path)).body.items))
  return items
}

/** Not in their order. */
const NAMES = ['power-2', 'cold', 'power', 'power-10']
const ordered = async (names: readonly string[]) => {
  const { rows } = await server.pool.query<{ name: string }>('SELECT name FROM unnest($1::text[]) name ORDER BY name', [
    names,
  ])
  return rows.map(({ name }) => name)
}
const put = async (path: string, json: unknown) =>
  expect([path, (await server.call('PUT', path, { json })).status]).toEqual([path, 200])

it('of documents give each once, by name, a page at a time', async () => {
  for (const name of NAMES) {
    await put(`/v1/alert-rules/${name}`, testRule({}, name))
    await put(
      `/v1/alert-routes/${name}`,
      testRoute({ type: 'alertmanager', url: 'http://127.0.0.1:9' }, { suspend: true }, name),
    )
    await put(`/v1/policies/${name}`, {
      ...{ apiVersion: 'storecast/v1', kind: 'Policy', metadata: { name } },
      spec: {
        gates: ['register'],
        validations: [{ expression: 'true', message: 'always' }],
        validationActions: ['Audit'],
      },
    })
    for (const kind of ['Policy', 'AlertRule']) await put(`/v1/applied/shops/${kind}/${name}`, { kind, name })
  }
  const names = await ordered(NAMES)
  const rules = await walk<{ document: { metadata: { name: string } } }>('/v1/alert-rules')
  expect(rules.map(({ document }) => document.metadata.name)).toEqual(names)
  for (const path of ['/v1/alert-routes', '/v1/policies']) {
    const documents = await walk<{ metadata: { name: string } }>(path)
    expect(documents.map(({ metadata }) => metadata.name)).toEqual(names)
  }
  const applied = await walk<{ kind: string; name: string }>('/v1/applied/shops')
  expect(applied.map(({ kind, name }) => `${kind} ${name}`)).toEqual(
    ['AlertRule', 'Policy'].flatMap((kind) => names.map((name) => `${kind} ${name}`)),
  )
  expect((await server.call('GET', '/v1/applied/shops?cursor=power')).body.code).toBe('cursor')
})

it('of copies that wait give each once, of one device too', async () => {
  await server.call('PUT', '/v1/sites/berlin', { json: { timeZone: 'Europe/Berlin' } })
  for (const id of ['till-2', 'till-1']) {
    await server.call('POST', '/v1/devices', { json: { id, site: 'berlin' } })
    for (const epoch of [12, 9]) {
      await server.pool.query(
        `INSERT INTO device_epochs (device, epoch, db_id, reason, quarantined, opened_at, link, runs, base, floor, highest)
         VALUES ($1, $2, gen_random_uuid(), 'fork', true, 0, 1, '[]', 0, 0, 0)`,
        [id, epoch],
      )
    }
  }
  const told = (copies: readonly { device: string; epoch: number }[]) =>
    copies.map(({ device, epoch }) => `${device} ${epoch}`)
  expect(told(await walk('/v1/quarantine'))).toEqual(['till-1 9', 'till-1 12', 'till-2 9', 'till-2 12'])
  const { items } = (await server.call('GET', '/v1/quarantine?device=till-2')).body
  expect(told(items)).toEqual(['till-2 9', 'till-2 12'])
  const discarded = await server.call('POST', '/v1/quarantine/till-2/9/discard')
  expect([discarded.status, told(discarded.body.items)]).toEqual([200, ['till-2 9', 'till-2 12']])
})

it('of what routes were told of an alert give each once, in order', async () => {
  const { rows } = await server.pool.query<{ id: number }>(
    `INSERT INTO alerts (rule, subject, state, severity, labels, summary, since, fired_at)
     VALUES ('power', 'till-1', 'firing', 'warning', '{}', 'away', 1, 1) RETURNING id`,
  )
  const alert = rows[0]!.id
  for (const name of NAMES) {
    await server.pool.query(
      `INSERT INTO alert_notifications (alert, route, status, state, sent_at, created_at)
       VALUES ($1, $2, 'firing', 'sent', 1, 1)`,
      [alert, name],
    )
  }
  const told = await walk<{ route: string }>(`/v1/alerts/${alert}/notifications`)
  expect(told.map(({ route }) => route)).toEqual(NAMES)
})

it('of support bundles give each once, also of those that were asked for at one time', async () => {
  await server.call('PUT', '/v1/sites/berlin', { json: { timeZone: 'Europe/Berlin' } })
  await server.call('POST', '/v1/devices', { json: { id: 'asked-1', site: 'berlin' } })
  await server.pool.query(
    `INSERT INTO support_bundles (id, device, asked_by, asked_at, expires_at)
     SELECT gen_random_uuid(), 'asked-1', 'anna', nth / 2, $1 FROM generate_series(2, 7) nth`,
    [Date.now() + 60_000],
  )
  const asked = await walk<{ id: string; askedAt: number }>('/v1/devices/asked-1/support-bundles')
  expect(asked.map(({ askedAt }) => askedAt)).toEqual([3, 3, 2, 2, 1, 1])
  expect(new Set(asked.map(({ id }) => id)).size).toBe(6)
})
