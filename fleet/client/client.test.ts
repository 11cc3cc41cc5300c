import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { cloudClient } from './client.ts'

let server: Server | undefined
afterEach(() => server?.close())

async function answering(status: number, body: string, headers: Record<string, string> = {}) {
  const seen: { method?: string | undefined; url?: string | undefined; token?: string | undefined; body: string }[] = []
  server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    seen.push({ method: request.method, url: request.url, token: request.headers.authorization, body: text })
    response.writeHead(status, headers).end(body)
  })
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const warned: string[] = []
  const warn = (text: string) => warned.push(text)
  return { client: cloudClient({ url: `http://127.0.0.1:${port}`, token: 'secret', warn }), seen, warned }
}

it('sends what it is given under its token, and returns what it is answered', async () => {
  const { client, seen } = await answering(200, '{"id":7}')
  expect(await client.put('/v1/sites/a?x=1', { timeZone: 'UTC' })).toEqual({ id: 7 })
  expect(seen).toEqual([{ method: 'PUT', url: '/v1/sites/a?x=1', token: 'Bearer secret', body: '{"timeZone":"UTC"}' }])
})

it('tells why the cloud refuses, also where a proxy answers for it', async () => {
  const { client } = await answering(409, '{"code":"device-exists","detail":"There is a device a already."}')
  await expect(client.post('/v1/devices', {})).rejects.toMatchObject({
    code: 'device-exists',
    status: 409,
    message: 'POST /v1/devices: There is a device a already. (409)',
  })
  server!.close()
  const { client: behind } = await answering(502, '<h1>Bad gateway</h1>')
  await expect(behind.get('/v1/sites')).rejects.toMatchObject({
    status: 502,
    message: expect.stringMatching('Bad gateway'),
  })
})

it('passes on what policies warn of', async () => {
  const header = '["slow: p95 is 80\\u00a0ms"]'
  const { client, warned } = await answering(200, '{}', { 'storecast-warnings': header })
  await client.post('/v1/rollouts', {})
  expect(warned).toEqual(['slow: p95 is 80\u00a0ms'])
})
