import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  cutAfter,
  insteadOf,
  type ObjectServer,
  stall,
  startObjectServer,
  status,
  whole,
} from '../test/object-server.ts'
import { type DownloadOptions, download } from './download.ts'
import { RefusedUpdateError, TransientUpdateError } from './errors.ts'
import { type ObjectStore, openObjectStore } from './objects.ts'

const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251)
let folder: string
let store: ObjectStore
let server: ObjectServer

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storecast-objects-'))
  store = await openObjectStore(folder)
  server = await startObjectServer()
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const options = (part: Partial<DownloadOptions> = {}): DownloadOptions => ({
  api: server.url,
  credentials: { token: server.token, tls: {} },
  ref: server.put(content),
  store,
  signal: new AbortController().signal,
  bytesPerSecond: 1e9,
  stallMs: 5_000,
  requireTls: false,
  ...part,
})
const codeOf = async (part: Partial<DownloadOptions> = {}) => {
  try {
    await download(options(part))
  } catch (error) {
    if (error instanceof RefusedUpdateError) return `refused ${error.code}`
    if (error instanceof TransientUpdateError) return `transient ${error.code}`
    throw error
  }
  return 'whole'
}

describe('download', () => {
  it('stores the object under its digest', async () => {
    const { ref } = options()
    expect(await codeOf()).toBe('whole')
    expect(new Uint8Array(await readFile(join(folder, ref.sha256)))).toEqual(content)
    expect(await store.list()).toEqual({ stored: new Set([ref.sha256]), partial: new Set() })
  })

  it('goes on where a cut connection stopped, and asks only for the rest', async () => {
    const { ref } = options()
    server.fail(ref.sha256, cutAfter(100_000), cutAfter(80_000))
    expect(await codeOf()).toBe('transient download-truncated')
    expect(await codeOf()).toBe('transient download-truncated')
    expect(await codeOf()).toBe('whole')
    const [first, ...rest] = server.requests.map((line) => Number(/bytes=(\d+)-$/.exec(line)?.[1] ?? 0))
    expect(first).toBe(0)
    // What the connection still held when it was cut may be lost with it.
    expect(rest[0]).toBeGreaterThan(20_000)
    expect(rest[0]).toBeLessThanOrEqual(100_000)
    expect(rest[1]).toBeGreaterThan(rest[0]!)
  })

  it('arrives wherever the connection is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(120_000), { maxLength: 4 }), async (cuts) => {
        const { ref } = options()
        await store.remove(ref.sha256)
        server.fail(ref.sha256, ...cuts.map(cutAfter))
        for (let attempt = 0; (await codeOf()) !== 'whole'; attempt++) expect(attempt).toBeLessThanOrEqual(cuts.length)
        expect(await store.read(ref.sha256, 1e6)).toEqual(Buffer.from(content))
        // A cut that was not met would fail the next run's download.
        while ((await codeOf()) !== 'whole') await store.remove(ref.sha256)
      }),
      { numRuns: 20 },
    )
  })

  it('starts again where the server does not know of ranges', async () => {
    const { ref } = options()
    server.fail(ref.sha256, cutAfter(100_000), whole)
    expect(await codeOf()).toBe('transient download-truncated')
    expect(await codeOf()).toBe('whole')
  })

  it('drops a part that the server cannot continue', async () => {
    const { ref } = options()
    server.fail(ref.sha256, cutAfter(100_000), status(416))
    expect([await codeOf(), await codeOf(), await codeOf()]).toEqual([
      'transient download-truncated',
      'transient range-refused',
      'whole',
    ])
  })

  it('refuses an object of another size or digest, and keeps nothing of it', async () => {
    const { ref } = options()
    const other = content.slice()
    other[0] = 255
    const longer = new Uint8Array(400_000)
    server.fail(ref.sha256, insteadOf(other), insteadOf(longer), insteadOf(new Uint8Array(3)))
    expect(await codeOf()).toBe('refused digest-mismatch')
    expect(await codeOf()).toBe('refused size-mismatch')
    expect(await codeOf()).toBe('refused size-mismatch')
    expect(await codeOf({ ref: { ...ref, bytes: 300_001 } })).toBe('refused size-mismatch')
    await using left = await store.receive(ref.sha256)
    expect(left.size).toBe(0)
  })

  it('fetches anew when parts from two connections do not fit together', async () => {
    const { ref } = options()
    const incoming = await store.receive(ref.sha256)
    await incoming.append(new Uint8Array(1000))
    await incoming[Symbol.asyncDispose]()
    expect([await codeOf(), await codeOf()]).toEqual(['transient digest-mismatch', 'whole'])
  })

  it('says what may pass by itself', async () => {
    const { ref } = options()
    server.fail(ref.sha256, status(503), stall)
    expect(await codeOf()).toBe('transient http-status')
    expect(await codeOf({ stallMs: 50 })).toBe('transient download-stalled')
    expect(await codeOf({ credentials: { token: 'wrong', tls: {} } })).toBe('transient unauthorized')
    expect(await codeOf({ ref: { sha256: '0'.repeat(64), bytes: 5 } })).toBe('transient object-missing')
    await server[Symbol.asyncDispose]()
    expect(await codeOf()).toBe('transient download-interrupted')
  })

  it('does not send the token in the clear where the link to the broker is encrypted', async () => {
    expect(await codeOf({ requireTls: true })).toBe('refused insecure-api')
    expect(server.requests).toEqual([])
  })

  it('keeps to the byte rate', async () => {
    const began = performance.now()
    expect(await codeOf({ bytesPerSecond: 1_000_000 })).toBe('whole')
    expect(performance.now() - began).toBeGreaterThan(250)
  })

  it('ends at once when told to, and keeps what it has', async () => {
    const stop = new AbortController()
    const { ref } = options()
    const running = codeOf({ bytesPerSecond: 1000, signal: stop.signal })
    setTimeout(() => stop.abort(), 50)
    await expect(running).rejects.toThrow('abort')
    expect((await store.list()).partial).toEqual(new Set([ref.sha256]))
  })
})

describe('the object store', () => {
  it('removes what has changed on disk', async () => {
    const { ref } = options()
    await download(options())
    await writeFile(join(folder, ref.sha256), 'something else')
    expect(await store.read(ref.sha256, 1e6)).toBeUndefined()
    expect((await store.list()).stored.size).toBe(0)
  })
})
