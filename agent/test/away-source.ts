import type { SensorDefinition } from '@storecast/shared/contracts'
import type { Reading } from '../sensors/reading.ts'

/**
 * What a shop's sensors measure at a steady pace, the same whenever it is asked: gauges with values of both signs, counters,
 * and sales as events. Some readings never come, some come late, some sales are told twice.
 */

const COUNTERS = 4
export const PRODUCTS = ['milk', 'bread'] as const

export interface AwayShop {
  /** Series, the products' sales among them. */
  readonly series: number
  /** Unix ms of the first reading of all. */
  readonly start: number
  /** Store milliseconds from a series' reading to its next. */
  readonly everyMs: number
  /** Store milliseconds by which late readings come late. */
  readonly delays: readonly number[]
}

/** Counts and sums by series, as `sensor/entity`. */
export type Totals = Map<string, { count: number; sum: number }>

export function awaySensors({ series, everyMs }: AwayShop): SensorDefinition[] {
  const measured = Array.from({ length: series - PRODUCTS.length }, (_, i): SensorDefinition => {
    const isCounter = i < COUNTERS
    return {
      ...{ name: nameOf(i), kind: isCounter ? 'counter' : 'gauge', unit: 'u', resolution: 1, centre: 0 },
      ...{ range: [isCounter ? 0 : -1e9, 1e9], interval: everyMs / 1000, window: '5m', per: 'site' },
      priority: i % 10 === 4 ? 'low' : i % 10 === 5 ? 'high' : 'normal',
    }
  })
  const perProduct = (name: string, most: number): SensorDefinition => ({
    ...{ name, kind: 'event', unit: 'units', resolution: 1, centre: 0 },
    ...{ range: [0, most], interval: 0, window: '1h', per: 'product' },
  })
  return [...measured, perProduct('sales', 1000), perProduct('stockout', 60)]
}

/** What comes in store time `[from, to)`, in whole paces: late readings among it. */
export function* arriving(shop: AwayShop, { from, to }: { from: number; to: number }): Generator<Reading> {
  for (const [late, delay] of [0, ...shop.delays].entries()) {
    for (let time = Math.max(shop.start, from - delay); time < to - delay; time += shop.everyMs) {
      for (let i = 0; i < shop.series; i++) if (latenessOf(i, time, shop) === late) yield* readingsOf(i, time, shop)
    }
  }
}

/** Adds what a device must have in the end of some readings that came; counters begin at the first that ever came. */
export function addTotals(totals: Totals, levels: Map<string, number>, readings: Iterable<Reading>): void {
  let before: Reading | undefined
  for (const reading of readings) {
    const isRepeated = reading.id !== undefined && reading.id === before?.id && reading.entity === before.entity
    before = reading
    if (isRepeated) continue
    const key = `${reading.sensor}/${reading.entity}`
    const total = totals.get(key) ?? { count: 0, sum: 0 }
    totals.set(key, total)
    total.count++
    if (isCounterName(reading.sensor)) {
      total.sum += reading.value - (levels.get(key) ?? reading.value)
      levels.set(key, reading.value)
    } else total.sum += reading.value
  }
}

function* readingsOf(i: number, time: number, { series, start, everyMs }: AwayShop): Generator<Reading> {
  const pace = Math.round(time / everyMs)
  const h = hash(i, pace)
  if (h % 97 === 0) return
  const common = { time: time + ((i * 37) % everyMs), outOfRange: false }
  const product = i - (series - PRODUCTS.length)
  if (product >= 0) {
    const sale = { ...common, sensor: 'sales', entity: PRODUCTS[product]!, value: (h >>> 9) % 5, id: `${pace}` }
    yield sale
    if (h % 50 === 3) yield sale
  } else if (i < COUNTERS) {
    const paces = (time - start) / everyMs
    yield { ...common, sensor: nameOf(i), entity: '', value: paces * (i + 3) + ((h >>> 9) % 3) }
  } else {
    const wave = Math.round(300 * Math.sin((time / 60_000 + i * 50) / 230))
    const scale = i === COUNTERS ? 1_000_000 : 1
    yield { ...common, sensor: nameOf(i), entity: '', value: (wave + ((h >>> 9) % 81) - 40) * scale }
  }
}

/** 0: on time; else which of the delays. A counter's value that comes late tells nothing, so they never do. */
function latenessOf(i: number, time: number, { delays, everyMs }: AwayShop): number {
  if (i < COUNTERS) return 0
  const h = hash(i + 1000, Math.round(time / everyMs))
  return h % 193 === 1 && delays.length > 0 ? 1 : h % 499 === 2 && delays.length > 1 ? 2 : 0
}

const nameOf = (i: number) => (i < COUNTERS ? `meter-${i}` : `level-${i}`)
const isCounterName = (sensor: string) => sensor.startsWith('meter-')

/** 32 bits of (a, b): the finalizer of MurmurHash3. */
function hash(a: number, b: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
