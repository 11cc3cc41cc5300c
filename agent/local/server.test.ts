import { request as httpRequest } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { createLogger } from '../platform/logger.ts'
import { HttpError } from './errors.ts'
import type { Route } from './routes.ts'
import { type LocalServer, type LocalServerOptions, startLocalServer } from './server.ts'

const answers: { route: string; method: string; status: number }[] = []
const routes: Route[] = [
  { method: 'GET', path: '/v1/things/{name}', handle: ({ params }) => ({ json: params }) },
  { method: 'POST', path: '/v1/things/{name}', handle: async ({ body }) => ({ text: `${(await body(10)).length}` }) },
  { method: 'GET', path: '/live', open: true, handle: () => ({ json: { live: true } }) },
  {
    method: 'GET',
    path: '/broken',
    handle: () => {
      throw new Error('a secret path: /etc/shadow')
    },
  },
  {
    method: 'GET',
    path: '/refused',
    handle: () => {
      throw new HttpError(409, { code: 'no', message: 'no, because', headers: { 'x-why': 'so' } })
    },
  },
  { method: 'GET', path: '/unsendable', handle: () => ({ headers: { 'x-why': 'two\nlines' } }) },
]
let server: LocalServer
const start = async (part: Partial<LocalServerOptions> = {}) => {
  answers.length = 0
  server = await startLocalServer({
    host: '127.0.0.1',
    port: 0,
    token: undefined,
    routes,
    log: createLogger({ level: 'silent' }),
    onAnswered: ({ seconds: _, ...answer }) => void answers.push(answer),
    ...part,
  })
}
afterEach(() => server[Symbol.asyncDispose]())

const call = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(server.url + path, init)
  const text = await response.text()
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text, headers: response.headers }
}

describe('the local server', () => {
  it('cuts off who asks for what cannot be sent, and goes on', async () => {
    await start()
    await expect(call('/unsendable')).rejects.toThrow('fetch failed')
    expect((await call('/live')).status).toBe(200)
  })

  it('finds routes by method and path, and counts answers by route', async () => {
    await start()
    expect(await call('/v1/things/a%20b')).toMatchObject({ status: 200, body: { name: 'a b' } })
    expect(await call('/v1/things/x', { method: 'POST', body: 'hello' })).toMatchObject({ status: 200, body: '5' })
    expect(await call('/v1/things/')).toMatchObject({ status: 404, body: { code: 'not-found' } })
    expect(await call('/v1/things/%ZZ')).toMatchObject({ status: 404 })
    const wrong = await call('/v1/things/x', { method: 'DELETE' })
    expect(wrong).toMatchObject({ status: 405, body: { code: 'wrong-method' } })
    expect(wrong.headers.get('allow')).toBe('GET, POST')
    expect(await call('/live', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
    expect(answers.map(({ route, status }) => `${status} ${route}`)).toEqual([
      '200 /v1/things/{name}',
      '200 /v1/things/{name}',
      '404 unmatched',
      '404 unmatched',
      '405 unmatched',
      '200 /live',
    ])
  })

  it('tells a caller what was wrong, and nobody what is inside', async () => {
    await start()
    const refused = await call('/refused')
    expect(refused).toMatchObject({ status: 409, body: { error: 'no, because', code: 'no' } })
    expect(refused.headers.get('x-why')).toBe('so')
    const broken = await call('/broken')
    expect(broken).toMatchObject({ status: 500, body: { code: 'internal' } })
    expect(JSON.stringify(broken.body)).not.toContain('shadow')
  })

  it('answers what is no path with an error of the caller', async () => {
    await start()
    const { port } = new URL(server.url)
    const status = await new Promise((resolve) => {
      httpRequest({ port, host: '127.0.0.1', path: '//' }, (response) => resolve(response.resume().statusCode)).end()
    })
    expect(status).toBe(400)
  })

  it('caps bodies while they come, announced or not', async () => {
    await start()
    const large = 'x'.repeat(100_000)
    expect(await call('/v1/things/x', { method: 'POST', body: large })).toMatchObject({
      status: 413,
      body: { code: 'too-large' },
    })
    const stream = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 20; i++) controller.enqueue(new TextEncoder().encode(large))
        controller.close()
      },
    })
    const init = { method: 'POST', body: stream, duplex: 'half' } as RequestInit
    expect(await call('/v1/things/x', init)).toMatchObject({ status: 413 })
    expect(await call('/live')).toMatchObject({ status: 200 })
  })

  it('gives up on a body that does not come', async () => {
    await start({ requestMs: 200 })
    const { port } = new URL(server.url)
    const status = await new Promise((resolve) => {
      const slow = httpRequest({ port, host: '127.0.0.1', path: '/v1/things/x', method: 'POST' })
      slow.setHeader('content-length', '5')
      slow.on('response', (response) => resolve(response.statusCode))
      slow.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
      slow.write('a')
    })
    expect(status).toBe(408)
  })

  it('wants the token where there is one, except for probes', async () => {
    await start({ token: 'secret', host: '0.0.0.0' })
    const as = (authorization: string) => call('/v1/things/x', { headers: { authorization } })
    expect(await call('/v1/things/x')).toMatchObject({ status: 401, body: { code: 'token-missing' } })
    expect(await as('Bearer other')).toMatchObject({ status: 401, body: { code: 'token-wrong' } })
    expect(await as('Basic c2VjcmV0')).toMatchObject({ status: 401 })
    expect(await as('Bearer secret')).toMatchObject({ status: 200 })
    expect(await as('Token secret')).toMatchObject({ status: 200 })
    expect(await call('/live')).toMatchObject({ status: 200 })
  })

  it('turns away pages of other origins, and foreign names of this machine, where there is no token', async () => {
    await start()
    const from = (origin: string) => call('/live', { headers: { origin } })
    expect(await from('https://evil.example')).toMatchObject({ status: 403, body: { code: 'foreign-origin' } })
    expect(await from('http://localhost:3000')).toMatchObject({ status: 200 })
    const { port } = new URL(server.url)
    const status = await new Promise((resolve) => {
      httpRequest({ port, host: '127.0.0.1', path: '/live', headers: { host: 'evil.example' } }, (response) =>
        resolve(response.resume().statusCode),
      ).end()
    })
    expect(status).toBe(403)
  })

  it('does not listen beyond this machine without a token', async () => {
    await start()
    await expect(
      startLocalServer({ host: '0.0.0.0', port: 0, token: undefined } as LocalServerOptions),
    ).rejects.toThrow('without a token')
  })
})
