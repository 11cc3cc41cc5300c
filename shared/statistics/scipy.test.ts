import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { auc } from './auc.ts'
import { sharesOf } from './bins.ts'
import { ofSamples } from './distribution.ts'
import { type FalseDiscoveryMethod, falseDiscovery } from './false-discovery.ts'
import {
  kolmogorovSmirnov,
  kolmogorovSmirnovExact,
  kolmogorovTail,
  kolmogorovTailEstimated,
} from './kolmogorov-smirnov.ts'
import { differenceInterval, meanInterval, studentQuantile } from './means.ts'
import { psi } from './psi.ts'
import { chiSquareTail, fTail } from './special.ts'
import { wasserstein } from './wasserstein.ts'

interface Frozen {
  samples: {
    name: string
    a: number[]
    b: number[]
    ks: number
    ksExact: number
    ksLimit: number
    wasserstein: number
    auc: number
  }[]
  psi: { reference: number[]; current: number[]; psi: number }[]
  kolmogorov: [x: number, tail: number][]
  chiSquare: [x: number, freedom: number, tail: number][]
  f: [x: number, freedom: number, below: number, tail: number][]
  student: [p: number, freedom: number, quantile: number][]
  means: { values: number[]; control: number[]; mean: number[]; difference: number[] }[]
  falseDiscovery: ({ p: number[] } & Record<FalseDiscoveryMethod, number[]>)[]
}

/** Made by scripts/fixtures/statistics.py. */
const scipy = JSON.parse(readFileSync(new URL('scipy.json', import.meta.url), 'utf8')) as Frozen
const DIGITS = 9

describe('equal to SciPy', () => {
  it.each(scipy.samples)('two samples: $name', ({ a, b, ...expected }) => {
    const [x, y] = [ofSamples(a), ofSamples(b)]
    const d = kolmogorovSmirnov(x, y)
    expect(d).toBeCloseTo(expected.ks, DIGITS)
    expect(kolmogorovSmirnovExact(d, a.length, b.length)).toBeCloseTo(expected.ksExact, DIGITS)
    expect(kolmogorovTail(Math.sqrt((a.length * b.length) / (a.length + b.length)) * d)).toBeCloseTo(
      expected.ksLimit,
      DIGITS,
    )
    expect(wasserstein(x, y)).toBeCloseTo(expected.wasserstein, DIGITS)
    expect(auc(x, y)).toBeCloseTo(expected.auc, DIGITS)
  })

  it.each(scipy.psi)(
    'population stability index over $reference.length bins',
    ({ reference, current, psi: expected }) => {
      expect(psi(sharesOf(reference), sharesOf(current))).toBeCloseTo(expected, DIGITS)
    },
  )

  it.each(scipy.falseDiscovery)('false discoveries among $p.length tests', ({ p, ...expected }) => {
    for (const method of ['benjamini-hochberg', 'benjamini-yekutieli'] as const) {
      const adjusted = falseDiscovery(p, method)
      for (const [i, value] of expected[method].entries()) expect(adjusted[i]).toBeCloseTo(value, DIGITS)
    }
  })

  it('quantiles of t', () => {
    for (const [p, freedom, quantile] of scipy.student) {
      expect(studentQuantile(p, freedom) / quantile).toBeCloseTo(1, DIGITS)
    }
  })

  it.each(scipy.means)('intervals of means: $values.length and $control.length values', (frozen) => {
    const mean = meanInterval(frozen.values, 0.95)
    const difference = differenceInterval(frozen.values, frozen.control, 0.95)
    for (const [{ estimate, low, high }, expected] of [
      [mean, frozen.mean],
      [difference, frozen.difference],
    ] as const) {
      for (const [i, value] of [estimate, low, high].entries()) expect(value).toBeCloseTo(expected[i]!, DIGITS)
    }
  })

  it('tails', () => {
    for (const [x, tail] of scipy.kolmogorov) expect(kolmogorovTail(x)).toBeCloseTo(tail, DIGITS)
    for (const [x, freedom, tail] of scipy.chiSquare) expect(chiSquareTail(x, freedom)).toBeCloseTo(tail, DIGITS)
    for (const [x, freedom, below, tail] of scipy.f) expect(fTail(x, freedom, below)).toBeCloseTo(tail, DIGITS)
  })
})

describe('intervals of means', () => {
  it('have no bounds where a single value says nothing of the spread, and no width where there is none', () => {
    expect(meanInterval([3], 0.95)).toEqual({ estimate: 3, low: null, high: null })
    expect(differenceInterval([3], [1, 2], 0.95)).toEqual({ estimate: 1.5, low: null, high: null })
    expect(differenceInterval([3, 3], [1, 1], 0.95)).toEqual({ estimate: 2, low: 2, high: 2 })
  })
})

describe('a Kolmogorov tail with an estimated scale', () => {
  it('is the mean of the tails over what the scale may be', () => {
    // E over χ²_ν/ν by the midpoint rule on the tail of χ².
    const [x, freedom] = [1.4, 11]
    const steps = 20_000
    let mean = 0
    for (let i = 0; i < steps; i++) {
      const [low, high] = [(i * 40) / steps, ((i + 1) * 40) / steps]
      const weight = chiSquareTail(low, freedom) - chiSquareTail(high, freedom)
      mean += weight * kolmogorovTail(x * Math.sqrt((low + high) / 2 / freedom))
    }
    expect(kolmogorovTailEstimated(x, freedom)).toBeCloseTo(mean, 5)
    expect(kolmogorovTailEstimated(x, 1e7)).toBeCloseTo(kolmogorovTail(x), 5)
  })
})
