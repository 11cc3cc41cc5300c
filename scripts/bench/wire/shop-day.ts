import type { WindowRecord } from '@storecast/shared/contracts'
import { NO_QUALITY, Sketch } from '@storecast/shared/windows'

const WINDOW_MS = 300_000
export const WINDOWS_A_DAY = 288
const MIDNIGHT = Date.UTC(2026, 2, 2)

/** A level that wanders around its centre and is read every `interval` seconds, in whole steps of its resolution. */
interface Gauge {
  readonly sensor: string
  readonly centre: number
  /** Steps by which the level swings over the day, wanders from reading to reading, and every reading errs. */
  readonly swing: number
  readonly drift: number
  readonly noise: number
  readonly interval: number
}

/** Things that happen: `rate` a window at noon, none at night. */
interface Events {
  readonly sensor: string
  readonly entity: string
  readonly rate: number
  readonly most: number
}

const gauge = (
  sensor: string,
  [centre, swing, drift, noise, interval]: readonly [number, number, number, number, number],
): Gauge => ({
  sensor,
  centre,
  swing,
  drift,
  noise,
  interval,
})
const many = <T>(n: number, make: (i: number) => T) => Array.from({ length: n }, (_, i) => make(i + 1))

/** 100 series: 70 gauges and 30 products. Tenths of a degree, per cent and hectopascal; watts; ppm. */
const GAUGES: readonly Gauge[] = [
  ...many(30, (i) => gauge(`fridge-${i}-temperature`, [40, 8, 0.3, 1, 10])),
  ...many(10, (i) => gauge(`freezer-${i}-temperature`, [-200, 10, 0.3, 1, 10])),
  ...many(6, (i) => gauge(`aisle-${i}-temperature`, [210, 15, 0.1, 1, 30])),
  ...many(6, (i) => gauge(`aisle-${i}-humidity`, [480, 60, 0.5, 2, 30])),
  ...many(2, (i) => gauge(`roof-${i}-pressure`, [10_130, 20, 0.1, 0.5, 60])),
  ...many(12, (i) => gauge(`circuit-${i}-power`, [1200, 500, 20, 40, 10])),
  ...many(4, (i) => gauge(`hall-${i}-co2`, [600, 200, 3, 5, 30])),
]
const EVENTS: readonly Events[] = [
  ...many(26, (i) => ({ sensor: 'sales', entity: `P${1000 + i * 37}`, rate: 3 / i ** 0.7, most: 3 })),
  ...many(4, (i) => ({ sensor: `door-${i}-opened`, entity: '', rate: 6, most: 1 })),
]

/**
 * The windows of one day of one shop with 100 series, tick after tick: what closes together, in the order in which a
 * device stores it. Always the same; every `tick` holds the windows of five minutes.
 */
export function shopDay(): WindowRecord[][] {
  const random = generator(20_260_302)
  const levels = GAUGES.map(() => 0)
  return many(WINDOWS_A_DAY, (tick) => {
    const start = MIDNIGHT + (tick - 1) * WINDOW_MS
    const sun = Math.max(0, Math.sin(((tick - 84) / 180) * Math.PI))
    const gauges = GAUGES.map((g, i) => {
      const readings = many(300 / g.interval, () => {
        levels[i] = levels[i]! * 0.99 + normal(random) * g.drift
        return Math.round(g.centre + sun * g.swing + levels[i]! + normal(random) * g.noise)
      })
      return window({ sensor: g.sensor, entity: '' }, start, readings, g.centre)
    })
    const events = EVENTS.flatMap((e) => {
      const times = poisson(random, e.rate * sun)
      // No window says that nothing happened.
      if (times === 0) return []
      const amounts = many(times, () => 1 + Math.floor(random() * e.most))
      return [window({ sensor: e.sensor, entity: e.entity }, start, amounts, 0)]
    })
    return [...gauges, ...events]
  })
}

function window(
  series: WindowRecord['series'],
  start: number,
  values: readonly number[],
  centre: number,
): WindowRecord {
  const sketch = new Sketch()
  for (const value of values) sketch.add(value - centre)
  return {
    series,
    start,
    end: start + WINDOW_MS,
    revision: 1,
    count: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    min: Math.min(...values),
    max: Math.max(...values),
    last: values.at(-1)!,
    sketch: sketch.bins(),
    quality: NO_QUALITY,
  }
}

/** mulberry32: uniform in [0, 1), the same on every machine. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Sum of twelve uniforms less six: near enough to normal, and free of functions whose last digit is the platform's. */
const normal = (random: () => number) => many(12, random).reduce((sum, u) => sum + u, -6)

/** Knuth's product method, for small rates. */
function poisson(random: () => number, rate: number): number {
  const limit = Math.exp(-rate)
  let count = 0
  for (let product = random(); product > limit; product *= random()) count++
  return count
}
