import { describe, expect, it } from 'vitest'
import { testDefinition } from '../test/bundle.ts'
import { quiet } from '../test/database.ts'
import { type DriftFact, modelDrift, type RetrainRule, trainOnDrift } from './on-drift.ts'
import type { TrainingRun, TrainingSpec } from './trainings.ts'

const fact = (name: string, verdict: string, more: Partial<DriftFact> = {}): DriftFact => ({
  ...{ scope: 'device', name, model: 'demand', version: 3, verdict },
  ...more,
})
const DAY = 86_400_000
const NOW = 100 * DAY
const rule: RetrainRule = { share: 0.5, restMs: 7 * DAY }

/** A champion 3, and what began. */
async function begunBy(facts: readonly DriftFact[], last?: Partial<TrainingRun>): Promise<readonly TrainingSpec[]> {
  const begun: TrainingSpec[] = []
  await trainOnDrift(
    {
      trainings: {
        list: async () => ({ items: last ? [{ finishedAt: null, ...last } as TrainingRun] : [] }),
        begin: async (spec) => {
          begun.push(spec)
          return { id: '1' } as TrainingRun
        },
      },
      registry: {
        model: async (name) => ({ name, versions: 4, aliases: { champion: 3, candidate: 4 }, createdAt: 0 }),
        version: async () => ({ manifest: { definition: testDefinition() } }) as never,
      },
      now: () => NOW,
      log: quiet,
    },
    facts,
    rule,
  )
  return begun
}

describe('training on drift', () => {
  const half = [fact('a', 'drift'), fact('a', 'stable'), fact('b', 'stable'), fact('c', 'insufficient')]

  it('counts devices that drifted in any column, of those that could be compared', () => {
    const others = [fact('north', 'drift', { scope: 'region' }), fact('d', 'drift', { model: '' })]
    expect(modelDrift([...half, ...others])).toEqual([{ model: 'demand', version: 3, drifted: 1, compared: 2 }])
  })

  it('begins with the champion’s definition where enough of its devices drifted', async () => {
    expect(await begunBy(half)).toEqual([{ definition: testDefinition(), selector: {}, alias: 'candidate' }])
    expect(await begunBy([...half, fact('d', 'stable')])).toEqual([])
    expect(await begunBy([fact('a', 'stable')])).toEqual([])
    expect(await begunBy(half.map((one) => ({ ...one, version: 4 })))).toEqual([])
  })

  it('rests while one goes on, and for a while after', async () => {
    expect(await begunBy(half, { finishedAt: null })).toEqual([])
    expect(await begunBy(half, { finishedAt: NOW - 6 * DAY })).toEqual([])
    expect(await begunBy(half, { finishedAt: NOW - 8 * DAY })).toHaveLength(1)
  })
})
