import {
  CatalogueDocument,
  CovariatesDocument,
  ModelDefinition,
  type SensorDefinition,
} from '@storecast/shared/contracts'
import { dailyDemandFeatures } from '@storecast/shared/features'
import { calendar, stretchesOf } from '@storecast/shared/windows'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Reading } from '../sensors/reading.ts'
import { coarsenFile, gauge, openStorage, type Storage, temporaryFolder } from '../test/storage.ts'
import { dayForecastAt, dayName, localDayNumber } from './days.ts'
import { Features } from './index.ts'

const HOUR = 3_600_000
const zone = 'Europe/Berlin'
const berlin = calendar(zone)
const day = (name: string) => Date.parse(`${name}T00:00:00Z`) / 86_400_000
/** Unix ms of an hour of a local day. */
const at = (name: string, hour: number) => berlin.daySpan(name).start + hour * HOUR

const sensor = (name: string): SensorDefinition => ({
  name,
  kind: 'event',
  unit: 'x',
  resolution: 0.1,
  range: [0, 1000],
  centre: 0,
  interval: 0,
  window: '1h',
  per: 'product',
})
/** Readings carry steps of the resolution. */
const steps = (value: number) => Math.round(value * 10)
const event = (kind: string, entity: string, time: number, value: number): Reading => ({
  sensor: kind,
  entity,
  time,
  value: steps(value),
  outOfRange: false,
  id: `${kind}-${entity}-${time}-${value}`,
})
const sold = (entity: string, name: string, units: number, hour = 10) => event('units', entity, at(name, hour), units)
const out = (entity: string, name: string, hour: number) => event('out', entity, at(name, hour), 30)

const definition = ModelDefinition.parse({
  apiVersion: 'storecast/v1',
  kind: 'ModelDefinition',
  metadata: { name: 'demand' },
  spec: {
    view: {
      kind: 'daily-demand',
      target: 'units',
      censoredBy: 'out',
      statics: { entity: 4 },
      knownAhead: { entity: ['discount'], site: ['holiday'] },
    },
    horizon: 24,
    network: { kind: 'seasonal-naive' },
  },
})
const { view } = definition.spec
if (view.kind !== 'daily-demand') throw new Error('the test wants a daily-demand view')
const columns = dailyDemandFeatures(view)
const model = {
  model: 'demand',
  sha256: 'a',
  manifest: {
    definition,
    vocabulary: { entity: ['bread'] },
    features: columns,
    fill: columns.map(() => 0),
  } as never,
}
const catalogue = (entities: string[]) =>
  CatalogueDocument.parse({
    kind: 'catalogue',
    site: 'north',
    timeZone: zone,
    entities: entities.map((id) => ({ id, attributes: {} })),
  })

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let storage: Storage
let features: Features

const open = async (now: number) => {
  storage = await openStorage(folder.path, { now, timeZone: zone })
  await storage.buffer.define([sensor('units'), sensor('out')])
  features = new Features(storage)
  features.apply(catalogue(['milk', 'bread']))
  features.start()
}
const close = async () => {
  features[Symbol.dispose]()
  await storage[Symbol.asyncDispose]()
}
/** Readings come in, and the clock says `until`. */
const take = async (readings: Reading[], until: number) => {
  storage.clock.advance(Math.max(0, until - storage.clock.now()))
  await storage.buffer.accept(readings, { urgent: true })
  await storage.windows.closeUntil(until)
}
/** Units of the last `n` days before one, with a mark where the product was out of stock. */
const history = (name: string, n = 4, product = 0) => {
  const { history: h } = features.demand(model).at(day(name))
  return Array.from({ length: n }, (_, i) => {
    const cell = product * h.stride + h.first + h.days - n + i
    const units = Number.isNaN(h.units[cell]!) ? '?' : String(Math.round(h.units[cell]! * 10) / 10)
    return units + '!'.repeat(h.stockoutHours[cell]!)
  }).join(' ')
}

beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(async () => {
  await close()
  await folder[Symbol.asyncDispose]()
})

describe('daily history', () => {
  it('holds what windows sum up to: 0 without a window, unknown before the first and while the device was away', async () => {
    await open(at('2026-03-02', 0))
    await take(
      [sold('milk', '2026-03-02', 1.5, 5), sold('milk', '2026-03-02', 2, 9), out('milk', '2026-03-02', 7)],
      at('2026-03-03', 0),
    )
    await take([sold('bread', '2026-03-03', 3)], at('2026-03-04', 0))
    await take([sold('milk', '2026-03-05', 4)], at('2026-03-06', 0))
    expect(history('2026-03-06', 5)).toBe('? 3.5! 0 ? 4')
    expect(history('2026-03-06', 5, 1)).toBe('? ? 3 ? 0')
  })

  it('tells a quiet day from one without the device by any other sensor', async () => {
    await open(at('2026-03-02', 0))
    await take([sold('milk', '2026-03-02', 1, 1)], at('2026-03-03', 0))
    await take([gauge(at('2026-03-03', 12), 4)], at('2026-03-05', 0))
    expect(history('2026-03-05', 3)).toBe('1 0 ?')
  })

  it('does not take the rest of the day on which the device came for a day', async () => {
    await open(at('2026-03-02', 15))
    await take([sold('milk', '2026-03-02', 9, 15)], at('2026-03-03', 0))
    await take([sold('milk', '2026-03-03', 1)], at('2026-03-04', 0))
    expect(history('2026-03-04', 2)).toBe('? 1')
  })

  it('counts hours of trade without stock, each once', async () => {
    await open(at('2026-03-02', 0))
    const hours = [3, 6, 6.5, 22, 23]
    await take(
      [sold('milk', '2026-03-02', 1, 2), ...hours.map((hour) => out('milk', '2026-03-02', hour))],
      at('2026-03-03', 0),
    )
    expect(history('2026-03-03', 1)).toBe('1!!')
    expect(features.demand(model).closedDay(day('2026-03-02'))!.sold('milk')).toEqual({ units: 1, censored: true })
  })

  it('tells by its state whether a closed day may have changed', async () => {
    await open(at('2026-03-02', 0))
    await take([sold('milk', '2026-03-02', 1, 1), sold('milk', '2026-03-03', 1)], at('2026-03-04', 0))
    history('2026-03-04')
    const state = (name: string) => features.demand(model).closedDay(day(name))!.state
    const before = [state('2026-03-02'), state('2026-03-03')]
    expect([state('2026-03-02'), state('2026-03-03')]).toEqual(before)
    await take([sold('milk', '2026-03-03', 3)], at('2026-03-04', 1))
    expect(state('2026-03-02')).toBe(before[0])
    expect(state('2026-03-03')).not.toBe(before[1])
    expect(features.demand(model).closedDay(day('2025-01-01'))).toBeUndefined()
  })

  it('follows late readings, also to a day before anything was heard', async () => {
    await open(at('2026-03-02', 0))
    await take([sold('milk', '2026-03-02', 1, 1)], at('2026-03-03', 0))
    expect(history('2026-03-03', 2)).toBe('? 1')
    await take([sold('milk', '2026-03-02', 2, 1)], at('2026-03-03', 1))
    expect(history('2026-03-03', 2)).toBe('? 3')
    await take([sold('milk', '2026-03-01', 5, 1)], at('2026-03-03', 2))
    expect(history('2026-03-03', 2)).toBe('5 3')
  })

  it('keeps local days through changes of the clocks', async () => {
    await open(at('2026-03-28', 0))
    for (const name of ['2026-03-28', '2026-03-29', '2026-03-30']) {
      const { start, end } = berlin.daySpan(name)
      await take([event('units', 'milk', start, 1), event('units', 'milk', end - 1, 2)], end)
    }
    expect(history('2026-03-31', 3)).toBe('3 3 3')
  })

  it('is the same after a restart, a long way on, and when windows have been merged', async () => {
    await open(at('2026-01-01', 0))
    const first = day('2026-01-01')
    const days = 80
    for (let d = 0; d < days; d++) {
      const name = dayName(first + d)
      const readings = [sold('milk', name, (d % 7) + 1, 3), sold('milk', name, 1, 20)]
      if (d % 5 === 0) readings.push(out('milk', name, 8), out('milk', name, 9))
      if (d > 9) readings.push(sold('bread', name, 2))
      await take(readings, at(dayName(first + d + 1), 0))
      if (d % 9 === 0) history(dayName(first + d + 1))
    }
    const last = dayName(first + days)
    const before = [history(last, 28), history(last, 28, 1)]
    expect(before[0]!.split(' ').slice(0, 8)).toEqual(
      Array.from({ length: 8 }, (_, i) => `${((52 + i) % 7) + 2}${(52 + i) % 5 === 0 ? '!!' : ''}`),
    )
    await close()
    await open(at(last, 0))
    expect([history(last, 28), history(last, 28, 1)]).toEqual(before)

    await close()
    const stretches = stretchesOf(zone, { from: at('2025-01-01', 0), to: at(last, 0) })
    coarsenFile(folder.path, { zone: stretches, now: at(last, 0), keepFineMs: 0 })
    await open(at(last, 0))
    const size = (windows: Iterable<{ start: number; end: number }>) =>
      [...windows].map((w) => (w.end - w.start) / HOUR)
    const merged = size(storage.windows.read({ sensor: 'units', from: at('2026-01-01', 0), to: at(last, 0) }))
    expect(merged).toEqual(Array.from({ length: 150 }, () => 24))
    expect(history(last, 28, 1)).toBe(before[1])
    // Of a merged stock-out window the minutes are left: 60 of them are one hour.
    expect(history(last, 28)).toBe(before[0]!.replaceAll('!!', '!'))
  })

  it('begins anew with another catalogue', async () => {
    await open(at('2026-03-02', 0))
    await take([sold('milk', '2026-03-02', 1, 1), sold('eggs', '2026-03-02', 2)], at('2026-03-03', 0))
    features.apply(catalogue(['eggs', 'milk']))
    expect([history('2026-03-03', 1), history('2026-03-03', 1, 1)]).toEqual(['2', '1'])
    expect(features.demand(model).closedDay(day('2026-03-02'))!.sold('bread').units).toBeNaN()
  })
})

describe('model inputs', () => {
  const covariates = (values: (number | null)[], holiday = [0, 1]) =>
    CovariatesDocument.parse({
      kind: 'covariates',
      site: 'north',
      issuedAt: 0,
      days: ['2026-03-03', '2026-03-04'],
      site_values: { holiday },
      entity_values: { discount: { bread: values } },
    })
  const rows = () => {
    const { features: all, statics, known } = features.demand(model).at(day('2026-03-03'))
    const value = (name: string, row: number) => all[row * columns.length + columns.indexOf(name)]
    return { value, statics: [...statics], known }
  }

  it('are coded by the manifest, know which products were heard of, and fill what is not known', async () => {
    await open(at('2026-03-02', 0))
    await take([sold('bread', '2026-03-02', 7, 1)], at('2026-03-03', 0))
    const { value, statics, known } = rows()
    expect(statics).toEqual([0n, 1n])
    expect(known).toEqual([false, true])
    expect([value('discount', 1), value('holiday', 1), value('tuesday', 1)]).toEqual([0, 0, 1])
    expect(value('lag1', 1)).toBeCloseTo(1)
  })

  it('take what is known ahead from the newest document, by product and day', async () => {
    await open(at('2026-03-02', 0))
    await take([sold('bread', '2026-03-02', 7, 1)], at('2026-03-03', 0))
    features.apply(covariates([0.8, 0.5]))
    const before = rows().value
    expect([before('discount', 0), before('discount', 1), before('discount_next', 1)]).toEqual([
      0,
      Math.fround(0.8),
      0.5,
    ])
    expect([before('holiday', 0), before('holiday_next', 0)]).toEqual([0, 1])
    features.apply(covariates([0.25, null]))
    expect([rows().value('discount', 1), rows().value('discount_next', 1)]).toEqual([0.25, 0])
  })

  it('are not made before the site is known', async () => {
    await open(at('2026-03-02', 0))
    expect(() => new Features(storage).demand(model)).toThrow(expect.objectContaining({ code: 'no-catalogue' }))
  })
})

describe('sequence', () => {
  const sequence = (channels: string[] | '*', trainedOn: string[] = []) => ({
    model: 'sensor',
    sha256: 'b',
    manifest: {
      definition: ModelDefinition.parse({
        ...definition,
        spec: {
          view: { kind: 'sequence', channels, step: '15m', context: 4 },
          horizon: 2,
          network: { kind: 'revin-linear' },
        },
      }),
      features: trainedOn,
    } as never,
  })

  it('has the mean of each window, across finer ones, the last value over gaps', async () => {
    await open(at('2026-03-02', 0))
    const start = at('2026-03-02', 1)
    const minutes = [0, 4, 5, 10, 46]
    await take(
      minutes.map((minute, i) => gauge(start + minute * 60_000, steps(i))),
      start + HOUR,
    )
    const { series, measured, ahead } = features.sequence(sequence('*', ['temperature']), start + HOUR + 1)
    expect([...series]).toEqual([1.5, 1.5, 1.5, 4])
    expect([...measured]).toEqual([0.5])
    expect(ahead.map((span) => (span.start - start) / 60_000)).toEqual([75, 90])
    expect([...features.measured('temperature', [{ start, end: start + HOUR }, ahead[0]!])]).toEqual([2, Number.NaN])
  })

  it('names a sensor that the site does not have', async () => {
    await open(at('2026-03-02', 0))
    const asked = () => features.sequence(sequence(['temperature', 'wind']), at('2026-03-02', 1))
    expect(asked).toThrow(/wind/)
  })
})

describe('days', () => {
  it('forecast the day whose noon comes next', () => {
    const about = (hour: number) => dayName(dayForecastAt(berlin, at('2026-03-02', hour)))
    expect([about(0), about(11), about(12), about(22)]).toEqual([
      '2026-03-02',
      '2026-03-02',
      '2026-03-03',
      '2026-03-03',
    ])
    expect(localDayNumber(berlin, at('2026-03-02', 23))).toBe(day('2026-03-02'))
  })
})
