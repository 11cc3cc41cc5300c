import { modelEntity } from '@storecast/shared/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { gauge, openInMemory, openStorage, type Storage } from '../test/storage.ts'
import { measure } from './measured.ts'
import { Tally } from './tally.ts'

const MINUTE = 60_000
const T0 = Date.parse('2026-03-28T12:00:00Z')

let storage: Storage
beforeEach(async () => {
  storage = await openStorage('', { now: T0, inline: openInMemory() })
})
afterEach(() => storage[Symbol.asyncDispose]())

const stored = (sensor: string) => [...storage.windows.read({ sensor, from: 0, to: 4e12 })]
const latency = (values: readonly number[]) => {
  const tally = new Tally('$model-latency')
  for (const value of values) tally.add(value)
  return tally.observed()
}

describe('what the device measures of itself', () => {
  it('adds to a window that a former process has written, and to a coarser one', () => {
    const series = { sensor: '$model-latency', entity: 'demand.1' } as const
    const add = (start: number, minutes: number, values: readonly number[]) => {
      const span = { start, end: start + minutes * MINUTE }
      measure(storage.db, { at: T0, measurements: [{ series, span, observed: latency(values) }] })
    }
    add(T0, 60, [1, 2])
    add(T0, 60, [4])
    add(T0 + 5 * MINUTE, 5, [0.25])
    expect(stored('$model-latency')).toMatchObject([{ revision: 3, count: 4, sum: 7250, min: 250, max: 4000 }])
  })

  it('leaves out what no sum can hold, and counts it', () => {
    const tally = new Tally('$forecast-squared-error')
    for (const value of [1, 1e12, Number.NaN, Number.POSITIVE_INFINITY]) tally.add(value)
    expect(tally.observed()).toMatchObject({ count: 1, sum: 1000, outOfRange: 3 })
  })

  it('is of a bounded number of series: the one that was silent for longest is given up, and told', async () => {
    const span = (i: number) => ({ start: T0 + i * 5 * MINUTE, end: T0 + (i + 1) * 5 * MINUTE })
    for (let version = 1; version <= 2050; version++) {
      const series = { sensor: '$model-latency', entity: modelEntity({ model: 'demand', version }) } as const
      measure(storage.db, { at: T0, measurements: [{ series, span: span(version), observed: latency([1]) }] })
    }
    const entities = stored('$model-latency').map(({ series }) => series.entity)
    expect(entities).toHaveLength(2048)
    expect(entities).not.toContain('demand.1')
    expect(entities).toContain('demand.2050')
    const given = storage.db
      .prepare("SELECT detail FROM events WHERE code = 'series-given-up' ORDER BY message")
      .pluck()
    expect(given.all().map((detail) => JSON.parse(detail as string))).toEqual([
      { sensor: '$model-latency', entity: 'demand.1', windows: 1 },
      { sensor: '$model-latency', entity: 'demand.2', windows: 1 },
    ])
  })

  it('never meets a sensor’s series: those go on being numbered from 1', async () => {
    const span = { start: T0, end: T0 + 5 * MINUTE }
    const series = { sensor: '$model-latency', entity: 'demand.1' } as const
    measure(storage.db, { at: T0, measurements: [{ series, span, observed: latency([1]) }] })
    await storage.buffer.accept([gauge(T0, 1)], { urgent: true })
    await storage.windows.closeUntil(T0 + 5 * MINUTE)
    expect(storage.db.prepare('SELECT id, sensor FROM series ORDER BY id').raw().all()).toEqual([
      [-1, '$model-latency'],
      [1, 'temperature'],
    ])
  })
})
