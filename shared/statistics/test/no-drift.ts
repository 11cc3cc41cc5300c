import { Sketch } from '../../windows/index.ts'
import { binCounts, cutsOf } from '../bins.ts'
import { clusteringOf } from '../clustering.ts'
import { compareDrift, type DriftComparison } from '../drift.ts'

/**
 * Streams without drift, to count false alarms on, and the same shifted by half a standard deviation. The reference of each
 * run is drawn anew, and its clustering is estimated from it alone, as from a real one.
 */

/** Rows of the reference and of one of its blocks: 40 blocks. */
const REFERENCE = 2000
const BLOCK = 50

/** Seeded uniform draws in (0, 1): D. Lemire's and M. O'Neill's mixing of a Weyl sequence (splitmix32). */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (((z ^ (z >>> 15)) >>> 0) + 0.5) / 2 ** 32
  }
}

type Stream = (shift: number) => () => number
type Draw = () => number

export const normals =
  (uniform: Draw): Draw =>
  () =>
    Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())

/** Stationary, standard deviation 1. */
function autoregression(uniform: Draw, correlation: number): Draw {
  const normal = normals(uniform)
  let state = normal()
  const scatter = Math.sqrt(1 - correlation ** 2)
  return () => {
    state = correlation * state + scatter * normal()
    return state
  }
}

/** Knuth's, fit for small means. */
function poisson(uniform: Draw, mean: number): number {
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = uniform(); product > limit; product *= uniform()) count++
  return count
}

const MEAN = 2.2
/** Steps a standard deviation. */
const FINE = 1000

/** By name: steps, independent or not, continuous or of few values. */
export const STREAMS: Readonly<Record<string, (uniform: Draw) => Stream>> = {
  independent: (uniform) => (shift) => {
    const normal = normals(uniform)
    return () => Math.round(FINE * (normal() + shift))
  },
  skewed: (uniform) => (shift) => {
    const normal = normals(uniform)
    const sd = Math.sqrt((Math.E - 1) * Math.E)
    return () => Math.round(FINE * (Math.exp(normal()) + shift * sd))
  },
  'ties (Poisson 2.2)': (uniform) => (shift) => () => poisson(uniform, MEAN + shift * Math.sqrt(MEAN)),
  'autocorrelated 0.5': (uniform) => (shift) => {
    const next = autoregression(uniform, 0.5)
    return () => Math.round(FINE * (next() + shift))
  },
  'autocorrelated 0.9': (uniform) => (shift) => {
    const next = autoregression(uniform, 0.9)
    return () => Math.round(FINE * (next() + shift))
  },
  'autocorrelated 0.8, ties': (uniform) => (shift) => {
    const next = autoregression(uniform, 0.8)
    return () => Math.round(next() + shift)
  },
}

/** Shares of all runs whose p is at most a level: of each statistic alone, and of all three together. */
export interface AlarmRates {
  readonly psi: number
  readonly ks: number
  readonly wasserstein: number
  readonly any: number
}

/** How often a sample of `rows` rows is called drifted, by level. */
export function alarmRates(options: {
  stream: string
  rows: number
  runs: number
  levels: readonly number[]
  /** In standard deviations. */
  shift?: number
  seed: number
}): { readonly compared: number; readonly alarms: readonly AlarmRates[] } {
  const { stream, rows, runs, levels, shift = 0, seed } = options
  const start = STREAMS[stream]!(uniforms(seed))
  const found: DriftComparison[] = []
  for (let run = 0; run < runs; run++) {
    const one = compareOnce(start(0), start(shift), rows)
    if (one) found.push(one)
  }
  const alarms = levels.map((level) => {
    const share = (p: (one: DriftComparison) => number) => found.filter((one) => p(one) <= level).length / runs
    return {
      psi: share((one) => one.psi.p),
      ks: share((one) => one.ks.p),
      wasserstein: share((one) => one.wasserstein.p),
      any: share((one) => one.p),
    }
  })
  return { compared: found.length, alarms }
}

function compareOnce(reference: Draw, current: Draw, rows: number): DriftComparison | undefined {
  const all = new Sketch()
  const blocks: Sketch[] = []
  for (let row = 0; row < REFERENCE; row++) {
    if (row % BLOCK === 0) blocks.push(new Sketch())
    const value = reference()
    blocks.at(-1)!.add(value)
    all.add(value)
  }
  const sketch = all.bins()
  const cuts = cutsOf(sketch)
  const clustering = clusteringOf([blocks.map((block) => binCounts(block.bins(), cuts))])
  if (!clustering) return undefined
  const now = new Sketch()
  for (let row = 0; row < rows; row++) now.add(current())
  return compareDrift(
    { sketch, cuts, sd: 1, rows: REFERENCE, blocks: blocks.length },
    { sketch: now.bins(), rows, blocks: rows / BLOCK },
    { clustering },
  )
}

/** Three standard errors above the level: what 'at most nominal' may come out as by chance. */
export const tolerated = (level: number, runs: number): number => level + 3 * Math.sqrt((level * (1 - level)) / runs)
