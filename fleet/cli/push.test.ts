import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tinyOnnx } from '@storecast/agent/test/tiny-onnx'
import { type TestCloud, testCloud } from '@storecast/cloud/test/cloud'
import { openBundle, packBundle } from '@storecast/shared/bundle'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { cloudClient } from '../client/client.ts'
import { sendInParts } from '../client/upload.ts'
import { demandRows, simulateShop } from '../simulator/index.ts'
import { typist } from '../test/cli.ts'

const stack = new AsyncDisposableStack()
let folder: string
let server: TestCloud
let storecast: ReturnType<typeof typist>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storecast-push-'))
  stack.defer(() => rm(folder, { recursive: true }))
  server = stack.use(await testCloud())
  storecast = typist(folder)
  await storecast(['login', server.cloud.url, '--with-token'], { input: server.cloud.adminToken })
  const shops = [1, 2].map((n) =>
    simulateShop({ site: `shop-${n}`, seed: n, products: 3, firstDay: '2026-01-05', days: 30 }),
  )
  await writeFile(at('data.csv'), [...demandRows(shops), ''].join('\n'))
  await writeFile(at('definition.yaml'), stringify(definition()))
  await writeFile(at('network.onnx'), network())
})
afterAll(() => stack.disposeAsync())

const at = (name: string) => join(folder, name)
const definition = (spec: object = {}) => ({
  apiVersion: 'storecast/v1',
  kind: 'ModelDefinition',
  metadata: { name: 'ours' },
  spec: {
    view: {
      kind: 'daily-demand',
      target: 'sales',
      censoredBy: 'stockout',
      statics: { entity: 2 },
      knownAhead: { entity: [], site: [] },
    },
    horizon: 24,
    network: { kind: 'imported', vocabulary: { entity: ['b', 'a'] } },
    ...spec,
  },
})

/** Written field by field from onnx.proto3: half, once and twice the mean of all features, in units of the scale. */
const network = (batch: number | string = 'N', extra: string[] = []): Uint8Array =>
  tinyOnnx({
    inputs: [
      { name: 'features', type: 'float32', shape: [batch, 'F'] },
      { name: 'statics', type: 'int64', shape: [batch, 1] },
      { name: 'scale', type: 'float32', shape: [batch] },
      ...extra.map((name) => ({ name, type: 'float32' as const, shape: [1] })),
    ],
    outputs: [
      { name: 'quantiles', type: 'float32', shape: [batch, 3] },
      { name: 'mean', type: 'float32', shape: [batch] },
      { name: 'profile', type: 'float32', shape: [batch, 24] },
    ],
    constants: {
      column: { shape: [2], data: BigInt64Array.of(-1n, 1n) },
      flat: { shape: [1], data: BigInt64Array.of(-1n) },
      ratios: { shape: [1, 3], data: Float32Array.of(0.5, 1, 2) },
      zeros: { shape: [1, 24], data: new Float32Array(24) },
      even: { shape: [1, 24], data: new Float32Array(24).fill(1 / 24) },
    },
    nodes: [
      { op: 'ReduceMean', inputs: ['features'], outputs: ['relative'], attributes: { axes: [1], keepdims: 1 } },
      { op: 'Reshape', inputs: ['scale', 'column'], outputs: ['scales'] },
      { op: 'Mul', inputs: ['relative', 'scales'], outputs: ['total'] },
      { op: 'Mul', inputs: ['total', 'ratios'], outputs: ['quantiles'] },
      { op: 'Mul', inputs: ['total', 'zeros'], outputs: ['nothing'] },
      { op: 'Add', inputs: ['nothing', 'even'], outputs: ['profile'] },
      { op: 'Reshape', inputs: ['total', 'flat'], outputs: ['mean'] },
    ],
  })
const push = (model: string, more: string[] = [], definition = 'definition.yaml') =>
  storecast(['model', 'push', at(model), '--definition', at(definition), '--data', at('data.csv'), ...more])

describe('model push', () => {
  it('makes a bundle of an ONNX file, scored on data, and registers it with its alias and tags', async () => {
    const dry = await push('network.onnx', ['--dry-run', '--out', at('ours.bundle')])
    expect(dry).toMatchObject({
      status: 0,
      out: '',
      err: expect.stringMatching(/2 golden cases match\nnothing was sent\n$/),
    })
    const { manifest, model, warmup, reference } = openBundle(await readFile(at('ours.bundle')))
    expect(model).toEqual(new Uint8Array(await readFile(at('network.onnx'))))
    expect(manifest).toMatchObject({
      precision: 'float32',
      quantization: null,
      vocabulary: { entity: ['b', 'a'] },
      metrics: { wape: expect.any(Number), latency_p95_ms: expect.any(Number) },
      baseline: { wape: expect.any(Number) },
    })
    expect(Object.keys(warmup!.sites).sort()).toEqual(['shop-1', 'shop-2'])
    expect(reference!.features).toHaveLength(manifest.features.length)

    expect(await push('network.onnx', ['--alias', 'candidate', '--tag', 'team=north'])).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^version +models:\/ours\/1\nalias +candidate\ntags +team=north$/m),
    })
    const again = JSON.parse((await storecast(['model', 'push', at('ours.bundle'), '--json'])).out)
    expect(again).toMatchObject({ model: 'ours', version: 2, bundle: { bytes: (await stat(at('ours.bundle'))).size } })
    expect(JSON.parse((await storecast(['model', 'push', at('ours.bundle'), '--json'])).out).version).toBe(2)
    const { body } = await server.call('GET', '/v1/models/ours')
    expect(body).toMatchObject({ versions: 2, aliases: { candidate: 1 } })
  })

  it.each([
    ['another batch', 'fixed.onnx', () => network(4), /features float32 \[N,F\] is float32 \[4,F\]/],
    ['an input too many', 'extra.onnx', () => network('N', ['noise']), /noise is an input that nobody fills/],
    ['what is no ONNX', 'no.onnx', () => randomBytes(100), /ONNX Runtime does not load it/],
  ])('refuses %s, by the file’s name', async (_what, name, make, message) => {
    await writeFile(at(name), make())
    const { status, out, err } = await push(name)
    expect([status, out]).toEqual([1, ''])
    expect(err).toMatch(message)
    expect(err).toContain(at(name))
  })

  it('refuses what is not said clearly, and bundles that would be refused by devices', async () => {
    expect((await storecast(['model', 'push', at('network.onnx')])).err).toMatch(/say what it forecasts/)
    expect((await storecast(['model', 'push', at('a'), '--data', at('data.csv')])).err).toMatch(/needs both/)
    await writeFile(at('trained.yaml'), stringify(definition({ network: { kind: 'seasonal-naive' } })))
    expect((await push('network.onnx', [], 'trained.yaml')).err).toMatch(
      /network.kind is seasonal-naive; say "imported"/,
    )
    const quantiles = definition({ quantiles: [0.1, 0.9] })
    await writeFile(at('two.yaml'), stringify(quantiles))
    expect((await push('network.onnx', [], 'two.yaml')).err).toMatch(/quantiles float32 \[N,2\] is float32 \[N,3\]/)
    const { manifest, files } = openBundle(await readFile(at('ours.bundle')))
    const { 'manifest.json': _, ...rest } = files
    const golden = JSON.parse(new TextDecoder().decode(rest['golden.json']))
    golden.cases[0].outputs.mean.data[0] += 1000
    const lying = packBundle({ manifest, files: { ...rest, 'golden.json': Buffer.from(JSON.stringify(golden)) } })
    await writeFile(at('lying.bundle'), lying)
    expect((await storecast(['model', 'push', at('lying.bundle')])).err).toMatch(/devices refuse such a bundle/)
    await writeFile(at('cut.bundle'), lying.subarray(0, 4000))
    expect((await storecast(['model', 'push', at('cut.bundle')])).status).toBe(1)
  })
})

describe('an upload', () => {
  const bytes = randomBytes(6 * 1024 * 1024 + 17)
  const never = new AbortController().signal

  it('goes on over a line that breaks again and again, and is whole', async () => {
    await using line = await brokenLine(new URL(server.cloud.url), 1_200_000)
    const cloud = cloudClient({ url: line.url, token: server.cloud.adminToken })
    const seen: number[] = []
    const id = await sendInParts({ cloud, bytes, signal: never, onProgress: (sent) => seen.push(sent), retryMs: 1 })
    expect(seen.at(-1)).toBe(bytes.length)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect(line.broken()).toBeGreaterThan(1)
    expect((await server.call('GET', `/v1/uploads/${id}`)).body).toMatchObject({ offset: bytes.length })
    // Its digest is right: what is wrong with it is that it is no bundle.
    const made = await server.call('POST', `/v1/uploads/${id}/version`, { json: { model: 'ours' } })
    expect(made).toMatchObject({ status: 400, body: { code: 'not-a-bundle' } })
  })

  it('that was stopped goes on in another run', async () => {
    const other = randomBytes(2 * 1024 * 1024)
    const cloud = cloudClient({ url: server.cloud.url, token: server.cloud.adminToken })
    const stop = new AbortController()
    const stopping = {
      cloud,
      bytes: other,
      signal: stop.signal,
      onProgress: (sent: number) => sent > 0 && stop.abort(),
    }
    await expect(sendInParts(stopping)).rejects.toThrow(/abort/i)
    const seen: number[] = []
    await sendInParts({ cloud, bytes: other, signal: never, onProgress: (sent) => seen.push(sent) })
    expect(seen).toEqual([1024 * 1024, other.length])
  })

  it('is given up where the cloud refuses it', async () => {
    const cloud = cloudClient({ url: server.cloud.url, token: 'guess' })
    const sending = sendInParts({ cloud, bytes, signal: never, onProgress: () => undefined })
    await expect(sending).rejects.toMatchObject({ status: 401 })
  })
})

/** A TCP line to the cloud on which every connection breaks after so many bytes. */
async function brokenLine(to: URL, most: number) {
  let broken = 0
  const sockets = new Set<Socket>()
  const line = createServer((near) => {
    const far = connect(Number(to.port), to.hostname)
    let carried = 0
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
    }
    near.on('data', (chunk: Buffer) => {
      carried += chunk.length
      if (carried <= most) return void far.write(chunk)
      broken++
      near.destroy()
      far.destroy()
    })
    far.pipe(near)
    near.on('close', () => far.destroy())
  })
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(line.address() as AddressInfo).port}`,
    broken: () => broken,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => line.close(resolve))
    },
  }
}
