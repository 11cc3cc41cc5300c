import { describe, expect, it } from 'vitest'
import { Sketch } from '../windows/index.ts'
import { clusteringOf, designEffect, INDEPENDENT } from './clustering.ts'
import { compareDrift, driftThresholds } from './drift.ts'
import { falseDiscovery } from './false-discovery.ts'
import { chiSquareTail } from './special.ts'
import { alarmRates, normals, STREAMS, tolerated, uniforms } from './test/no-drift.ts'

const LEVEL = 0.05
const RUNS = 300

// 10,000 runs of each, from 30 to 10,000 rows: npm run bench -- drift; its table is in docs/cloud-team/drift.md.
describe.each(Object.keys(STREAMS))('a stream without drift: %s', (stream) => {
  it.each([100, 1000])('alarms at most as often as the level says, with %i rows', (rows) => {
    const [rates] = alarmRates({ stream, rows, runs: RUNS, levels: [LEVEL], seed: rows }).alarms
    const most = tolerated(LEVEL, RUNS)
    expect(rates!.psi).toBeLessThanOrEqual(most)
    expect(rates!.ks).toBeLessThanOrEqual(most)
    expect(rates!.wasserstein).toBeLessThanOrEqual(most)
    expect(rates!.any).toBeLessThanOrEqual(most)
  })

  it('says nothing of fewer effective rows than a comparison needs, and sees half a deviation with a thousand', () => {
    const few = alarmRates({ stream, rows: 15, runs: 20, levels: [LEVEL], shift: 3, seed: 1 })
    expect(few.compared).toBe(0)
    const many = alarmRates({ stream, rows: 1000, runs: 50, levels: [LEVEL], shift: 0.5, seed: 2 })
    expect(many.alarms[0]!.any).toBeGreaterThan(0.5)
  })
})

describe('a hundred rows', () => {
  it('are enough for half a deviation where they are independent, and the fixed threshold of 0.1 would mislead', () => {
    const seen = alarmRates({ stream: 'independent', rows: 100, runs: 100, levels: [LEVEL], shift: 0.5, seed: 3 })
    expect(seen.alarms[0]!.any).toBeGreaterThan(0.9)
    const sketch = new Sketch()
    for (let value = -500; value < 500; value++) sketch.add(value)
    const reference = { sketch: sketch.bins(), cuts: [-300, -200, 0, 200, 300], sd: 289, rows: 1000, blocks: 10 }
    const now = { sketch: sketch.bins(), rows: 50, blocks: 1 }
    expect(driftThresholds(reference, now, { clustering: INDEPENDENT, level: LEVEL })!.psi).toBeGreaterThan(0.2)
  })
})

describe('thresholds', () => {
  it('are where the tails reach a third of the level', () => {
    const uniform = uniforms(5)
    const normal = normals(uniform)
    const sketch = new Sketch()
    for (let i = 0; i < 900; i++) sketch.add(Math.round(1000 * normal()))
    const reference = { sketch: sketch.bins(), cuts: [-400, -150, 0, 150, 400], sd: 1000, rows: 900, blocks: 9 }
    const moved = new Sketch()
    for (let i = 0; i < 200; i++) moved.add(Math.round(1000 * normal() + 400))
    const current = { sketch: moved.bins(), rows: 200, blocks: 2 }
    const found = compareDrift(reference, current, { clustering: INDEPENDENT })!
    for (const name of ['psi', 'ks', 'wasserstein'] as const) {
      // The value itself is the threshold of a level of three times its tail.
      const at = driftThresholds(reference, current, { clustering: INDEPENDENT, level: 3 * found[name].p })!
      expect(at[name]).toBeCloseTo(found[name].value, 6)
    }
    expect(found.p).toBeCloseTo(3 * Math.min(found.psi.p, found.ks.p, found.wasserstein.p), 12)
  })
})

describe('clustering', () => {
  const uniform = uniforms(7)
  const normal = normals(uniform)
  /** Rows of blocks that share a normal effect: correlation `shared` of two rows of a block. */
  const blocks = (count: number, rows: number, shared: number) =>
    Array.from({ length: count }, () => {
      const effect = normal() * Math.sqrt(shared)
      const counts = [0, 0]
      for (let row = 0; row < rows; row++) counts[effect + normal() * Math.sqrt(1 - shared) > 0 ? 1 : 0]!++
      return counts
    })

  it('finds the correlation of signs within blocks: (2/π)·asin ρ', () => {
    const found = clusteringOf([blocks(400, 30, 0.3), blocks(400, 30, 0.3)])!
    expect(found.mean).toBeCloseTo((2 / Math.PI) * Math.asin(0.3), 1)
    expect(found.largest).toBeCloseTo(found.mean, 6)
    expect(found.carry).toBeLessThan(0.12)
    expect(found.freedom).toBe(798)
  })

  it('takes independent rows for what they are, and what differs between groups for good for no clustering', () => {
    const rare = Array.from({ length: 60 }, () => [40, 10])
    const often = Array.from({ length: 60 }, () => [10, 40])
    expect(clusteringOf([rare, often])!.mean).toBe(0)
    expect(clusteringOf([blocks(300, 50, 0)])!.mean).toBeLessThan(0.01)
  })

  it('needs two blocks of one group', () => {
    expect(clusteringOf([[[3, 4]], [[5, 6]]])).toBeUndefined()
    expect(clusteringOf([])).toBeUndefined()
  })

  it('makes rows worth less in large blocks than in small ones', () => {
    const clustering = { mean: 0.1, square: 0.02, largest: 0.2, carry: 0, freedom: 50 }
    expect(designEffect(clustering, { rows: 100, blocks: 10 })).toMatchObject({ mean: 1.9, largest: 2.8 })
    expect(designEffect(clustering, { rows: 10, blocks: 10 })).toEqual({ mean: 1, contrasts: 1, largest: 1 })
  })
})

describe('false discoveries among tests that depend on each other', () => {
  it.each([0, 0.8])('are at most as many as the level says, correlation %d', (correlation) => {
    const normal = normals(uniforms(11))
    const runs = 600
    let alarmed = 0
    for (let run = 0; run < runs; run++) {
      const common = normal()
      const p = Array.from({ length: 60 }, () => {
        const z = Math.sqrt(correlation) * common + Math.sqrt(1 - correlation) * normal()
        return chiSquareTail(z ** 2, 1)
      })
      if (falseDiscovery(p).some((q) => q <= LEVEL)) alarmed++
    }
    expect(alarmed / runs).toBeLessThanOrEqual(tolerated(LEVEL, runs))
  })
})
