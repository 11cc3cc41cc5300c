import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readCorpus } from './nab/corpus.ts'
import { evaluate, normalised, probationOf, rawScores, scaledSigmoid } from './nab/score.ts'
import { upperTail, windowedGaussian } from './nab/windowed-gaussian.ts'
import { run } from './nab.ts'

const folder = fileURLToPath(new URL('../../../shared/data/nab', import.meta.url))
if (!existsSync(folder)) console.warn(`skipped: ${folder} is not there`)

/** 100 rows with labelled windows at the given rows. */
const stream = (...windows: [number, number][]) => ({
  name: 'made',
  times: Array.from({ length: 100 }, (_, row) => row),
  values: new Array<number>(100).fill(0),
  windows,
})
const detections = (...rows: number[]) => Array.from({ length: 100 }, (_, row) => (rows.includes(row) ? 1 : 0))

describe("NAB's rules", () => {
  it('give the figures of its own documentation and tests', () => {
    expect(scaledSigmoid(-1)).toBeCloseTo(0.98661, 5)
    expect(scaledSigmoid(-0.5)).toBeCloseTo(0.84828, 5)
    expect(scaledSigmoid(0)).toBe(0)
    expect(scaledSigmoid(1)).toBeCloseTo(-0.98661, 5)
    expect(scaledSigmoid(3)).toBe(-1)
    expect([100, 5000, 6000].map(probationOf)).toEqual([15, 750, 750])
    // Its testScoringAllMetrics: two windows of five rows; the first is met twice, then there is a false positive three rows
    // behind it. It gives −0.9540 where that weighs 1; the standard profile's 0.11 leaves 1 − 1 − 0.11 · 0.9540.
    const [raw] = rawScores(stream([20, 24], [60, 64]), detections(20, 21, 27), [0.5])
    expect(raw).toBeCloseTo(-0.11 * 0.954, 4)
  })

  it('leave probation out, take the best of a window, and punish by the distance behind it', () => {
    const one = stream([50, 59])
    const raw = (...rows: number[]) => rawScores(one, detections(...rows), [0.5])[0]!
    expect(raw(3)).toBe(-1)
    expect(raw(50)).toBe(1)
    expect(raw(50, 55, 59)).toBe(1)
    expect(raw(59)).toBeCloseTo((2 / (1 + Math.exp(-0.5)) - 1) / scaledSigmoid(-1), 12)
    expect(raw(20)).toBeCloseTo(-1.11, 12)
    expect(raw(60)).toBeGreaterThan(raw(65))
    expect(raw(99)).toBeCloseTo(-1.11, 6)
  })

  it('score at every threshold as each alone would', () => {
    const one = stream([30, 40], [70, 80])
    const scores = Array.from({ length: 100 }, (_, row) => ((row * 37) % 11) / 10)
    const thresholds = [0.1, 0.9, 0.5, Infinity, 0.3]
    const together = rawScores(one, scores, thresholds)
    expect(together).toEqual(thresholds.map((threshold) => rawScores(one, scores, [threshold])[0]))
    expect(together[3]).toBe(-2)
    expect([normalised(-2, 2), normalised(2, 2)]).toEqual([0, 100])
  })

  it('choose by the other files alone', () => {
    // At 2 the first file is perfect and the second all false positives; at 1 it is the other way round.
    const [a, b] = [stream([50, 59]), { ...stream([50, 59]), name: 'other' }]
    const scores = [detections(50).map((x) => 2 * x), detections(50)]
    const { files, hindsight } = evaluate([a, b], { one: scores })
    expect(hindsight).toBe(100)
    expect(files.map(({ raw }) => raw)).toEqual([1, -1])
  })
})

it('knows the normal distribution’s tail', () => {
  // Abramowitz and Stegun, table 26.2.
  expect(upperTail(0)).toBeCloseTo(0.5, 6)
  expect(upperTail(1)).toBeCloseTo(0.158655, 6)
  expect(upperTail(3) / 1.349898e-3).toBeCloseTo(1, 5)
  const [first, ...rest] = windowedGaussian([1, 2, 1, 2, 1, 2, 9])
  expect(first).toBe(0)
  expect(rest.at(-1)).toBeGreaterThan(0.999)
})

describe.skipIf(!existsSync(folder))('realKnownCause', () => {
  it('has seven files with 19 labelled windows, behind probation', async () => {
    const streams = await readCorpus(folder)
    expect([streams.length, streams.flatMap(({ windows }) => windows).length]).toEqual([7, 19])
    for (const { times, windows } of streams) {
      for (const [first] of windows) expect(first).toBeGreaterThanOrEqual(probationOf(times.length))
    }
  })

  it('is scored ahead of the windowed Gaussian, and of nothing at all, by thresholds that other files chose', async () => {
    const result = await run({})
    expect([result.nab_null, result.nab_perfect]).toEqual([0, 100])
    expect(result.nab_score).toBeGreaterThan(65)
    expect(result.nab_nested).toBeGreaterThan(50)
    for (const gaussian of [result.nab_windowed_gaussian, result.nab_windowed_gaussian_hindsight]) {
      expect(gaussian).toBeLessThan(20)
    }
  })
})
