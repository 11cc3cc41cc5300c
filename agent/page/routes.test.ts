import { mkdir, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Route } from '../local/routes.ts'
import { type LocalServer, startLocalServer } from '../local/server.ts'
import { createLogger } from '../platform/logger.ts'
import { temporaryFolder } from '../test/storage.ts'
import { setPin } from './pin.ts'
import { pageRoutes, staffSessions } from './routes.ts'
import { Sessions } from './sessions.ts'
import { Tries } from './tries.ts'

const PIN = '804615'
const device = 'north-1'
/** What stands for the agent's other routes: one that the page calls, and one that only programs do. */
const others: Route[] = [
  { method: 'GET', path: '/v1/status', staff: true, handle: () => ({ json: { is: 'status' } }) },
  { method: 'POST', path: '/v1/choice', staff: true, handle: () => ({ status: 204 }) },
  { method: 'POST', path: '/v1/readings', handle: () => ({ status: 204 }) },
]
let folder: { path: string } & AsyncDisposable
let server: LocalServer
let sessions: Sessions
let now: number

async function start({ token, host = '127.0.0.1' }: { token?: string; host?: string } = {}) {
  const log = createLogger({ level: 'silent' })
  const page = pageRoutes({
    device,
    catalogue: () => ({ site: 'north', labels: { language: 'de' } }),
    sessions,
    tries: new Tries(() => now),
    testNetwork: async () => [{ check: 'broker', level: 'ok', found: 'linked' }],
    supportBundle: async () => Buffer.from('archive'),
    folder: join(folder.path, 'dist'),
    log,
  })
  server = await startLocalServer({
    ...{ host, port: 0, token, log, onAnswered: () => undefined },
    staff: staffSessions({ device, sessions }),
    routes: [...others, ...page],
  })
}
beforeEach(async () => {
  folder = await temporaryFolder()
  await mkdir(join(folder.path, 'dist', 'assets'), { recursive: true })
  await writeFile(join(folder.path, 'dist', 'index.html'), '<!doctype html><title>Storecast</title>')
  await writeFile(join(folder.path, 'dist', 'assets', 'page-1a.js'), 'void 0')
  await writeFile(join(folder.path, 'dist', 'assets', 'page-1a.js.gz'), gzipSync('void 0'))
  await writeFile(join(folder.path, 'secret.js'), 'no file of the page')
  now = 0
  const at = (name: string) => join(folder.path, 'data', 'page', name)
  sessions = new Sessions({ pinFile: at('pin.json'), file: at('sessions.json'), now: Date.now })
  await setPin(at('pin.json'), PIN)
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}
interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly host?: string
}
/** Not by `fetch`, which decides about some of these headers itself. */
function ask(path: string, { method = 'GET', headers = {}, body, host = '127.0.0.1' }: Ask = {}): Promise<Answer> {
  const { port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host, port, path, method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: text }))
    })
    request.on('error', reject)
    request.end(body)
  })
}
const own = (headers: Readonly<Record<string, string>> = {}) => ({ origin: server.url, ...headers })
const signIn = (pin: string, more: Ask = {}) =>
  ask('/v1/page/session', {
    ...{ method: 'POST', body: JSON.stringify({ pin }), ...more },
    headers: { ...own(), ...more.headers },
  })
const cookiesOf = ({ headers }: Answer) =>
  (headers['set-cookie'] as string[]).map((one) => one.split(';')[0]).join('; ')
const codeOf = ({ status, body }: Answer) => `${status} ${body === '' ? '' : JSON.parse(body).code}`.trim()

describe('signing in', () => {
  it('takes the PIN, and gives cookies that no script reads and no other site sends', async () => {
    await start({ token: 'program' })
    expect(codeOf(await ask('/v1/status'))).toBe('401 not-signed-in')
    const before = JSON.parse((await ask('/v1/page')).body)
    expect(before).toEqual({ device, site: 'north', language: 'de', isPinSet: true, signedInUntil: null })
    const answer = await signIn(PIN)
    expect(answer.status).toBe(200)
    const cookies = answer.headers['set-cookie'] as string[]
    expect(cookies).toHaveLength(2)
    for (const cookie of cookies) {
      expect(cookie).toMatch(
        /^storecast-(session|tablet)-north-1=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/,
      )
    }
    const cookie = cookiesOf(answer)
    expect((await ask('/v1/status', { headers: { cookie } })).body).toBe('{"is":"status"}')
    const { signedInUntil } = JSON.parse((await ask('/v1/page', { headers: { cookie } })).body)
    expect(Date.parse(signedInUntil) - Date.now()).toBeGreaterThan(11 * 3_600_000)
    const secured = await signIn(PIN, { headers: { host: 'shop.example', origin: 'https://shop.example' } })
    expect(secured.headers['set-cookie']).toEqual([
      expect.stringMatching(/; Secure$/),
      expect.stringMatching(/; Secure$/),
    ])

    const out = await ask('/v1/page/session', { method: 'DELETE', headers: own({ cookie }) })
    expect(out).toMatchObject({ status: 204, headers: { 'set-cookie': [expect.stringContaining('Max-Age=0')] } })
    expect(codeOf(await ask('/v1/status', { headers: { cookie } }))).toBe('401 not-signed-in')
  })

  it('refuses wrong PINs, then makes them wait, and leaves a tablet that is known alone', async () => {
    await start()
    const tablet = cookiesOf(await signIn(PIN)).split('; ')[1]!
    for (let i = 0; i < 5; i++) expect(codeOf(await signIn('715294'))).toBe('401 wrong-pin')
    const turnedAway = await signIn(PIN)
    expect(codeOf(turnedAway)).toBe('429 too-many-tries')
    expect(turnedAway.headers['retry-after']).toBe('30')
    expect((await signIn(PIN, { headers: { cookie: tablet } })).status).toBe(200)
    now += 30_000
    expect((await signIn(PIN)).status).toBe(200)
  })

  it('takes nothing else', async () => {
    await start()
    for (const body of ['', '{}', '{"pin":1}', '{"pin":"804615","role":"admin"}', 'x'.repeat(900)]) {
      expect(codeOf(await ask('/v1/page/session', { method: 'POST', body, headers: own() }))).toBe('400 bad-sign-in')
    }
    const large = await ask('/v1/page/session', { method: 'POST', body: 'x'.repeat(2000), headers: own() })
    expect(codeOf(large)).toBe('413 too-large')
    const at = join(folder.path, 'data', 'page', 'pin.json')
    await writeFile(at, 'torn')
    expect(codeOf(await signIn(PIN))).toBe('401 wrong-pin')
  })
})

describe('who has signed in', () => {
  it('may do what the page does, and nothing that programs do', async () => {
    await start({ token: 'program' })
    const cookie = cookiesOf(await signIn(PIN))
    expect((await ask('/v1/choice', { method: 'POST', headers: own({ cookie }) })).status).toBe(204)
    expect(codeOf(await ask('/v1/readings', { method: 'POST', headers: own({ cookie }) }))).toBe('401 token-missing')
    const program = { authorization: 'Bearer program' }
    expect((await ask('/v1/readings', { method: 'POST', headers: program })).status).toBe(204)
    expect((await ask('/v1/choice', { method: 'POST', headers: program })).status).toBe(204)
  })

  it('changes nothing from a page that another server sent', async () => {
    await start()
    const cookie = cookiesOf(await signIn(PIN))
    const post = (headers: Record<string, string>) =>
      ask('/v1/choice', { method: 'POST', headers: { cookie, ...headers } })
    expect((await post({ origin: server.url })).status).toBe(204)
    expect((await post({ 'sec-fetch-site': 'same-origin' })).status).toBe(204)
    const { port } = new URL(server.url)
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `http://127.0.0.1:${Number(port) + 1}` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: server.url },
      { 'sec-fetch-site': 'none' },
      {},
    ]) {
      expect(codeOf(await post(headers as Record<string, string>))).toBe('403 foreign-origin')
    }
    expect(codeOf(await signIn(PIN, { headers: { origin: 'https://evil.example' } }))).toBe('403 foreign-origin')
  })

  it('tests the network and takes the support bundle away', async () => {
    await start()
    const cookie = cookiesOf(await signIn(PIN))
    const test = await ask('/v1/network-test', { method: 'POST', headers: own({ cookie }) })
    expect(JSON.parse(test.body)).toEqual({ findings: [{ check: 'broker', level: 'ok', found: 'linked' }] })
    const bundle = await ask('/v1/support-bundle', { headers: { cookie } })
    expect(bundle).toMatchObject({ status: 200, body: 'archive' })
    expect(bundle.headers['content-disposition']).toBe('attachment; filename="storecast-north-1.tar.gz"')
  })
})

describe('the page', () => {
  it('comes with headers that keep other servers, frames and inline scripts out', async () => {
    await start()
    const page = await ask('/')
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('<title>Storecast') })
    const policy = page.headers['content-security-policy']
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(page.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'cache-control': 'no-cache',
    })
    const packed = await ask('/assets/page-1a.js', { headers: { 'accept-encoding': 'gzip, br' } })
    expect(packed.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': 'text/javascript; charset=utf-8',
    })
    expect((await ask('/assets/page-1a.js')).body).toBe('void 0')
  })

  it('has its own files and no others', async () => {
    await start()
    for (const path of [
      '/assets/page-1a.js.gz',
      '/assets/..%2f..%2fsecret.js',
      '/assets/%2e%2e/index.html',
      '/assets/none.js',
      '/index.html',
      '/assets/',
    ]) {
      expect((await ask(path)).status).toBe(404)
    }
  })
})

const outside = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === 'IPv4' && !one.internal)?.address

describe.skipIf(outside === undefined)('from elsewhere in the network', () => {
  it('everything asks for the PIN, while programs of this machine need nothing', async () => {
    await start({ host: '0.0.0.0' })
    const host = outside!
    expect((await ask('/', { host })).status).toBe(200)
    expect(codeOf(await ask('/v1/status', { host }))).toBe('401 not-signed-in')
    expect(codeOf(await ask('/v1/readings', { host, method: 'POST' }))).toBe('403 foreign-origin')
    expect((await ask('/v1/readings', { method: 'POST' })).status).toBe(204)
    const { port } = new URL(server.url)
    const claimsToBeLocal = { host: `127.0.0.1:${port}` }
    expect(codeOf(await ask('/v1/readings', { host, method: 'POST', headers: claimsToBeLocal }))).toBe(
      '403 foreign-origin',
    )
    expect(codeOf(await ask('/v1/readings', { method: 'POST', headers: { 'x-forwarded-for': '10.0.0.7' } }))).toBe(
      '403 foreign-origin',
    )
    const origin = `http://${host}:${port}`
    const cookie = cookiesOf(await signIn(PIN, { host, headers: { origin } }))
    expect((await ask('/v1/status', { host, headers: { cookie } })).status).toBe(200)
  })
})
