import type { DesiredState } from '@storecast/shared/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CurrentState, plan, type Step } from './plan.ts'

const digest = (n: number) => n.toString(16).padStart(64, '0')
const ref = (n: number) => ({ sha256: digest(n), bytes: 1000 + n })
const version = (n: number) => ({ version: n, sha256: digest(n) })

const desired = (part: Partial<DesiredState> = {}): DesiredState => ({
  version: 1,
  device: 'north-1',
  generation: 10,
  expires: 4_000_000_000,
  site: 'north',
  api: 'http://127.0.0.1:9',
  documents: {},
  models: {},
  ...part,
})
const current = (part: Partial<CurrentState> = {}): CurrentState => ({
  documents: {},
  models: {},
  stored: new Set(),
  partial: new Set(),
  refused: new Map(),
  ...part,
})

describe('plan', () => {
  it('has nothing to do when the device runs what is desired', () => {
    const state = current({
      documents: { catalogue: digest(1) },
      models: { demand: { serving: version(2), kept: [version(2)] } },
      stored: new Set([digest(1), digest(2)]),
    })
    const wanted = desired({ documents: { catalogue: ref(1) }, models: { demand: { version: 2, bundle: ref(2) } } })
    expect(plan(state, wanted)).toEqual([])
  })

  it('fetches sensors, then the catalogue, then covariates, then models by name', () => {
    const wanted = desired({
      documents: { covariates: ref(3), catalogue: ref(2), sensors: ref(1) },
      models: { zinc: { version: 1, bundle: ref(5) }, demand: { version: 1, bundle: ref(4) } },
    })
    expect(plan(current(), wanted).map((s) => [s.kind, s.subject])).toEqual([
      ['fetch', 'document:sensors'],
      ['fetch', 'document:catalogue'],
      ['fetch', 'document:covariates'],
      ['fetch', 'model:demand'],
      ['fetch', 'model:zinc'],
    ])
  })

  it('needs no download for a version that is still on disk', () => {
    const state = current({
      models: { demand: { serving: version(2), kept: [version(2), version(1)] } },
      stored: new Set([digest(1), digest(2)]),
    })
    expect(plan(state, desired({ models: { demand: { version: 1, bundle: ref(1) } } }))).toEqual([
      { kind: 'activate', subject: 'model:demand', model: 'demand', version: 1, sha256: digest(1) },
    ])
  })

  it('leaves a version that failed alone until a later generation', () => {
    const state = current({
      models: { demand: { serving: version(1), kept: [version(1)] } },
      stored: new Set([digest(1), digest(2)]),
      refused: new Map([[digest(2), 10]]),
    })
    const models = { demand: { version: 2, bundle: ref(2) } }
    expect(plan(state, desired({ models }))).toEqual([])
    expect(plan(state, desired({ models, generation: 11 })).map((s) => s.kind)).toEqual(['activate'])
  })

  it('lets what served before serve again, ahead of any download', () => {
    const models = { demand: { version: 3, bundle: ref(3) } }
    const state = current({
      models: { demand: { serving: null, kept: [version(2), version(1)] } },
      stored: new Set([digest(1), digest(2)]),
    })
    const wanted = desired({ models, documents: { sensors: ref(9) } })
    const resume = { kind: 'resume', subject: 'model:demand', model: 'demand' }
    expect(plan(state, wanted)[0]).toEqual({ ...resume, ...version(2) })
    expect(plan({ ...state, refused: new Map([[digest(2), 10]]) }, wanted)[0]).toEqual({ ...resume, ...version(1) })
    expect(plan({ ...state, stored: new Set() }, wanted).map((s) => s.kind)).toEqual(['fetch', 'fetch'])
  })

  it('removes a model that is no longer desired, and then its bytes; documents stay in force', () => {
    const before = current({
      documents: { catalogue: digest(9) },
      models: { demand: { serving: version(2), kept: [version(2), version(1)] } },
      stored: new Set([digest(1), digest(2), digest(9)]),
    })
    expect(plan(before, desired())).toEqual([{ kind: 'remove-model', subject: 'model:demand', model: 'demand' }])
    expect(plan({ ...before, models: {} }, desired())).toEqual([
      { kind: 'discard', subject: 'disk', sha256s: [digest(1), digest(2)] },
    ])
  })

  it('discards a partial download nobody desires any more', () => {
    expect(plan(current({ partial: new Set([digest(3)]) }), desired()).map((s) => s.kind)).toEqual(['discard'])
  })
})

/** What a step that succeeds, or fails for good, leaves behind. */
function apply(state: CurrentState, step: Step, generation: number, fails: boolean): CurrentState {
  switch (step.kind) {
    case 'fetch':
      return fails
        ? { ...state, refused: new Map(state.refused).set(step.ref.sha256, generation) }
        : { ...state, stored: new Set(state.stored).add(step.ref.sha256) }
    case 'apply-document':
      return fails
        ? { ...state, refused: new Map(state.refused).set(step.sha256, generation) }
        : { ...state, documents: { ...state.documents, [step.document]: step.sha256 } }
    case 'activate':
    case 'resume': {
      if (fails) return { ...state, refused: new Map(state.refused).set(step.sha256, generation) }
      const to = { version: step.version, sha256: step.sha256 }
      const kept = state.models[step.model]?.kept.filter(({ sha256 }) => sha256 !== to.sha256) ?? []
      return { ...state, models: { ...state.models, [step.model]: { serving: to, kept: [to, ...kept].slice(0, 2) } } }
    }
    case 'remove-model': {
      const { [step.model]: _, ...models } = state.models
      return { ...state, models }
    }
    case 'discard': {
      const kept = (held: ReadonlySet<string>) => new Set([...held].filter((sha256) => !step.sha256s.includes(sha256)))
      return { ...state, stored: kept(state.stored), partial: kept(state.partial) }
    }
  }
}

const digests = fc.integer({ min: 1, max: 8 })
const versions = digests.map(version)
const anyDesired = fc.record({
  generation: fc.integer({ min: 1, max: 3 }),
  documents: fc.dictionary(fc.constantFrom('catalogue', 'sensors', 'covariates'), digests.map(ref)),
  models: fc.dictionary(
    fc.constantFrom('demand', 'sensor'),
    digests.map((n) => ({ version: n, bundle: ref(n) })),
  ),
})
const anyCurrent: fc.Arbitrary<CurrentState> = fc.record({
  documents: fc.constant({}),
  models: fc.dictionary(
    fc.constantFrom('demand', 'old'),
    fc.record({ serving: fc.option(versions), kept: fc.array(versions, { maxLength: 2 }) }),
  ),
  stored: fc.array(digests.map(digest)).map((all) => new Set(all)),
  partial: fc.array(digests.map(digest)).map((all) => new Set(all)),
  refused: fc.array(fc.tuple(digests.map(digest), fc.integer({ min: 0, max: 3 }))).map((all) => new Map(all)),
})

describe('plan, whatever the state', () => {
  it('settles, serves what is desired unless refused, and never discards what serves or is desired', () => {
    fc.assert(
      fc.property(anyCurrent, anyDesired, fc.array(fc.boolean(), { maxLength: 60 }), (start, part, failures) => {
        const wanted = desired(part)
        let state = start
        let steps = plan(state, wanted)
        for (let round = 0; steps.length > 0; round++) {
          expect(round).toBeLessThan(60)
          const step = steps[0]!
          if (step.kind === 'discard') {
            for (const { serving } of Object.values(state.models)) expect(step.sha256s).not.toContain(serving?.sha256)
            for (const { bundle } of Object.values(wanted.models)) expect(step.sha256s).not.toContain(bundle.sha256)
          }
          state = apply(state, step, wanted.generation, failures[round] ?? false)
          steps = plan(state, wanted)
        }
        for (const [model, { bundle }] of Object.entries(wanted.models)) {
          const refused = (state.refused.get(bundle.sha256) ?? 0) >= wanted.generation
          if (!refused) expect(state.models[model]?.serving?.sha256).toBe(bundle.sha256)
        }
        expect(Object.keys(state.models).every((model) => model in wanted.models)).toBe(true)
      }),
    )
  })
})
