import type { DesiredState } from '@storecast/shared/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Moment } from './maintenance.ts'
import {
  type Checks,
  type CurrentModel,
  type CurrentState,
  checksKey,
  type ModelVersion,
  plan,
  type Step,
} from './plan.ts'
import type { SoakProgress } from './soak.ts'

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
  checks: new Map(),
  ...part,
})
const runs = (serving: ModelVersion | null, kept: ModelVersion[], part: Partial<CurrentModel> = {}): CurrentModel => ({
  ...{ serving, kept, soak: null, candidate: null, shadow: null },
  ...part,
})
const all: Checks = { approvedUnder: 10, staged: true, golden: true }
/** That this version of the demand model has passed these checks. */
const passed = (n: number, part: Partial<Checks> = {}) =>
  [checksKey('demand', version(n)), { ...all, ...part }] as const
const noon = Date.UTC(2026, 2, 2, 11)
const moment: Moment = { now: noon, desiredAt: noon, timeZone: 'Europe/Berlin', device: 'north-1', expired: false }
const steps = (state: CurrentState, wanted: DesiredState) => plan(state, wanted, moment).steps
const kinds = (state: CurrentState, wanted: DesiredState) => steps(state, wanted).map((step) => step.kind)

describe('plan', () => {
  it('has nothing to do when the device runs what is desired', () => {
    const state = current({
      documents: { catalogue: digest(1) },
      models: { demand: runs(version(2), [version(2)]) },
      stored: new Set([digest(1), digest(2)]),
    })
    const wanted = desired({ documents: { catalogue: ref(1) }, models: { demand: { version: 2, bundle: ref(2) } } })
    expect(steps(state, wanted)).toEqual([])
  })

  it('fetches sensors, then the catalogue, then covariates, then models by name', () => {
    const wanted = desired({
      documents: { covariates: ref(3), catalogue: ref(2), sensors: ref(1) },
      models: { zinc: { version: 1, bundle: ref(5) }, demand: { version: 1, bundle: ref(4) } },
    })
    expect(steps(current(), wanted).map((s) => [s.kind, s.subject])).toEqual([
      ['fetch', 'document:sensors'],
      ['fetch', 'document:catalogue'],
      ['fetch', 'document:covariates'],
      ['fetch', 'model:demand'],
      ['fetch', 'model:zinc'],
    ])
  })

  it('needs no download for a version that is still on disk', () => {
    const state = current({
      models: { demand: runs(version(2), [version(2), version(1)]) },
      stored: new Set([digest(1), digest(2)]),
    })
    const wanted = desired({ models: { demand: { version: 1, bundle: ref(1) } } })
    expect(kinds(state, wanted)).toEqual(['verify'])
    expect(steps({ ...state, checks: new Map([passed(1)]) }, wanted)).toEqual([
      { kind: 'activate', subject: 'model:demand', model: 'demand', version: 1, sha256: digest(1) },
    ])
  })

  it('has a version pass every check, and asks for its approval anew under each generation', () => {
    const wanted = desired({ models: { demand: { version: 2, bundle: ref(2) } } })
    const at = (...checks: (readonly [string, Checks])[]) =>
      kinds(
        current({
          models: { demand: runs(version(1), [version(1)]) },
          stored: new Set([digest(1), digest(2)]),
          checks: new Map(checks),
        }),
        wanted,
      )
    expect(at()).toEqual(['verify'])
    expect(at(passed(2, { approvedUnder: 9 }))).toEqual(['verify'])
    expect(at(passed(2, { staged: false, golden: false }))).toEqual(['stage'])
    expect(at(passed(2, { golden: false }))).toEqual(['golden'])
    expect(at(passed(2))).toEqual(['activate'])
  })

  it('leaves a version that failed alone until a later generation', () => {
    const state = current({
      models: { demand: runs(version(1), [version(1)]) },
      stored: new Set([digest(1), digest(2)]),
      refused: new Map([[digest(2), 10]]),
    })
    const models = { demand: { version: 2, bundle: ref(2) } }
    expect(steps(state, desired({ models }))).toEqual([])
    expect(kinds(state, desired({ models, generation: 11 }))).toEqual(['verify'])
  })

  it('lets what served before serve again, ahead of any download', () => {
    const models = { demand: { version: 3, bundle: ref(3) } }
    const state = current({
      models: { demand: runs(null, [version(2), version(1)]) },
      stored: new Set([digest(1), digest(2)]),
    })
    const wanted = desired({ models, documents: { sensors: ref(9) } })
    const resume = { kind: 'resume', subject: 'model:demand', model: 'demand' }
    expect(steps(state, wanted)[0]).toEqual({ ...resume, ...version(2) })
    expect(steps({ ...state, refused: new Map([[digest(2), 10]]) }, wanted)[0]).toEqual({ ...resume, ...version(1) })
    expect(kinds({ ...state, stored: new Set() }, wanted)).toEqual(['fetch', 'fetch'])
  })

  it('removes a model that is no longer desired, and then its bytes; documents stay in force', () => {
    const before = current({
      documents: { catalogue: digest(9) },
      models: { demand: runs(version(2), [version(2), version(1)]) },
      stored: new Set([digest(1), digest(2), digest(9)]),
    })
    expect(steps(before, desired())).toEqual([{ kind: 'remove-model', subject: 'model:demand', model: 'demand' }])
    expect(steps({ ...before, models: {} }, desired())).toEqual([
      { kind: 'discard', subject: 'disk', sha256s: [digest(1), digest(2)] },
    ])
  })

  it('discards a partial download nobody desires any more', () => {
    expect(kinds(current({ partial: new Set([digest(3)]) }), desired())).toEqual(['discard'])
  })
})

const serves = (part: Partial<CurrentModel> = {}) =>
  current({
    models: { demand: runs(version(1), [version(1)], part) },
    stored: new Set([digest(1), digest(2), digest(3)]),
    checks: new Map([passed(1), passed(2), passed(3)]),
  })

describe('the hour of an update', () => {
  const night = { window: { from: '01:00', to: '05:00' } }
  const models = { demand: { version: 2, bundle: ref(2) } }

  it('holds what changes a version that serves, and nothing else', () => {
    const wanted = desired({ models, update: night, documents: { sensors: ref(9) } })
    const held = plan(serves(), wanted, moment)
    expect(held.steps.map(({ kind }) => kind)).toEqual(['fetch', 'discard'])
    expect([...held.waiting]).toEqual(['model:demand'])
    const opens = Date.UTC(2026, 2, 3, 0)
    expect(held.changesAt).toBe(opens)
    expect(plan(serves(), wanted, { ...moment, now: opens }).steps.map(({ kind }) => kind)).toContain('activate')
    const first = current({ stored: new Set([digest(2)]), checks: new Map([passed(2)]) })
    expect(kinds(first, desired({ models, update: night }))).toEqual(['activate'])
  })

  it('does not hold what served before the start, nor the way back', () => {
    const back = runs(null, [version(1)])
    expect(kinds({ ...serves(), models: { demand: back } }, desired({ models, update: night }))[0]).toBe('resume')
    const soak = { ...version(2), elapsedMs: 0, runs: 1, failed: 0, slow: 0, crashes: 1 }
    const state = { ...serves(), models: { demand: runs(version(2), [version(2), version(1)], { soak }) } }
    const [step] = steps(state, desired({ models, update: night }))
    expect(step).toMatchObject({ kind: 'roll-back', version: 2, to: version(1), code: 'soak-crashes' })
  })

  it('begins nothing new by a desired state that has expired', () => {
    const expired = { ...moment, expired: true }
    expect(plan(serves(), desired({ models }), expired).steps).toEqual([])
    const stopped = { ...serves(), models: { demand: runs(null, [version(1)]) } }
    expect(plan(stopped, desired({ models }), expired).steps.map(({ kind }) => kind)).toEqual(['resume'])
  })
})

describe('probation', () => {
  const models = { demand: { version: 2, bundle: ref(2) } }
  const update = { soakMinutes: 30 }
  const soaking = (part: Partial<SoakProgress>, kept = [version(2), version(1)]) => {
    const soak = { ...version(2), elapsedMs: 0, runs: 0, failed: 0, slow: 0, crashes: 0, ...part }
    return {
      ...current({ stored: new Set([digest(1), digest(2)]) }),
      models: { demand: runs(version(2), kept, { soak }) },
    }
  }

  it('ends when its time is over, and says when that is', () => {
    const wanted = desired({ models, update })
    const early = plan(soaking({ elapsedMs: 600_000 }), wanted, moment)
    expect(early).toMatchObject({ steps: [], changesAt: noon + 1_200_000 })
    expect(kinds(soaking({ elapsedMs: 1_800_000 }), wanted)).toEqual(['commit'])
    expect(kinds(soaking({}, [version(2)]), wanted)[0]).toBe('commit')
  })

  it.each([
    ['a crash', { crashes: 1 }, 'soak-crashes'],
    ['failed runs', { runs: 10, failed: 2 }, 'soak-failures'],
    ['slow runs', { runs: 10, slow: 2 }, 'soak-latency'],
  ])('is over at once by %s', (_, part, code) => {
    expect(steps(soaking({ ...part, elapsedMs: 1_800_000 }), desired({ models, update }))).toMatchObject([
      { kind: 'roll-back', code },
    ])
  })

  it('bears what its budget allows', () => {
    const wanted = desired({ models, update: { ...update, maxCrashes: 1 } })
    expect(kinds(soaking({ crashes: 1, runs: 100, failed: 5, slow: 5 }), wanted)).toEqual([])
  })
})

describe('a candidate', () => {
  const models = { demand: { version: 1, bundle: ref(1), candidate: { version: 2, bundle: ref(2) } } }
  const wanted = desired({ models })

  it('passes the same checks, and then runs in shadow', () => {
    const without = { ...serves(), stored: new Set([digest(1)]), checks: new Map() }
    const stored = new Set([digest(1), digest(2)])
    expect(steps(without, wanted)).toEqual([{ kind: 'fetch', subject: 'candidate:demand', ref: ref(2) }])
    expect(kinds({ ...without, stored }, wanted)).toEqual(['verify'])
    const state = { ...serves(), stored }
    expect(kinds(state, wanted)).toEqual(['shadow'])
    const inShadow = { candidate: version(2), shadow: version(2) }
    expect(kinds({ ...serves(inShadow), stored }, wanted)).toEqual([])
    expect(kinds({ ...serves({ candidate: version(2) }), stored }, desired({ models, generation: 11 }))).toEqual([
      'resume-shadow',
    ])
  })

  it('is promoted without a download, once it has left the shadow', () => {
    const promoted = desired({ generation: 11, models: { demand: { version: 2, bundle: ref(2) } } })
    const state = { ...serves({ candidate: version(2), shadow: version(2) }), stored: new Set([digest(1), digest(2)]) }
    expect(kinds(state, promoted)).toEqual(['end-shadow'])
    const checks = new Map([passed(2)])
    expect(kinds({ ...serves(), stored: state.stored, checks }, promoted)).toEqual(['verify'])
  })

  it('leaves the shadow when it has failed, and gives way to another one', () => {
    const state = serves({ candidate: version(2), shadow: null })
    const stored = new Set([digest(1), digest(2)])
    expect(kinds({ ...state, stored, refused: new Map([[digest(2), 10]]) }, wanted)).toEqual(['end-shadow'])
    const other = desired({ models: { demand: { ...models.demand, candidate: { version: 3, bundle: ref(3) } } } })
    expect(kinds({ ...serves({ candidate: version(2), shadow: version(2) }) }, other)).toEqual(['end-shadow'])
  })
})

/** What a step that succeeds, or fails for good, leaves behind. */
function apply(state: CurrentState, step: Step, generation: number, fails: boolean): CurrentState {
  if (fails) {
    if (step.kind === 'fetch') return refuse(state, step.ref.sha256, generation)
    if ('sha256' in step) return refuse(state, step.sha256, generation)
  }
  const change = (model: string, part: Partial<CurrentModel>): CurrentState => ({
    ...state,
    models: { ...state.models, [model]: { ...(state.models[model] ?? runs(null, [])), ...part } },
  })
  const check = (model: string, of: ModelVersion, part: Partial<Checks>): CurrentState => {
    const key = checksKey(model, of)
    const before = state.checks.get(key) ?? { approvedUnder: null, staged: false, golden: false }
    return { ...state, checks: new Map(state.checks).set(key, { ...before, ...part }) }
  }
  switch (step.kind) {
    case 'fetch':
      return { ...state, stored: new Set(state.stored).add(step.ref.sha256) }
    case 'apply-document':
      return { ...state, documents: { ...state.documents, [step.document]: step.sha256 } }
    case 'verify':
      return check(step.model, step, { approvedUnder: generation })
    case 'stage':
      return check(step.model, step, { staged: true })
    case 'golden':
      return check(step.model, step, { golden: true })
    case 'shadow':
    case 'resume-shadow':
      return change(step.model, { candidate: only(step), shadow: only(step) })
    case 'end-shadow':
      return change(step.model, { candidate: null, shadow: null })
    case 'activate':
    case 'resume': {
      const kept = state.models[step.model]?.kept.filter(({ sha256 }) => sha256 !== step.sha256) ?? []
      return change(step.model, { serving: only(step), kept: [only(step), ...kept].slice(0, 2), soak: null })
    }
    case 'commit':
      return change(step.model, { soak: null })
    case 'roll-back': {
      const refused = refuse(state, step.sha256, generation)
      const { kept } = refused.models[step.model]!
      const model = { ...refused.models[step.model]!, serving: step.to, kept: kept.slice(0, 2), soak: null }
      return { ...refused, models: { ...refused.models, [step.model]: model } }
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
const only = ({ version, sha256 }: ModelVersion): ModelVersion => ({ version, sha256 })
/** As the tables do: what is refused is nothing to go back to. */
function refuse(state: CurrentState, sha256: string, generation: number): CurrentState {
  const without = (model: CurrentModel): CurrentModel => ({
    ...model,
    kept: model.kept.filter((one) => one.sha256 !== sha256),
    soak: model.soak?.sha256 === sha256 ? null : model.soak,
    shadow: model.shadow?.sha256 === sha256 ? null : model.shadow,
  })
  const models = Object.fromEntries(Object.entries(state.models).map(([name, model]) => [name, without(model)]))
  return { ...state, models, refused: new Map(state.refused).set(sha256, generation) }
}

const digests = fc.integer({ min: 1, max: 8 })
const versions = digests.map(version)
const target = digests.map((n) => ({ version: n, bundle: ref(n) }))
const anyDesired = fc.record({
  generation: fc.integer({ min: 1, max: 3 }),
  documents: fc.dictionary(fc.constantFrom('catalogue', 'sensors', 'covariates'), digests.map(ref)),
  models: fc.dictionary(
    fc.constantFrom('demand', 'sensor'),
    fc
      .tuple(target, fc.option(target, { nil: undefined }))
      .map(([own, candidate]) => ({ ...own, ...(candidate && { candidate }) })),
  ),
})
const anyModel = fc
  .record({
    serving: fc.boolean(),
    kept: fc.uniqueArray(versions, { maxLength: 2, selector: ({ sha256 }) => sha256 }),
    soak: fc.option(
      fc.record({ elapsedMs: fc.nat(10), runs: fc.nat(9), failed: fc.nat(9), slow: fc.nat(9), crashes: fc.nat(1) }),
    ),
    candidate: fc.option(versions),
    shadow: fc.boolean(),
  })
  .map(
    ({ serving, kept, soak, candidate, shadow }): CurrentModel => ({
      serving: serving ? (kept[0] ?? null) : null,
      kept,
      soak: soak && kept[0] ? { ...kept[0], ...soak } : null,
      candidate,
      shadow: shadow ? candidate : null,
    }),
  )
const anyCurrent: fc.Arbitrary<CurrentState> = fc.record({
  documents: fc.constant({}),
  models: fc.dictionary(fc.constantFrom('demand', 'old'), anyModel),
  stored: fc.array(digests.map(digest)).map((held) => new Set(held)),
  partial: fc.array(digests.map(digest)).map((held) => new Set(held)),
  refused: fc.array(fc.tuple(digests.map(digest), fc.integer({ min: 0, max: 3 }))).map((held) => new Map(held)),
  checks: fc
    .array(fc.tuple(digests, fc.boolean(), fc.boolean(), fc.integer({ min: 1, max: 3 })))
    .map(
      (held) => new Map(held.map(([n, staged, golden, approvedUnder]) => passed(n, { staged, golden, approvedUnder }))),
    ),
})

describe('plan, whatever the state', () => {
  it('settles, serves what is desired unless refused, and never discards what serves or is desired', () => {
    fc.assert(
      fc.property(anyCurrent, anyDesired, fc.array(fc.boolean(), { maxLength: 60 }), (start, part, failures) => {
        const wanted = desired(part)
        let state = start
        const passedAll = new Set<string>()
        for (let round = 0; ; round++) {
          const [step] = steps(state, wanted)
          if (step === undefined) break
          expect(round).toBeLessThan(100)
          if (step.kind === 'discard') {
            for (const { serving } of Object.values(state.models)) expect(step.sha256s).not.toContain(serving?.sha256)
            for (const { bundle } of Object.values(wanted.models)) expect(step.sha256s).not.toContain(bundle.sha256)
          }
          const fails = failures[round] ?? false
          if (step.kind === 'verify' && !fails) passedAll.add(checksKey(step.model, step))
          if (step.kind === 'activate' || step.kind === 'shadow') {
            const key = checksKey(step.model, step)
            const wasApproved = start.checks.get(key)?.approvedUnder === wanted.generation
            expect(passedAll.has(key) || wasApproved, `${key} was never approved`).toBe(true)
          }
          state = apply(state, step, wanted.generation, fails)
        }
        for (const [model, { version, bundle, candidate }] of Object.entries(wanted.models)) {
          const refused = (sha256: string) => (state.refused.get(sha256) ?? 0) >= wanted.generation
          const { serving, shadow } = state.models[model] ?? runs(null, [])
          if (!refused(bundle.sha256)) expect(serving).toEqual({ version, sha256: bundle.sha256 })
          const isShadow = candidate && !refused(candidate.bundle.sha256) && serving !== null
          const other = isShadow && serving.sha256 !== candidate.bundle.sha256
          expect(shadow?.sha256).toBe(other ? candidate.bundle.sha256 : undefined)
        }
        expect(Object.keys(state.models).every((model) => model in wanted.models)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})
