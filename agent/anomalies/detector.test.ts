import { describe, expect, it } from 'vitest'
import { AnomalyDetector } from './detector.ts'
import { Moments } from './moments.ts'
import { WeekForecast } from './week.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A fridge: a daily rhythm, and noise that repeats from run to run. */
function fridge(days: number, fault: (localMs: number, value: number) => number = (_, value) => value) {
  let seed = 7
  const noise = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return seed / 2 ** 31 - 0.5
  }
  return Array.from({ length: days * 288 }, (_, i) => {
    const localMs = i * 5 * MINUTE
    const value = 4 + Math.sin((2 * Math.PI * localMs) / DAY) + 0.4 * noise()
    return { localMs, value: fault(localMs, value) }
  })
}
const scoresOf = (observations: ReturnType<typeof fridge>) => {
  const detector = new AnomalyDetector()
  return observations.map((one) => detector.next(one))
}
const events = (observations: ReturnType<typeof fridge>, from: number) =>
  scoresOf(observations).flatMap((score, i) => {
    const { localMs } = observations[i]!
    return localMs >= from && score > 8 ? [localMs] : []
  })

describe('the detector', () => {
  it('says nothing of a series that goes on as it is used to', () => {
    expect(events(fridge(42), 10 * DAY)).toEqual([])
  })

  it('tells a spike when it comes, once', () => {
    const at = 30 * DAY + 7 * HOUR
    const spiked = fridge(42, (t, value) => (t >= at && t < at + HOUR ? value + 6 : value))
    const [first, ...rest] = events(spiked, 10 * DAY)
    expect(first).toBe(at)
    // What is usual takes a week to forget it: its echo at the same time is told once, or not.
    expect(rest.filter((t) => t > at + DAY && Math.abs(t - at - 7 * DAY) > HOUR)).toEqual([])
  })

  it('tells a shift that no single reading shows, within half a day', () => {
    const at = 30 * DAY
    const shifted = fridge(42, (t, value) => (t >= at ? value + 0.45 : value))
    const [first] = events(shifted, 10 * DAY)
    expect(first).toBeGreaterThanOrEqual(at)
    expect(first).toBeLessThan(at + DAY / 2)
  })

  it('knows nothing of what comes: the scores of a series are those of its beginnings', () => {
    const all = fridge(20, (t, value) => (t > 15 * DAY ? value * 2 : value))
    expect(scoresOf(all).slice(0, 3000)).toEqual(scoresOf(all.slice(0, 3000)))
  })

  it('goes by a model’s forecast where there is one', () => {
    const wild = (i: number) => ((i * 7919) % 101) - 50
    const known = new AnomalyDetector()
    const scores = Array.from({ length: 4000 }, (_, i) => {
      const forecast = wild(i)
      return known.next({
        localMs: i * 5 * MINUTE,
        forecast,
        value: forecast + (i % 2 === 0 ? 0.1 : -0.1) + (i === 3500 ? 3 : 0),
      })
    })
    expect(Math.max(...scores.slice(2000, 3500))).toBeLessThan(8)
    expect(scores[3500]).toBeGreaterThan(8)
  })

  it('gives finite scores of 0 or above, whatever comes', () => {
    const detector = new AnomalyDetector()
    const values = [0, 0, 1e12, -1e12, 5, 5, 5, ...new Array(100).fill(0), 1e-12, 2 ** 36]
    for (const [i, value] of values.entries()) {
      const score = detector.next({ localMs: (i % 7) * HOUR - 3 * DAY, value })
      expect(Number.isFinite(score) && score >= 0).toBe(true)
    }
  })
})

it('moments of equally weighted observations are those of the textbook', () => {
  const values = [2, 4, 4, 4, 5, 5, 7, 9, ...new Array(24).fill([1, 9]).flat()]
  const moments = new Moments(1e9)
  for (const value of values) moments.add(value)
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const sd = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length)
  expect(moments.distance(12)).toBeCloseTo((12 - mean) / sd, 6)
})

it('a week’s forecast with the whole weight on the newest week is seasonal naive', () => {
  const week = new WeekForecast({ slotMs: HOUR, weight: 1 })
  expect(week.at(0)).toBeUndefined()
  for (let hour = 0; hour < 168; hour++) week.learn(hour * HOUR, hour)
  for (let hour = 0; hour < 168; hour += 13) expect(week.at((168 + hour) * HOUR + 5)).toBe(hour)
  expect(week.at(-HOUR)).toBe(167)
})
