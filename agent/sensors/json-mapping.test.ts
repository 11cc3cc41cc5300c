import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { calendar } from '@storecast/shared/windows'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SourceConfig, TopicMapping } from './config.ts'
import { timeOf, valueAt } from './convert.ts'
import { decodeJson, decodeText, mapMessage, matchesTopic } from './json-mapping.ts'

const zone = calendar('Europe/Berlin')
const map = (mapping: unknown, topic: string, payload: string) => {
  const decoded = decodeJson(payload)
  if ('cause' in decoded) throw new Error(decoded.message)
  return mapMessage(TopicMapping.parse(mapping), { levels: topic.split('/'), document: decoded.document, zone })
}

describe('the shapes that stores have', () => {
  it('Zigbee2MQTT: a flat object, what has changed, its time as last_seen', () => {
    const mapping = {
      filter: 'zigbee2mqtt/+',
      time: { path: 'last_seen' },
      fields: [
        { sensor: 'temperature', path: 'temperature' },
        { sensor: 'door', path: 'contact', values: { true: 0, false: 1 } },
      ],
    }
    const payload = '{"contact":false,"temperature":21.4,"linkquality":120,"last_seen":"2026-03-01T12:00:00+01:00"}'
    const time = Date.parse('2026-03-01T11:00:00Z')
    expect(map(mapping, 'zigbee2mqtt/fridge', payload)).toEqual([
      { sensor: 'temperature', value: 21.4, time, entity: undefined, id: undefined },
      { sensor: 'door', value: 1, time, entity: undefined, id: undefined },
    ])
    expect(map(mapping, 'zigbee2mqtt/fridge', '{"temperature":null,"last_seen":1772362800000}')).toEqual([])
  })

  it('Tasmota: nested objects, local time without an offset', () => {
    const mapping = {
      filter: 'tele/+/SENSOR',
      time: { path: 'Time', format: 'local' },
      fields: [
        { sensor: 'energy', path: 'ENERGY.Total', scale: 1000 },
        { sensor: 'temperature', path: 'DS18B20-1.Temperature' },
      ],
    }
    const payload =
      '{"Time":"2026-07-01T14:00:00","ENERGY":{"Total":3.185},"DS18B20-1":{"Id":"01","Temperature":"3.5"}}'
    expect(map(mapping, 'tele/plug/SENSOR', payload)).toMatchObject([
      { sensor: 'energy', value: 3185, time: Date.parse('2026-07-01T12:00:00Z') },
      { sensor: 'temperature', value: '3.5' },
    ])
  })

  it('Shelly: component names with a colon, seconds with a fraction; the first generation sends bare values', () => {
    const second = {
      filter: '+/events/rpc',
      time: { path: 'params.ts' },
      fields: [{ sensor: 'temperature', path: ['params', 'temperature:0', 'tC'] }],
    }
    const payload =
      '{"src":"shellyht","method":"NotifyStatus","params":{"ts":1772362800.25,"temperature:0":{"id":0,"tC":4.1}}}'
    expect(map(second, 'shellyht/events/rpc', payload)).toMatchObject([{ value: 4.1, time: 1772362800250 }])
    const first = TopicMapping.parse({
      filter: 'shellies/+/relay/0',
      payload: 'text',
      fields: [{ sensor: 'door', values: { on: 1 } }],
    })
    expect(mapMessage(first, { levels: ['shellies', 'x', 'relay', '0'], document: 'on', zone })).toMatchObject([
      { value: 1 },
    ])
  })

  it('a till: entity from the topic, the payload or fixed; an id', () => {
    const mapping = { filter: 'pos/+/sold', id: 'receipt', fields: [{ sensor: 'sales', path: 'units' }] }
    const at = (entity: object) =>
      map({ ...mapping, entity }, 'pos/milk/sold', '{"units":2,"receipt":77,"sku":1042}')[0]
    expect(at({ topicLevel: 1 })).toMatchObject({ entity: 'milk', id: '77', value: 2 })
    expect(at({ path: 'sku' })).toMatchObject({ entity: '1042' })
    expect(at({ value: 'bread' })).toMatchObject({ entity: 'bread' })
    expect(at({ topicLevel: 9 })).toMatchObject({ entity: undefined })
  })
})

describe('reading JSON', () => {
  it.each([
    [['a', 'b'], 1],
    [['list', '1'], 20],
    [['a', 'toString'], undefined],
    [['__proto__', 'x'], undefined],
    [['a', 'b', 'c'], undefined],
  ])('finds %j', (path, value) => {
    expect(valueAt({ a: { b: 1 }, list: [10, 20] }, path)).toBe(value)
  })

  it.each([
    ['2026-03-01T12:00:00Z', undefined, Date.parse('2026-03-01T12:00:00Z')],
    ['2026-03-01 12:00:00,5+0100', 'iso', Date.parse('2026-03-01T11:00:00.500Z')],
    ['2026-03-01T12:00:00', undefined, Number.NaN],
    ['2026-03-01T12:00:00', 'local', Date.parse('2026-03-01T11:00:00Z')],
    [1_772_362_800, undefined, 1_772_362_800_000],
    ['1772362800123', undefined, 1_772_362_800_123],
    [1_772_362_800_123, 'ms', 1_772_362_800_123],
    [1_772_362_800.5, 's', 1_772_362_800_500],
    ['yesterday', 'local', Number.NaN],
    [{}, undefined, Number.NaN],
    ['', undefined, Number.NaN],
  ] as const)('reads the time %j (%s)', (value, format, expected) => {
    expect(timeOf(value, format, zone)).toBe(expected)
  })

  it('caps a payload before it is parsed, and refuses what is not text', () => {
    expect(decodeText(new Uint8Array(11), 10)).toMatchObject({ cause: 'too-large' })
    expect(decodeText(Uint8Array.of(0xff, 0xfe), 10)).toMatchObject({ cause: 'bad-payload' })
    expect(decodeText(Buffer.from('ok'), 10)).toBe('ok')
  })

  it('answers any bytes with candidates or a refusal, never with an exception', () => {
    const mapping = TopicMapping.parse({
      filter: '#',
      entity: { path: 'e' },
      time: { path: 't' },
      id: 'i',
      fields: [{ sensor: 's', path: 'v', scale: 2, values: { on: 1 } }, { sensor: 'whole' }],
    })
    const keyed = fc.dictionary(fc.constantFrom('e', 't', 'i', 'v'), fc.jsonValue())
    const payload = fc.oneof(
      fc.uint8Array(),
      fc.json().map(Buffer.from),
      keyed.map((o) => Buffer.from(JSON.stringify(o))),
    )
    fc.assert(
      fc.property(payload, (bytes) => {
        const text = decodeText(bytes, 10_000)
        if (typeof text !== 'string') return
        const decoded = decodeJson(text)
        if ('document' in decoded) mapMessage(mapping, { levels: ['a', 'b'], document: decoded.document, zone })
        else expect(decoded.cause).toBe('bad-payload')
      }),
      { numRuns: 1000 },
    )
  })
})

describe('topic filters', () => {
  // The examples of MQTT 3.1.1, section 4.7.
  it.each([
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/#', 'sport', true],
    ['#', 'sport', true],
    ['sport/tennis/+', 'sport/tennis/player1', true],
    ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['#', '$SYS/monitor', false],
    ['+/monitor', '$SYS/monitor', false],
    ['$SYS/#', '$SYS/monitor', true],
  ])('%s matches %s: %s', (filter, topic, expected) => {
    expect(matchesTopic(filter, topic)).toBe(expected)
  })

  it.each(['sport/tennis#', 'sport/#/ranking', 'sport+', ''])('refuses the filter "%s"', (filter) => {
    const topics = [{ filter, fields: [{ sensor: 'x', path: 'y' }] }]
    const config = { kind: 'mqtt', name: 'm', url: 'mqtt://localhost', topics }
    expect(SourceConfig.safeParse(config).success).toBe(false)
  })
})

interface DocumentedPayload {
  readonly topic?: string
  readonly payload?: string
  /** What a LoRaWAN decoder makes of the bytes; as text where that is not JSON. */
  readonly decoded?: object | string
  readonly valid_json: boolean
}
const corpus = join(import.meta.dirname, '../../../shared/data/device_payloads/payloads.jsonl')

describe.skipIf(!existsSync(corpus))('documented payloads of real devices', () => {
  const lines = existsSync(corpus) ? readFileSync(corpus, 'utf8').trim().split('\n') : []
  const payloads = lines
    .map((line) => JSON.parse(line) as DocumentedPayload)
    .map(({ topic = 'lora/up', payload, decoded, valid_json }) => {
      const text = payload ?? (typeof decoded === 'string' ? decoded : JSON.stringify(decoded))
      // A last will may be a bare word, and is documented as such.
      return { topic, text, isJson: valid_json && text !== 'Online' }
    })

  it('are 951, each read or refused as it should be', () => {
    expect(payloads).toHaveLength(951)
    for (const { text, isJson } of payloads) {
      const payload = decodeText(Buffer.from(text), 65_536)
      const decoded = typeof payload === 'string' ? decodeJson(payload) : payload
      expect('document' in decoded ? 'read' : decoded.cause).toBe(isJson ? 'read' : 'bad-payload')
    }
  })

  it('give a number wherever a mapping names one that is there', () => {
    let found = 0
    for (const { text, isJson, topic } of payloads) {
      if (!isJson) continue
      const document = JSON.parse(text) as unknown
      for (const path of numbersIn(document, [])) {
        const mapping = TopicMapping.parse({ filter: '#', fields: [{ sensor: 'x', path }] })
        const [candidate] = mapMessage(mapping, { levels: topic.split('/'), document, zone })
        expect(candidate?.value).toBe(valueAt(document, path))
        expect(Number.isFinite(candidate?.value)).toBe(true)
        found++
      }
    }
    expect(found).toBeGreaterThan(2000)
  })

  function* numbersIn(document: unknown, path: readonly string[]): Generator<string[]> {
    if (typeof document === 'number' && path.length > 0 && path.length <= 12) yield [...path]
    if (typeof document !== 'object' || document === null) return
    for (const [name, value] of Object.entries(document)) yield* numbersIn(value, [...path, name])
  }
})
