import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openShop, type Shop } from './shop.ts'
import { temporaryFolder } from './storage.ts'
import { tinyBundle } from './tiny-bundle.ts'

const NOW = Date.UTC(2026, 2, 2, 12)
let folder: { path: string } & AsyncDisposable
let shop: Shop

beforeAll(async () => {
  folder = await temporaryFolder()
  shop = await openShop({ folder: folder.path, now: NOW, settings: { limits: { bodyMb: 1 } }, httpToken: 'secret' })
  await shop.agent.pipeline.models.activate(await tinyBundle({ directory: folder.path }))
})
afterAll(async () => {
  await shop[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

const lines = (...all: string[]) => all.join('\n')
const write = '/api/v2/write?precision=ms'
const infer = '/v2/models/tiny/infer'
const refusedOf = (source: string, cause: string) =>
  shop.metric(`storecast_readings_refused_total{source="${source}",cause="${cause}"}`)
const accepted = () => shop.metric('storecast_readings_total{outcome="accepted"}')
const sound = `sales,product=milk value=1,id="a" ${NOW}`

describe('what is malformed gets a clear error and the right status, and is counted', () => {
  it.each([
    ['bad line protocol', 'influx', 'bad-payload', write, lines('no fields', sound), 'field'],
    ['NaN', 'influx', 'bad-payload', write, `fridge value=NaN ${NOW}`, 'NaN'],
    ['an infinite number', 'influx', 'bad-payload', write, `fridge value=1e999 ${NOW}`, 'too large'],
    ['a time in other units', 'influx', 'bad-time', write, `fridge value=4 ${NOW * 1000}`, 'ahead of the clock'],
    ['an unknown sensor', 'influx', 'unknown-sensor', write, `freezer value=4 ${NOW}`, 'no sensor "freezer"'],
    ['no product', 'influx', 'bad-entity', write, `sales value=4 ${NOW}`, 'say of which'],
    ['an impossible product', 'influx', 'bad-entity', write, `sales,product=a\\ b value=4 ${NOW}`, 'letters, digits'],
    ['a value out of range', 'influx', 'out-of-range', write, `fridge value=500 ${NOW}`, 'outside'],
    ['text for a number', 'http', 'not-a-number', '/v1/readings', '{"sensor":"fridge","value":"warm"}', 'not a number'],
    ['bad JSON', 'http', 'bad-payload', '/v1/readings', '{', 'JSON'],
    ['JSON of another shape', 'http', 'bad-payload', '/v1/readings', '[{"sensor":7}]', 'sensor'],
  ])('%s', async (_, source, cause, path, body, said) => {
    const before = await refusedOf(source, cause)
    const answer = await shop.post(path, body)
    expect(answer).toMatchObject({ status: 400 })
    expect(answer.body.error).toContain(said)
    expect(await refusedOf(source, cause)).toBe(before + 1)
  })

  it('stores the good lines beside the bad ones, and says which were which', async () => {
    const before = await accepted()
    const body = lines(`fridge value=3.9 ${NOW}`, 'nonsense', `fridge value=4.1 ${NOW + 1}`)
    const answer = await shop.post(write, body)
    expect(answer).toMatchObject({ status: 400, body: { stored: 2, refused: [{ at: 2 }] } })
    expect(await accepted()).toBe(before + 2)
  })

  it('what is oversized, packed or not', async () => {
    const large = `${sound}\n`.repeat(100_000)
    expect(await shop.post(write, large)).toMatchObject({ status: 413, body: { code: 'too-large' } })
    const packed = gzipSync(large)
    expect(packed.length).toBeLessThan(100_000)
    expect(await shop.post(write, packed, { 'content-encoding': 'gzip' })).toMatchObject({ status: 413 })
    expect(await shop.post(write, 'not gzip', { 'content-encoding': 'gzip' })).toMatchObject({ status: 400 })
    expect(await shop.post(write, sound, { 'content-encoding': 'br' })).toMatchObject({ status: 415 })
    expect(await shop.metric(`storecast_http_requests_total{route="/api/v2/write",method="POST",status="413"}`)).toBe(2)
  })

  it.each([
    ['bad JSON', 400, 'bad-json', '{'],
    ['no inputs', 400, 'bad-request', '{}'],
    ['a wrong shape', 400, 'bad-tensor', JSON.stringify({ inputs: [tensor('x', [1, 3], 'FP32', [1, 2, 3])] })],
    ['a wrong type', 400, 'bad-tensor', JSON.stringify({ inputs: [tensor('x', [1, 2], 'INT64', [1, 2])] })],
    ['a missing tensor', 400, 'bad-tensor', JSON.stringify({ inputs: [tensor('x', [1, 2], 'FP32', [1, 2])] })],
    ['another type', 400, 'unsupported-datatype', JSON.stringify({ inputs: [tensor('x', [1], 'BYTES', ['a'])] })],
  ])('an inference request with %s', async (_, status, code, body) => {
    expect(await shop.post(infer, body)).toMatchObject({ status, body: { code } })
  })

  it('an unknown model, an unknown place, another method, a bad token', async () => {
    expect(await shop.get('/v2/models/none')).toMatchObject({ status: 404, body: { code: 'unknown-model' } })
    expect(await shop.get('/v1/forecasts?model=none')).toMatchObject({ status: 404, body: { code: 'unknown-model' } })
    expect(await shop.get('/v1/forecasts?at=yesterday')).toMatchObject({ status: 400, body: { code: 'bad-time' } })
    expect(await shop.get('/v1/forecasts?scores=all')).toMatchObject({ status: 400, body: { code: 'bad-days' } })
    expect(await shop.get('/etc/passwd')).toMatchObject({ status: 404, body: { code: 'not-found' } })
    expect(await shop.get('/v1/readings')).toMatchObject({ status: 405, body: { code: 'wrong-method' } })
    const wrong = await shop.post(write, sound, { authorization: 'Bearer guess' })
    expect(wrong).toMatchObject({ status: 401, body: { code: 'token-wrong' } })
    expect(await shop.metric('storecast_http_requests_total{route="/api/v2/write",method="POST",status="401"}')).toBe(1)
  })

  it('and the agent goes on: every good reading is there once, and all refusals are told', async () => {
    const again = await shop.post(write, sound)
    expect(again.status).toBe(204)
    const { body } = await shop.get('/v1/status')
    expect(body.sensors.find(({ name }: { name: string }) => name === 'sales')).toMatchObject({
      accepted: 1,
      duplicate: 1,
    })
    expect(body.refused.map(({ cause }: { cause: string }) => cause)).toEqual(
      expect.arrayContaining([
        'bad-payload',
        'bad-time',
        'unknown-sensor',
        'bad-entity',
        'out-of-range',
        'not-a-number',
      ]),
    )
    expect(await shop.get('/v2/health/ready')).toMatchObject({ status: 200 })
  })
})

function tensor(name: string, shape: number[], datatype: string, data: unknown[]) {
  return { name, shape, datatype, data }
}
