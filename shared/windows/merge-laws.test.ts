import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WindowRecord } from '../contracts/records.ts'
import type { WindowSize } from '../contracts/sensors.ts'
import { addQuality, mergeWindows, NO_QUALITY } from './merge.ts'
import { SKETCH_RELATIVE_ERROR, Sketch } from './sketch.ts'
import { calendar } from './zone.ts'

/**
 * The laws by which a device coarsens, ingest replaces and queries merge: whatever the order, the steps on the way and the
 * place, the outcome is the window of all readings at once.
 */

const HOUR = 3_600_000
/** Nights in which clocks change: by an hour, by half of one, at midnight. */
const NIGHTS = [
  ['Europe/Berlin', '2026-03-28T20:00Z'],
  ['Europe/Berlin', '2026-10-24T20:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T10:00Z'],
  ['America/Sao_Paulo', '2018-11-03T20:00Z'],
  ['Asia/Kathmandu', '2026-05-05T10:00Z'],
] as const

interface Measured {
  readonly time: number
  readonly value: number
}

// Sums of a thousand of them are beyond 2^31 and exact.
const value = fc.oneof(fc.integer({ min: -60, max: 60 }), fc.integer({ min: -(2 ** 36), max: 2 ** 36 }))
const night = fc
  .tuple(fc.constantFrom(...NIGHTS), fc.array(fc.tuple(fc.nat(30 * HOUR), value), { minLength: 1, maxLength: 60 }))
  .map(([[zone, start], measured]) => ({
    zone: calendar(zone),
    readings: measured.map(([after, value]) => ({ time: Date.parse(start) + after, value })),
  }))

/** A window from its readings, in order of time; each of another quality. */
function windowOf(readings: readonly Measured[], { start, end }: { start: number; end: number }): WindowRecord {
  const ordered = readings.toSorted((a, b) => a.time - b.time)
  const values = ordered.map(({ value }) => value)
  const sketch = new Sketch()
  for (const value of values) sketch.add(value)
  return {
    ...{ series: { sensor: 'power', entity: '' }, start, end, revision: 1, count: values.length },
    ...{ sum: values.reduce((a, b) => a + b, 0), min: Math.min(...values), max: Math.max(...values) },
    ...{ last: values.at(-1)!, sketch: sketch.bins() },
    quality: { ...NO_QUALITY, missing: Math.abs(values[0]!) % 7, late: 1, untrusted: values.length % 3 },
  }
}

type Night = { readonly zone: ReturnType<typeof calendar>; readonly readings: readonly Measured[] }

function fineWindows({ zone, readings }: Night, size: WindowSize = '5m'): WindowRecord[] {
  const spans = Map.groupBy(readings, ({ time }) => zone.windowAt(time, size).start)
  return [...spans].map(([start, inside]) => windowOf(inside, zone.windowAt(start, size)))
}

/** All windows of a size from finer ones. */
function coarsened({ zone }: Pick<Night, 'zone'>, windows: readonly WindowRecord[], size: WindowSize): WindowRecord[] {
  const spans = Map.groupBy(windows, ({ start }) => zone.windowAt(start, size).start)
  return [...spans].map(([start, fine]) => mergeWindows(fine, zone.windowAt(start, size)))
}

const byStart = (windows: readonly WindowRecord[]) => windows.toSorted((a, b) => a.start - b.start)
const whole = (windows: readonly WindowRecord[]) => ({
  start: Math.min(...windows.map(({ start }) => start)),
  end: Math.max(...windows.map(({ end }) => end)),
})
const merged = (windows: readonly WindowRecord[]) => mergeWindows(windows, whole(windows))
/** Windows of several devices that end together have no latest. */
const withoutLast = ({ last: _, ...window }: WindowRecord) => window

describe('merging is', () => {
  it('commutative: in whatever order windows come', () => {
    fc.assert(
      fc.property(night, fc.integer(), (night, seed) => {
        const windows = fineWindows(night)
        const shuffled = windows.toSorted((a, b) => ((a.start ^ seed) % 1009) - ((b.start ^ seed) % 1009))
        expect(merged(shuffled)).toEqual(merged(windows))
      }),
    )
  })

  it('associative: however it is parted, with the window of all readings as the outcome', () => {
    fc.assert(
      fc.property(night, fc.array(fc.nat(30), { maxLength: 4 }), (night, cuts) => {
        const windows = byStart(fineWindows(night))
        const places = [...new Set(cuts.map((cut) => cut % windows.length))].sort((a, b) => a - b)
        const parts = [0, ...places].map((from, i) => windows.slice(from, places[i] ?? windows.length))
        const steps = parts.filter((part) => part.length > 0).map(merged)
        const quality = windows.map((w) => w.quality).reduce(addQuality)
        const once = merged(windows)
        expect(merged(steps)).toEqual(once)
        // Of readings at the same moment either may be the last.
        const all = { ...windowOf(night.readings, whole(windows)), quality }
        expect(withoutLast(once)).toEqual(withoutLast(all))
      }),
    )
  })

  it('the same by way of any sizes, through every change of clocks', () => {
    const ways: WindowSize[][] = [
      ['1h', '1d'],
      ['15m', '1h', '1d'],
      ['15m', '1d'],
    ]
    fc.assert(
      fc.property(night, fc.constantFrom(...ways), (night, way) => {
        const fine = fineWindows(night)
        const direct = byStart(coarsened(night, fine, '1d'))
        const stepwise = way.reduce((windows, size) => coarsened(night, windows, size), fine)
        expect(byStart(stepwise)).toEqual(direct)
      }),
    )
  })

  it('the same before and after coarsening, over any devices: some of which have coarsened, some not', () => {
    const devices = fc.array(fc.tuple(fc.array(fc.tuple(fc.nat(30 * HOUR), value), { minLength: 1 }), fc.boolean()), {
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(fc.constantFrom(...NIGHTS), devices, ([name, start], devices) => {
        const zone = calendar(name)
        const nights = devices.map(([measured, isCoarse]) => {
          const readings = measured.map(([after, value]) => ({ time: Date.parse(start) + after, value }))
          return { fine: fineWindows({ zone, readings }), isCoarse }
        })
        const mergeThenCoarsen = coarsened(
          { zone },
          nights.flatMap(({ fine }) => fine),
          '1d',
        )
        const coarsenThenMerge = coarsened(
          { zone },
          nights.flatMap(({ fine, isCoarse }) => (isCoarse ? coarsened({ zone }, fine, '1h') : fine)),
          '1d',
        )
        expect(byStart(coarsenThenMerge).map(withoutLast)).toEqual(byStart(mergeThenCoarsen).map(withoutLast))
      }),
    )
  })

  it('exact in count, sum and extremes as whole numbers are, and within 1 % in every quantile', () => {
    fc.assert(
      fc.property(night, fc.double({ min: 0, max: 1, noNaN: true }), (night, q) => {
        const values = night.readings.map(({ value }) => value).sort((a, b) => a - b)
        const { count, sum, min, max, sketch } = merged(coarsened(night, fineWindows(night), '1h'))
        expect([count, BigInt(sum), min, max]).toEqual([
          values.length,
          values.reduce((total, value) => total + BigInt(value), 0n),
          values[0],
          values.at(-1),
        ])
        const exact = values[Math.floor(q * (count - 1))]!
        const error = Math.abs(Sketch.fromBins(sketch).quantile(q) - exact)
        expect(error).toBeLessThanOrEqual(SKETCH_RELATIVE_ERROR * Math.abs(exact) * (1 + 1e-9))
      }),
      { numRuns: 300 },
    )
  })
})
