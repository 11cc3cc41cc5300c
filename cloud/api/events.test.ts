import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type TestCloud, testCloud } from '../test/cloud.ts'

let server: TestCloud
beforeAll(async () => {
  server = await testCloud()
  for (const [site, region] of [
    ['berlin', 'eu'],
    ['boston', 'us'],
  ]) {
    const json = { timeZone: 'UTC', labels: { region } }
    expect((await server.call('PUT', `/v1/sites/${site}`, { json })).status).toBe(200)
  }
}, 60_000)
afterAll(() => server[Symbol.asyncDispose]())

interface Heard {
  readonly event: string
  readonly data: { readonly kind?: string; readonly key?: string | null }
}

interface Stream extends AsyncDisposable {
  readonly heard: Heard[]
  readonly keys: () => unknown[]
  readonly position: () => string
  readonly isOver: () => boolean
}

async function open({ token = server.cloud.adminToken, headers = {}, query = '' } = {}): Promise<Stream> {
  const leaving = new AbortController()
  const response = await fetch(`${server.cloud.url}/v1/events${query}`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    signal: leaving.signal,
  })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  const heard: Heard[] = []
  let position = ''
  let over = false
  const reading = (async () => {
    let text = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const blocks = text.split('\n\n')
      text = blocks.pop()!
      for (const block of blocks) {
        const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]))
        position = fields.get('id') ?? position
        if (fields.has('event') && fields.get('event') !== 'at')
          heard.push({ event: fields.get('event')!, data: JSON.parse(fields.get('data')!) })
      }
    }
  })()
    .catch((error) => expect(error.name).toBe('AbortError'))
    .finally(() => {
      over = true
    })
  await vi.waitFor(() => expect(position).not.toBe(''))
  return {
    heard,
    keys: () => heard.map(({ data }) => `${data.kind} ${data.key}`),
    position: () => position,
    isOver: () => over,
    async [Symbol.asyncDispose]() {
      leaving.abort()
      await reading
    },
  }
}

const person = async (name: string, limit = {}) => {
  const password = 'correct horse battery'
  const json = { name, password, roles: ['operator'], limit }
  expect((await server.call('POST', '/v1/users', { json })).status).toBe(201)
  const { body } = await server.call('POST', '/v1/sessions', { token: null, json: { name, password, kind: 'bearer' } })
  expect(body.token).toEqual(expect.any(String))
  return body.token as string
}
const enrol = async (id: string, site: string) =>
  expect((await server.call('POST', '/v1/devices', { json: { id, site } })).status).toBe(201)

describe('a stream of events', () => {
  it('tells what has changed, to each what lies within their limit', async () => {
    await using all = await open()
    await using eu = await open({ token: await person('eu-only', { region: 'eu' }) })
    await enrol('boston-1', 'boston')
    await enrol('berlin-1', 'berlin')
    await vi.waitFor(() => expect(all.keys()).toEqual(expect.arrayContaining(['device boston-1', 'device berlin-1'])))
    await vi.waitFor(() => expect(eu.keys()).toContain('device berlin-1'))
    expect(eu.keys()).not.toContain('device boston-1')
  })

  it('goes on from the last id, by header or query, and resets where it is not known', async () => {
    const first = await open()
    const position = first.position()
    await first[Symbol.asyncDispose]()
    await enrol('berlin-2', 'berlin')
    await using byHeader = await open({ headers: { 'last-event-id': position } })
    await using byQuery = await open({ query: `?since=${encodeURIComponent(position)}` })
    for (const stream of [byHeader, byQuery]) {
      await vi.waitFor(() => expect(stream.keys()).toContain('device berlin-2'))
      expect(stream.keys()).not.toContain('device berlin-1')
    }
    await using stranger = await open({ headers: { 'last-event-id': '42' } })
    await vi.waitFor(() => expect(stranger.heard[0]).toEqual({ event: 'reset', data: {} }))
  })

  it('ends with the session, and with the account', async () => {
    const token = await person('leaver')
    await using ended = await open({ token })
    expect((await server.call('DELETE', '/v1/sessions/current', { token })).status).toBe(204)
    await vi.waitFor(() => expect(ended.isOver()).toBe(true))
    await using disabled = await open({ token: await person('dismissed') })
    await server.call('PATCH', '/v1/users/dismissed', { json: { disabled: true } })
    await vi.waitFor(() => expect(disabled.isOver()).toBe(true))
  })

  it('of somebody whose limit is narrowed tells less from then on', async () => {
    await using stream = await open({ token: await person('mover', { region: 'us' }) })
    await server.call('PATCH', '/v1/users/mover', { json: { limit: { region: 'eu' } } })
    // At once, as also in one look at what has changed.
    await server.call('PUT', '/v1/devices/boston-1/labels', { json: { at: 'now' } })
    await enrol('berlin-3', 'berlin')
    await vi.waitFor(() => expect(stream.keys()).toContain('device berlin-3'))
    expect(stream.keys()).not.toContain('device boston-1')
  })

  it('is refused without a session, and beyond what one person may hold', async () => {
    expect((await server.call('GET', '/v1/events', { token: null })).status).toBe(401)
    const token = await person('hoarder')
    await using stack = new AsyncDisposableStack()
    for (const stream of await Promise.all(Array.from({ length: 250 }, () => open({ token })))) stack.use(stream)
    const refused = await server.call('GET', '/v1/events', { token })
    expect([refused.status, refused.body.code]).toEqual([429, 'streams-too-many'])
  })
})
