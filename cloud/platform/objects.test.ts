import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { folderObjects } from './folder-objects.ts'
import { type Objects, readWhole } from './objects.ts'
import { s3Objects } from './s3-objects.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** The few S3 calls we make, over HTTP, so that the SDK's own requests are what is tested. */
function s3Server(): { server: Server; requests: { method: string; headers: NodeJS.Dict<string | string[]> }[] } {
  const blobs = new Map<string, Buffer>()
  const requests: { method: string; headers: NodeJS.Dict<string | string[]> }[] = []
  const server = createServer(async (request, response) => {
    requests.push({ method: request.method!, headers: request.headers })
    const key = new URL(request.url!, 'http://s3').pathname
    if (!key.startsWith('/models/')) {
      response.writeHead(404, { 'content-type': 'application/xml' })
      return response.end('<Error><Code>NoSuchBucket</Code><Message>no such bucket</Message></Error>')
    }
    if (request.method === 'PUT') {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      blobs.set(key, Buffer.concat(chunks))
      return response.writeHead(200).end()
    }
    const blob = blobs.get(key)
    if (!blob) {
      const body = '<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>'
      return response.writeHead(404, { 'content-type': 'application/xml' }).end(request.method === 'GET' ? body : '')
    }
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
    const part = range ? blob.subarray(Number(range[1]), Number(range[2]) + 1) : blob
    response.writeHead(range ? 206 : 200, { 'content-length': part.length })
    response.end(request.method === 'GET' ? part : undefined)
  })
  return { server, requests }
}

let folder: string
const { server, requests } = s3Server()
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storecast-objects-'))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
})
afterAll(async () => {
  server.close()
  await rm(folder, { recursive: true })
})
const s3 = (bucket: string) =>
  s3Objects({
    bucket,
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    prefix: 'objects/',
    spool: join(folder, 'spool'),
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })

const stores: Record<string, () => Promise<Objects>> = {
  'in a folder': () => folderObjects(join(folder, 'objects')),
  'in S3': () => s3('models'),
}

describe.each(Object.entries(stores))('objects %s', (_name, open) => {
  it('gives back any bytes under their digest, whole and by range', async () => {
    const objects = await open()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 5000 }), fc.nat(), fc.nat(), async (bytes, a, b) => {
        const half = bytes.length >> 1
        const stored = await objects.put([bytes.subarray(0, half), bytes.subarray(half)], 5000)
        expect(stored).toEqual({ sha256: sha256(bytes), bytes: bytes.length })
        expect(await objects.size(stored.sha256)).toBe(bytes.length)
        expect(new Uint8Array(await readWhole(objects, stored.sha256))).toEqual(bytes)
        const [first, last] = [a % bytes.length, b % bytes.length].sort((x, y) => x - y) as [number, number]
        const chunks: Buffer[] = []
        for await (const chunk of await objects.read(stored.sha256, { first, last })) chunks.push(chunk as Buffer)
        expect(new Uint8Array(Buffer.concat(chunks))).toEqual(bytes.slice(first, last + 1))
      }),
      { numRuns: 25 },
    )
  })

  it('stores nothing of an upload over the limit or cut short', async () => {
    const objects = await open()
    const bytes = randomBytes(2000)
    await expect(objects.put([bytes], 1999)).rejects.toMatchObject({ code: 'object-too-large' })
    async function* broken() {
      yield bytes
      throw new Error('the connection broke')
    }
    await expect(objects.put(broken(), 9999)).rejects.toThrow('the connection broke')
    const refuse = (all: Uint8Array) => {
      throw new Error(`no use for ${all.length} bytes`)
    }
    await expect(objects.put([bytes], 9999, refuse)).rejects.toThrow('no use for 2000 bytes')
    expect(await objects.size(sha256(bytes))).toBeUndefined()
    await expect(objects.read(sha256(bytes))).rejects.toMatchObject({ code: 'object-unknown' })
    for (const name of await readdir(folder, { recursive: true })) expect(name).not.toMatch(/\.part$/)
  })
})

describe('S3', () => {
  it('sends no checksum that a compatible store may refuse', async () => {
    requests.length = 0
    await (await s3('models')).put([Buffer.from('plain')], 10)
    const put = requests.find((request) => request.method === 'PUT')!
    expect(Object.keys(put.headers).filter((name) => name.includes('checksum'))).toEqual([])
    expect(put.headers['content-length']).toBe('5')
  })

  it('says which bucket does not answer', async () => {
    await expect((await s3('elsewhere')).put([Buffer.from('x')], 10)).rejects.toMatchObject({
      code: 'object-store',
      message: expect.stringMatching(/elsewhere.*HTTP 404, NoSuchBucket/),
    })
  })

  it('says so where nothing answers', async () => {
    const closed = await s3Objects({
      bucket: 'models',
      region: 'eu-central-1',
      endpoint: 'http://127.0.0.1:9',
      spool: join(folder, 'spool'),
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    })
    await expect(closed.size('a'.repeat(64))).rejects.toMatchObject({
      code: 'object-store',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })
})
