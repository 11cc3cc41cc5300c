import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { testBundle } from '../test/bundle.ts'
import { type Call, type TestCloud, testCloud } from '../test/cloud.ts'
import { parseRange } from './range.ts'

let server: TestCloud
let call: TestCloud['call']
let token: string
const site = { timeZone: 'Europe/Berlin', labels: { region: 'eu' }, entities: [{ id: 'milk', attributes: {} }] }

beforeAll(async () => {
  server = await testCloud()
  call = server.call
  await call('PUT', '/v1/sites/berlin', { json: site })
  token = (await call('POST', '/v1/devices', { json: { id: 'berlin-1', site: 'berlin' } })).body.token
})
afterAll(() => server[Symbol.asyncDispose]())

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const metric = async (line: string) => {
  const text = new TextDecoder().decode((await call('GET', '/metrics')).body)
  return Number(
    text
      .split('\n')
      .find((one) => one.startsWith(`${line} `))
      ?.split(' ')[1] ?? 0,
  )
}

describe('the API', () => {
  it('keeps sites, devices and models', async () => {
    expect((await call('GET', '/v1/sites/berlin')).body).toMatchObject({ id: 'berlin', devices: 1 })
    expect((await call('GET', '/v1/sites?limit=1')).body.items).toHaveLength(1)
    const devices = await call('GET', '/v1/devices?selector=region=eu,site=berlin')
    expect(devices.body).toEqual({ items: [expect.objectContaining({ id: 'berlin-1', online: false })] })
    const desired = await call('GET', '/v1/devices/berlin-1/desired')
    expect(desired.body).toMatchObject({ version: 1, site: 'berlin', api: server.cloud.url, models: {} })
    const bundle = testBundle()
    const created = await call('POST', '/v1/models/demand/versions', { bytes: bundle })
    expect([created.status, created.body.version, created.body.bundle.sha256]).toEqual([201, 1, digest(bundle)])
    const aliased = await call('PUT', '/v1/models/demand/aliases/champion', { json: { version: 1, reason: 'first' } })
    expect(aliased.body).toMatchObject({ name: 'demand', versions: 1, aliases: { champion: 1 } })
    expect((await call('GET', '/v1/models/demand/alias-history')).body.items).toMatchObject([
      { alias: 'champion', version: 1, previous: null, reason: 'first' },
    ])
    const covariates = { issuedAt: 1000, days: ['2026-03-01'], site_values: { rain: [1] }, entity_values: {} }
    expect(
      (await call('PUT', '/v1/sites/berlin/covariates', { json: covariates })).body.document.bytes,
    ).toBeGreaterThan(9)
  })

  it('describes itself by OpenAPI 3.1, every route with its answers', async () => {
    const { body } = await call('GET', '/v1/openapi.json', { token: null })
    expect(body.openapi).toBe('3.1.0')
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        '/v1/sites/{site}',
        '/v1/devices',
        '/v1/objects/{sha256}',
        '/v1/models/{model}/versions',
      ]),
    )
    expect(body.paths['/v1/devices'].post.requestBody.content['application/json'].schema.properties).toHaveProperty(
      'id',
    )
    for (const methods of Object.values<Record<string, { responses: object; summary: string }>>(body.paths)) {
      for (const route of Object.values(methods)) {
        expect(route.summary).toBeTypeOf('string')
        expect(route.responses).toHaveProperty('4XX')
      }
    }
  })

  it('counts what goes through it, by route and never by device', async () => {
    expect(await metric('storecast_devices_enrolled')).toBeGreaterThan(0)
    expect(await metric('storecast_devices_online')).toBe(0)
    const seen = await metric('storecast_http_requests_total{method="GET",route="/v1/sites/:site",status="404"}')
    await call('GET', '/v1/sites/never-there')
    await call('GET', '/v1/sites/nor-there')
    expect(await metric('storecast_http_requests_total{method="GET",route="/v1/sites/:site",status="404"}')).toBe(
      seen + 2,
    )
    expect(new TextDecoder().decode((await call('GET', '/metrics')).body)).not.toContain('never-there')
  })

  it('says whether it is well', async () => {
    const well = { status: 200, body: { status: 'ok', database: 'ok', broker: 'ok' } }
    await vi.waitFor(async () => expect(await call('GET', '/healthz', { token: null })).toMatchObject(well))
  })

  it('keeps a connection for longer than a proxy before it does', async () => {
    expect((await call('GET', '/healthz')).headers.get('keep-alive')).toBe('timeout=75')
  })
})

describe('refusals', () => {
  const bad: [what: string, method: string, path: string, call: Call, status: number, code: string][] = [
    ['no token', 'GET', '/v1/sites', { token: null }, 401, 'token-missing'],
    ['an unknown token', 'GET', '/v1/sites', { token: 'guess' }, 401, 'token-unknown'],
    [
      'another scheme',
      'GET',
      '/v1/sites',
      { token: null, headers: { authorization: 'Basic eDp5' } },
      401,
      'token-missing',
    ],
    ['an unknown route', 'GET', '/v2/sites', {}, 404, 'route-unknown'],
    ['an unknown site', 'GET', '/v1/sites/nowhere', {}, 404, 'site-unknown'],
    ['an unknown device', 'GET', '/v1/devices/nobody', {}, 404, 'device-unknown'],
    ['an unknown device’s state', 'GET', '/v1/devices/nobody/desired', {}, 404, 'device-unknown'],
    ['an unknown model', 'GET', '/v1/models/nothing', {}, 404, 'model-unknown'],
    ['an unknown version', 'GET', '/v1/models/nothing/versions/1', {}, 404, 'model-unknown'],
    ['a version that is no number', 'GET', '/v1/models/demand/versions/x', {}, 400, 'invalid-request'],
    ['an id with capitals', 'GET', '/v1/sites/Berlin', {}, 400, 'invalid-request'],
    ['an id with a zero byte', 'GET', '/v1/sites/a%00b', {}, 400, 'invalid-request'],
    ['a broken escape', 'GET', '/v1/sites/%zz', {}, 400, 'invalid-request'],
    ['a cursor of its own', 'GET', '/v1/sites?cursor=%22', {}, 400, 'invalid-request'],
    ['a page too large', 'GET', '/v1/sites?limit=501', {}, 400, 'invalid-request'],
    ['an unknown parameter', 'GET', '/v1/sites?order=asc', {}, 400, 'invalid-request'],
    ['a selector that is none', 'GET', '/v1/devices?selector=region+eu', {}, 400, 'invalid-request'],
    ['no body', 'POST', '/v1/devices', {}, 400, 'invalid-request'],
    ['a missing field', 'POST', '/v1/devices', { json: { id: 'x' } }, 400, 'invalid-request'],
    ['an unknown field', 'POST', '/v1/devices', { json: { id: 'x', site: 'berlin', role: 1 } }, 400, 'invalid-request'],
    ['a site that is not there', 'POST', '/v1/devices', { json: { id: 'x', site: 'oslo' } }, 404, 'site-unknown'],
    ['an id that is taken', 'POST', '/v1/devices', { json: { id: 'berlin-1', site: 'berlin' } }, 409, 'device-exists'],
    ['a label that is a number', 'PUT', '/v1/sites/x', { json: { ...site, labels: { n: 1 } } }, 400, 'invalid-request'],
    [
      'a zero byte in a label',
      'PUT',
      '/v1/sites/x',
      { json: { ...site, labels: { n: '\0' } } },
      400,
      'invalid-request',
    ],
    ['no such time zone', 'PUT', '/v1/sites/x', { json: { ...site, timeZone: 'Mars/Base' } }, 400, 'time-zone'],
    [
      'uneven covariates',
      'PUT',
      '/v1/sites/berlin/covariates',
      { json: { issuedAt: 5000, days: ['2026-03-01'], site_values: { rain: [1, 2] }, entity_values: {} } },
      400,
      'covariates-columns',
    ],
    [
      'a body over the cap',
      'POST',
      '/v1/devices',
      { json: { id: 'x', site: 'berlin', labels: { note: 'x'.repeat(1_100_000) } } },
      413,
      'body-too-large',
    ],
    ['a bundle as JSON', 'POST', '/v1/models/demand/versions', { json: {} }, 400, 'bundle-missing'],
    ['no bundle', 'POST', '/v1/models/demand/versions', { bytes: new Uint8Array() }, 400, 'not-a-bundle'],
    ['what is no bundle', 'POST', '/v1/models/demand/versions', { bytes: new Uint8Array(9000) }, 400, 'not-a-bundle'],
    [
      'half a bundle',
      'POST',
      '/v1/models/demand/versions',
      { bytes: testBundle().subarray(0, 900) },
      400,
      'not-a-bundle',
    ],
    ['another model’s bundle', 'POST', '/v1/models/other/versions', { bytes: testBundle() }, 400, 'model-name'],
    ['an alias to nothing', 'PUT', '/v1/models/demand/aliases/best', { json: { version: 99 } }, 404, 'version-unknown'],
    ['an alias like a number', 'PUT', '/v1/models/demand/aliases/3', { json: { version: 1 } }, 400, 'invalid-request'],
    ['a used or false link', 'POST', '/v1/admin-tokens', { json: { code: 'guess' } }, 403, 'claim-unknown'],
    ['an object that is not there', 'GET', `/v1/objects/${'0'.repeat(64)}`, {}, 404, 'object-unknown'],
    ['a digest that is none', 'GET', '/v1/objects/../../etc/passwd', {}, 404, 'route-unknown'],
    ['a digest in capitals', 'GET', `/v1/objects/${'A'.repeat(64)}`, {}, 400, 'invalid-request'],
    [
      'another content type',
      'POST',
      '/v1/devices',
      { bytes: new Uint8Array(3), headers: { 'content-type': 'application/xml' } },
      415,
      'media-type',
    ],
    [
      'broken JSON',
      'POST',
      '/v1/devices',
      { bytes: new TextEncoder().encode('{"id":'), headers: { 'content-type': 'application/json' } },
      400,
      'invalid-json',
    ],
  ]

  it.each(bad)('answer %s', async (_what, method, path, request, status, code) => {
    const before = await metric(`storecast_http_problems_total{code="${code}"}`)
    const answer = await call(method, path, request)
    expect(answer.body).toMatchObject({ status, code, type: `urn:storecast:problem:${code}` })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(answer.body.detail.length).toBeGreaterThan(20)
    expect(await metric(`storecast_http_problems_total{code="${code}"}`)).toBe(before + 1)
  })

  it('name every place that is wrong', async () => {
    const { body } = await call('POST', '/v1/devices', { json: { id: 'Berlin 1', site: 7 } })
    expect(body.errors).toEqual([
      { at: 'body.id', message: expect.stringContaining('lower-case') },
      { at: 'body.site', message: expect.stringContaining('expected string') },
    ])
  })

  it('answer a body that announces more than it sends, and serve on', async () => {
    const { hostname, port } = new URL(server.cloud.url)
    const socket = connect(Number(port), hostname)
    socket.write(
      `POST /v1/models/demand/versions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.cloud.adminToken}\r\ncontent-type: application/x-tar\r\ncontent-length: 5000\r\n\r\nhalf`,
    )
    socket.end()
    await new Promise((closed) => socket.once('close', closed).resume())
    expect((await call('GET', '/healthz')).status).toBe(200)
  })

  it('come for any JSON as a problem, never as an internal error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.constantFrom('/v1/devices', '/v1/admin-tokens'), async (json, path) => {
        const { status } = await call('POST', path, { json })
        expect([400, 403]).toContain(status)
      }),
      { numRuns: 60 },
    )
  })

  it('come for any path as a problem', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }), async (id) => {
        const { status } = await call('GET', `/v1/sites/${encodeURIComponent(id)}/x`)
        expect([400, 404]).toContain(status)
        const one = await call('GET', `/v1/sites/${encodeURIComponent(id)}`)
        expect([200, 400, 404]).toContain(one.status)
      }),
      { numRuns: 60 },
    )
  })
})

describe('a device’s token', () => {
  it('reads what its desired state points to, and nothing else', async () => {
    const { body: desired } = await call('GET', '/v1/devices/berlin-1/desired')
    const { sha256, bytes } = desired.documents.catalogue
    const answer = await call('GET', `/v1/objects/${sha256}`, { token })
    expect([answer.status, answer.body.length, digest(answer.body)]).toEqual([200, bytes, sha256])
    const bundle = testBundle({ salt: 'not for this device' })
    await call('POST', '/v1/models/demand/versions', { bytes: bundle })
    expect(await call('GET', `/v1/objects/${digest(bundle)}`, { token })).toMatchObject({
      status: 403,
      body: { code: 'object-not-desired' },
    })
    expect((await call('GET', `/v1/objects/${digest(bundle)}`)).status).toBe(200)
  })

  it('opens nothing that is an operator’s', async () => {
    for (const [method, path] of [
      ['GET', '/v1/sites'],
      ['POST', '/v1/devices'],
      ['DELETE', '/v1/devices/berlin-1'],
      ['PUT', '/v1/models/demand/aliases/champion'],
    ] as const) {
      expect(await call(method, path, { token })).toMatchObject({ status: 403, body: { code: 'wrong-role' } })
    }
  })

  it('stops working when it is replaced or withdrawn', async () => {
    const first = (await call('POST', '/v1/devices', { json: { id: 'berlin-2', site: 'berlin' } })).body.token
    const { body: desired } = await call('GET', '/v1/devices/berlin-2/desired')
    const path = `/v1/objects/${desired.documents.catalogue.sha256}`
    expect((await call('GET', path, { token: first })).status).toBe(200)
    const second = (await call('POST', '/v1/devices/berlin-2/token')).body.token
    expect((await call('GET', path, { token: first })).status).toBe(401)
    expect((await call('GET', path, { token: second })).status).toBe(200)
    expect((await call('DELETE', '/v1/devices/berlin-2')).body.retiredAt).toBeGreaterThan(0)
    expect((await call('GET', path, { token: second })).status).toBe(401)
  })
})

describe('objects', () => {
  const get = (range: string, headers: Record<string, string> = {}) =>
    call('GET', path, { headers: { range, ...headers } })
  let content: Uint8Array
  let path: string
  beforeAll(async () => {
    content = testBundle({ salt: 'ranges' })
    path = `/v1/objects/${digest(content)}`
    await call('POST', '/v1/models/demand/versions', { bytes: content })
  })

  it('come by span', async () => {
    const size = content.length
    for (const [range, first, last] of [
      ['bytes=0-9', 0, 9],
      ['bytes=100-', 100, size - 1],
      ['bytes=-5', size - 5, size - 1],
      [`bytes=10-${size + 99}`, 10, size - 1],
    ] as const) {
      const answer = await get(range)
      expect([range, answer.status, answer.headers.get('content-range')]).toEqual([
        range,
        206,
        `bytes ${first}-${last}/${size}`,
      ])
      expect(answer.body).toEqual(content.slice(first, last + 1))
    }
    expect(await get(`bytes=${size}-`)).toMatchObject({ status: 416 })
    for (const range of ['bytes=5-2', 'bytes=a-', 'bytes=0-1,3-4', 'rows=1-2']) {
      expect((await get(range)).status).toBe(200)
    }
  })

  it('say their name, and come whole where a part would be of something else', async () => {
    const etag = `"${digest(content)}"`
    expect((await call('HEAD', path)).headers.get('etag')).toBe(etag)
    expect((await call('HEAD', path)).headers.get('content-length')).toBe(String(content.length))
    expect((await call('GET', path, { headers: { 'if-none-match': etag } })).status).toBe(304)
    expect((await get('bytes=0-9', { 'if-range': etag })).status).toBe(206)
    expect((await get('bytes=0-9', { 'if-range': '"other"' })).status).toBe(200)
  })

  it('have spans within their size', () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.nat()), fc.option(fc.nat()), fc.nat(5000), (text, from, to, size) => {
        for (const header of [text, `bytes=${text}`, `bytes=${from ?? ''}-${to ?? ''}`]) {
          const range = parseRange(header, size)
          if (range === undefined || range === 'unsatisfiable') continue
          expect(range.first).toBeGreaterThanOrEqual(0)
          expect(range.last).toBeGreaterThanOrEqual(range.first)
          expect(range.last).toBeLessThan(size)
        }
      }),
    )
  })
})

describe('the first operator', () => {
  it('gets a token by the printed link, once', async () => {
    const { adminLink } = server.cloud
    const code = new URL(adminLink!).hash.slice(1)
    const claimed = await call('POST', '/v1/admin-tokens', { token: null, json: { code } })
    expect(claimed.status).toBe(201)
    expect((await call('GET', '/v1/sites', { token: claimed.body.token })).status).toBe(200)
    const again = await call('POST', '/v1/admin-tokens', { token: null, json: { code } })
    expect(again).toMatchObject({ status: 403, body: { code: 'claim-unknown' } })
  })
})
