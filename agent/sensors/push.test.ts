import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { calendar } from '@storecast/shared/windows'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../platform/manual-clock.ts'
import { MemoryIntake } from '../test/intake.ts'
import { sales, temperature } from '../test/storage.ts'
import { SourceConfig } from './config.ts'
import { Gate } from './gate.ts'
import { influxPush } from './influx-push.ts'
import { jsonPush } from './json-push.ts'
import type { PushReply, PushRequest } from './push.ts'
import { Refusals } from './refusals.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const NS = `${NOW}000000`
const MAX = 4096

let intake: MemoryIntake
let refusals: Refusals
let options: { gate: Gate; intake: MemoryIntake; refusals: Refusals; maxBodyBytes: number }
beforeEach(() => {
  intake = new MemoryIntake()
  refusals = new Refusals()
  const gate = new Gate({ clock: manualClock(NOW), intake })
  gate.define([temperature, sales])
  options = { gate, intake, refusals, maxBodyBytes: MAX }
})

const request = (body: string | Uint8Array, query = '', encoding?: string): PushRequest => ({
  query: new URLSearchParams(query),
  headers: encoding === undefined ? {} : { 'content-encoding': encoding },
  body: async () => Buffer.from(body),
})
const write = (body: string | Uint8Array, query = '', encoding?: string) =>
  influxPush({ ...options, sources: [] })(request(body, query, encoding))
const post = (body: unknown) =>
  jsonPush({ ...options, zone: () => calendar('Europe/Berlin') })(
    request(typeof body === 'string' ? body : JSON.stringify(body)),
  )
const causes = () => refusals.all().map(({ cause, count }) => [cause, count])

describe('POST /api/v2/write', () => {
  it('stores points and answers 204 after the commit', async () => {
    intake.hold()
    const reply = write(`temperature value=4.2 ${NS}\nsales,product=milk value=2i,id="r1" ${NS}`)
    let answered = false
    void reply.then(() => {
      answered = true
    })
    await new Promise(setImmediate)
    expect(answered).toBe(false)
    intake.release()
    expect(await reply).toEqual({ status: 204 })
    expect(intake.stored).toEqual([
      { sensor: 'temperature', entity: '', time: NOW, value: 42, outOfRange: false },
      { sensor: 'sales', entity: 'milk', time: NOW, value: 2, outOfRange: false, id: 'r1' },
    ])
  })

  it('unpacks gzip and reads the precision', async () => {
    const body = gzipSync(`temperature value=1 ${NOW / 1000}`)
    expect(await write(body, 'bucket=b&org=o&precision=s', 'gzip')).toEqual({ status: 204 })
    expect(intake.stored).toMatchObject([{ time: NOW }])
    expect(await write('temperature value=1', 'precision=h')).toMatchObject({ status: 400 })
  })

  it('stores the good lines of a partial write and names the others', async () => {
    const lines = [
      'temperature value=4',
      'temperature value=',
      'humidity value=3',
      'temperature value=400',
      'sales value=1',
    ]
    const reply = await write(lines.join('\n'))
    expect(reply).toMatchObject({
      status: 400,
      json: { code: 'invalid', stored: 2, refused: [{ at: 2 }, { at: 3 }, { at: 4 }, { at: 5 }] },
    })
    expect((reply.json as { message: string }).message).toMatch(
      /^partial write: 4 refused, 2 stored; 2: .*; 3: no sensor "humidity"/,
    )
    expect(causes()).toEqual([
      ['bad-payload', 1],
      ['unknown-sensor', 1],
      ['out-of-range', 1],
      ['bad-entity', 1],
    ])
    expect(intake.stored.map(({ outOfRange }) => outOfRange)).toEqual([false, true])
  })

  it('follows a mapping of measurement, field, tags and id', async () => {
    const source = SourceConfig.parse({
      kind: 'influx',
      name: 'telegraf',
      points: [
        { measurement: 'sensors', field: 'temp_input', where: { feature: 'fridge' }, sensor: 'temperature' },
        { measurement: 'tills', field: 'units', entityTag: 'sku', id: 'receipt', sensor: 'sales' },
      ],
    })
    if (source.kind !== 'influx') throw new Error('not an influx source')
    const handle = influxPush({ ...options, sources: [source] })
    const body = `sensors,feature=fridge temp_input=3\ntills,sku=milk units=2,receipt="7" ${NS}\ntemperature value=5`
    expect(await handle(request(body))).toEqual({ status: 204 })
    expect(intake.stored).toMatchObject([{ value: 30 }, { entity: 'milk', id: '7', value: 2 }, { value: 50 }])
  })

  it.each<[string, number, () => Promise<PushReply>]>([
    ['another packing', 415, () => write('x', '', 'br')],
    ['bytes that are not gzip', 400, () => write('plain', '', 'gzip')],
    ['a body that unpacks to too much', 413, () => write(gzipSync('x'.repeat(MAX * 10)), '', 'gzip')],
    ['bytes that are not UTF-8', 400, () => write(Uint8Array.of(0xff))],
  ])('refuses %s with %i', async (_, status, send) => {
    expect(await send()).toMatchObject({ status, json: { message: expect.any(String) } })
    expect(refusals.all()).toHaveLength(1)
    expect(intake.stored).toEqual([])
  })

  it('answers 503 where nothing could be stored, so that it is sent again', async () => {
    intake.failure = Object.assign(new Error('database or disk is full'), { code: 'disk-full' })
    const reply = await write('temperature value=4')
    expect(reply).toMatchObject({ status: 503, headers: { 'retry-after': '5' }, json: { code: 'unavailable' } })
  })
})

describe('POST /v1/readings', () => {
  it('takes a list, a wrapped list and a single reading', async () => {
    const item = { sensor: 'temperature', value: 4, time: '2026-03-01T13:00:00+01:00' }
    for (const body of [[item], { readings: [item] }, item]) expect(await post(body)).toEqual({ status: 204 })
    expect(intake.stored).toEqual(
      Array(3).fill({ sensor: 'temperature', entity: '', time: NOW, value: 40, outOfRange: false }),
    )
  })

  it('names each refused item and stores the others', async () => {
    const good = { sensor: 'sales', entity: 'milk', value: 1, id: 7, time: NOW }
    const bad = [
      null,
      1,
      { sensor: 'temperature' },
      { ...good, extra: 1 },
      { ...good, time: 'noon' },
      { ...good, value: 'NaN' },
      { ...good, unit: 'kg' },
    ]
    const reply = await post([...bad, good])
    expect(reply).toMatchObject({ status: 400, json: { stored: 1, refused: bad.map((_, at) => ({ at })) } })
    // What came for a known series is counted there.
    expect(intake.stored).toMatchObject([
      { fault: 'untrusted' },
      { fault: 'wrongType' },
      { fault: 'wrongUnit' },
      { id: '7' },
    ])
    expect(causes()).toEqual([
      ['bad-payload', 4],
      ['bad-time', 1],
      ['not-a-number', 1],
      ['wrong-unit', 1],
    ])
  })

  it('refuses what is not JSON', async () => {
    expect(await post('{"sensor":')).toMatchObject({
      status: 400,
      json: { message: expect.stringMatching(/not JSON/) },
    })
    expect(causes()).toEqual([['bad-payload', 1]])
  })

  it('answers any body with a status, never with an exception', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (body) => {
        for (const reply of [await post(body), await write(body)]) expect([204, 400, 413]).toContain(reply.status)
      }),
      { numRuns: 300 },
    )
  })
})

describe('behind a real HTTP server', () => {
  let server: ReturnType<typeof createServer>
  let url: string
  beforeEach(async () => {
    const read = async (incoming: IncomingMessage, most: number) => {
      const body = Buffer.concat(await incoming.toArray())
      if (body.length > most) throw new Error('the server caps bodies')
      return body
    }
    const handle = influxPush({ ...options, sources: [] })
    server = createServer(async (incoming, outgoing) => {
      const { searchParams } = new URL(incoming.url!, 'http://x')
      const reply = await handle({
        query: searchParams,
        headers: incoming.headers,
        body: (most) => read(incoming, most),
      })
      outgoing.writeHead(reply.status, { 'content-type': 'application/json' })
      outgoing.end(reply.json === undefined ? undefined : JSON.stringify(reply.json))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v2/write?precision=ms`
  })
  afterEach(() => new Promise<void>((resolve) => void server.close(() => resolve())))

  it('takes what Telegraf sends', async () => {
    const body = gzipSync(`temperature,host=till-1 value=3.9 ${NOW}\n`)
    const reply = await fetch(url, { method: 'POST', body, headers: { 'content-encoding': 'gzip' } })
    expect(reply.status).toBe(204)
    expect(intake.stored).toMatchObject([{ value: 39, time: NOW }])
  })
})
