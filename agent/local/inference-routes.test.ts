import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Models } from '../inference/index.ts'
import { createLogger } from '../platform/logger.ts'
import { tinyBundle } from '../test/tiny-bundle.ts'
import { inferenceRoutes } from './inference-routes.ts'
import { type LocalServer, startLocalServer } from './server.ts'

let folder: string
let models: Models
let server: LocalServer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storecast-local-'))
  models = new Models({ dataDirectory: folder })
  await models.start()
  await models.activate(await tinyBundle({ directory: folder, version: 4, factor: 3 }))
  server = await startLocalServer({
    host: '127.0.0.1',
    port: 0,
    token: undefined,
    routes: inferenceRoutes({ models, agentVersion: '0.1.0', maxBodyBytes: 1_000_000 }),
    log: createLogger({ level: 'silent' }),
    onAnswered: () => undefined,
  })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await models[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const get = async (path: string) => {
  const response = await fetch(server.url + path)
  return { status: response.status, body: await response.json() }
}
const inputs = [
  { name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] },
  { name: 'divisor', shape: [1], datatype: 'INT64', data: [1] },
  { name: 'sides', shape: [2], datatype: 'INT64', data: [1, 1] },
]
const infer = async (body: unknown, path = '/v2/models/tiny/infer') => {
  const response = await fetch(server.url + path, { method: 'POST', body: JSON.stringify(body) })
  return { status: response.status, body: await response.json() }
}
const withX = (x: object) => ({ inputs: [{ ...inputs[0], ...x }, ...inputs.slice(1)] })

describe('Open Inference Protocol v2', () => {
  it('tells of the server and the model', async () => {
    expect(await get('/v2')).toMatchObject({ body: { name: 'storecast-agent', version: '0.1.0', extensions: [] } })
    expect(await get('/v2/health/live')).toEqual({ status: 200, body: { live: true } })
    expect(await get('/v2/health/ready')).toEqual({ status: 200, body: { ready: true } })
    expect(await get('/v2/models/tiny/ready')).toEqual({ status: 200, body: { name: 'tiny', ready: true } })
    expect(await get('/v2/models/tiny/versions/3/ready')).toMatchObject({ status: 503, body: { ready: false } })
    expect(await get('/v2/models/tiny')).toMatchObject({
      status: 200,
      body: {
        name: 'tiny',
        versions: ['4'],
        platform: 'onnx',
        inputs: [
          { name: 'x', datatype: 'FP32', shape: [-1, 2] },
          { name: 'divisor', datatype: 'INT64', shape: [1] },
          { name: 'sides' },
        ],
      },
    })
  })

  it('infers, by version or not', async () => {
    const answer = { model_name: 'tiny', model_version: '4', id: 'q' }
    const y = { name: 'y', shape: [1, 2], datatype: 'FP32', data: [3, 6] }
    const request = { id: 'q', inputs, outputs: [{ name: 'y' }] }
    expect(await infer(request)).toEqual({ status: 200, body: { ...answer, outputs: [y] } })
    expect(await infer(request, '/v2/models/tiny/versions/4/infer')).toMatchObject({ status: 200 })
  })

  it('answers what does not fit with the reason', async () => {
    expect(await get('/v2/models/other')).toMatchObject({ status: 404, body: { code: 'unknown-model' } })
    expect(await get('/v2/models/toString')).toMatchObject({ status: 404 })
    expect(await infer({ inputs }, '/v2/models/other/infer')).toMatchObject({ status: 404 })
    expect(await infer({ inputs }, '/v2/models/tiny/versions/1/infer')).toMatchObject({
      status: 404,
      body: { code: 'unknown-version', error: 'model tiny serves version 4, not "1"' },
    })
    expect(await infer(withX({ shape: [1, 3], data: [1, 2, 3] }))).toMatchObject({
      status: 400,
      body: { code: 'bad-tensor', error: 'model tiny: tensor x has shape [1,3], not [N,2]' },
    })
    expect(await infer(withX({ datatype: 'INT64' }))).toMatchObject({
      status: 400,
      body: { code: 'bad-tensor', error: 'model tiny: tensor x is int64, not float32' },
    })
    expect(await infer({ inputs: inputs.slice(1) })).toMatchObject({ status: 400, body: { code: 'bad-tensor' } })
    expect(await infer({ inputs, outputs: [{ name: 'z' }] })).toMatchObject({
      status: 400,
      body: { code: 'unknown-output' },
    })
    const zero = { inputs: [inputs[0], { ...inputs[1], data: [0] }, inputs[2]] }
    expect(await infer(zero)).toMatchObject({ status: 400, body: { code: 'run-failed' } })
    expect(await infer(withX({ data: 'x'.repeat(2_000_000) }))).toMatchObject({ status: 413 })
  })

  it.runIf(process.arch === 'x64')('asks the caller to come back when the host dies during the run', async () => {
    const deadly = { inputs: [inputs[0], { ...inputs[1], data: [-1] }, inputs[2]] }
    expect(await infer(deadly)).toMatchObject({ status: 503, body: { code: 'host-ended' } })
    expect(await infer({ inputs, outputs: [{ name: 'y' }] })).toMatchObject({ status: 200 })
  })
})
