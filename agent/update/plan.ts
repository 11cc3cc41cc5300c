import type { DesiredState, DocumentKind, ModelTarget, ObjectRef } from '@storecast/shared/contracts'
import { type Moment, maintenance } from './maintenance.ts'
import { judgeSoak, type SoakProgress } from './soak.ts'

/** A model version as it lies on disk: its number and the digest of its bundle. */
export interface ModelVersion {
  readonly version: number
  readonly sha256: string
}

export interface CurrentModel {
  /** The version that serves right now; null where none does (also: right after a start). */
  readonly serving: ModelVersion | null
  /** Versions that have served and are kept to fall back on, the latest first. */
  readonly kept: readonly ModelVersion[]
  /** Of the version that serves, while it is on probation. */
  readonly soak: SoakProgress | null
  /** The version that was let into shadow, and the one that runs there right now. */
  readonly candidate: ModelVersion | null
  readonly shadow: ModelVersion | null
}

/** Checks that a version has passed on this device. */
export interface Checks {
  /** The generation under which it was found approved. */
  readonly approvedUnder: number | null
  readonly staged: boolean
  readonly golden: boolean
}

/** What this device runs and holds, as its tables say. */
export interface CurrentState {
  /** Digest of each document in force. */
  readonly documents: Readonly<Partial<Record<DocumentKind, string>>>
  readonly models: Readonly<Record<string, CurrentModel>>
  /** Digests whose bytes lie complete and checked on disk. */
  readonly stored: ReadonlySet<string>
  /** Digests of which a part lies on disk. */
  readonly partial: ReadonlySet<string>
  /** Digest → the generation under which it failed for good. A later generation tries it again. */
  readonly refused: ReadonlyMap<string, number>
  /** By `checksKey`. */
  readonly checks: ReadonlyMap<string, Checks>
}

export const checksKey = (model: string, { version, sha256 }: ModelVersion): string => `${model}@${version}:${sha256}`

/** What a step is about; steps about one subject follow each other, those about different ones need not. */
export type Subject = `document:${DocumentKind}` | `model:${string}` | `candidate:${string}` | 'disk'

/** A step about one version of a model. */
interface VersionStep<Kind extends string> extends ModelVersion {
  readonly kind: Kind
  readonly subject: Subject
  readonly model: string
}

export type Step =
  | { readonly kind: 'fetch'; readonly subject: Subject; readonly ref: ObjectRef }
  | {
      readonly kind: 'apply-document'
      readonly subject: Subject
      readonly document: DocumentKind
      readonly sha256: string
    }
  /** Is it approved by those whose signatures count here? */
  | (VersionStep<'verify'> & { readonly bytes: number })
  /** Its bytes are read back from disk: from here on no network is needed. */
  | VersionStep<'stage'>
  /** It reproduces its golden vectors on this CPU, in a host of its own. */
  | VersionStep<'golden'>
  /** It runs beside the version that serves; after a start, again. */
  | VersionStep<'shadow'>
  | VersionStep<'resume-shadow'>
  | { readonly kind: 'end-shadow'; readonly subject: Subject; readonly model: string }
  /** It serves. */
  | VersionStep<'activate'>
  /** Its probation is over. */
  | VersionStep<'commit'>
  /** It broke the budget of its probation: the version before it serves again. */
  | (VersionStep<'roll-back'> & { readonly to: ModelVersion; readonly code: string; readonly message: string })
  /** Nothing serves: let a version serve that has served before. */
  | VersionStep<'resume'>
  | { readonly kind: 'remove-model'; readonly subject: Subject; readonly model: string }
  | { readonly kind: 'discard'; readonly subject: 'disk'; readonly sha256s: readonly string[] }

export interface Plan {
  /** The next step of every subject that differs from what is desired, most fundamental first. */
  readonly steps: readonly Step[]
  /** Subjects that wait for their hour. */
  readonly waiting: ReadonlySet<Subject>
  /** Store time at which time alone changes the plan; undefined: never. */
  readonly changesAt: number | undefined
}

/** Sensors first: the catalogue's products are measured by them, and models read both. */
const documentOrder = ['sensors', 'catalogue', 'covariates'] as const satisfies readonly DocumentKind[]

/** What keeps the shop's forecasts, and what was begun before, goes on when a desired state has expired. */
const BEYOND_EXPIRY: ReadonlySet<Step['kind']> = new Set(['resume', 'roll-back', 'commit', 'resume-shadow'])

/**
 * Running any one of the steps and planning again ends in no steps at all, or in steps that wait or keep failing for a
 * passing reason.
 *
 * - A version passes verify, stage and golden before it serves or runs in shadow; approval holds for one generation.
 * - What served before the start serves again first, and what broke its probation goes back first: neither waits for its
 *   hour, nor for the network.
 * - What failed for good under this generation is left alone.
 * - An expired desired state begins nothing.
 * - A document that is no longer desired stays in force: it is replaced, never unlearned.
 * - Bytes are discarded once nothing serves, nothing could fall back on, and nobody desires them.
 */
export function plan(current: CurrentState, desired: DesiredState, moment: Moment): Plan {
  const refused = (sha256: string) => (current.refused.get(sha256) ?? 0) >= desired.generation
  const { open, changesAt } = maintenance(desired.update, desired.generation, moment)
  const urgent: Step[] = []
  const steps: Step[] = []
  const waiting = new Set<Subject>()
  const times: number[] = []

  for (const document of documentOrder) {
    const ref = desired.documents[document]
    if (ref === undefined || ref.sha256 === current.documents[document] || refused(ref.sha256)) continue
    const subject = `document:${document}` as const
    steps.push(
      current.stored.has(ref.sha256)
        ? { kind: 'apply-document', subject, document, sha256: ref.sha256 }
        : { kind: 'fetch', subject, ref },
    )
  }

  const names = new Set([...Object.keys(desired.models), ...Object.keys(current.models)])
  for (const name of [...names].sort()) {
    const model = new ModelPlan(name, current, desired, refused)
    const verdict = model.soakVerdict()
    if (verdict?.state === 'soaking') times.push(moment.now + verdict.remainingMs)
    const next = [model.urgentStep(), ...model.steps()].filter((step) => step !== undefined)
    for (const step of next) {
      if (!model.isHeld(step)) (step.kind === 'resume' || step.kind === 'roll-back' ? urgent : steps).push(step)
      else if (open) steps.push(step)
      else waiting.add(step.subject)
      if (model.isHeld(step) && changesAt !== undefined) times.push(changesAt)
    }
  }

  const needed = neededObjects(current, desired)
  const unneeded = [...new Set([...current.stored, ...current.partial])].filter((sha256) => !needed.has(sha256)).sort()
  if (unneeded.length > 0) steps.push({ kind: 'discard', subject: 'disk', sha256s: unneeded })
  const lasting = (step: Step) => !moment.expired || BEYOND_EXPIRY.has(step.kind)
  return {
    steps: [...urgent, ...steps].filter(lasting),
    waiting,
    changesAt: times.length === 0 ? undefined : Math.min(...times),
  }
}

/** What is next for one model. */
class ModelPlan {
  readonly #name: string
  readonly #state: CurrentModel
  readonly #current: CurrentState
  readonly #desired: DesiredState
  readonly #refused: (sha256: string) => boolean

  constructor(name: string, current: CurrentState, desired: DesiredState, refused: (sha256: string) => boolean) {
    this.#name = name
    this.#state = current.models[name] ?? { serving: null, kept: [], soak: null, candidate: null, shadow: null }
    this.#current = current
    this.#desired = desired
    this.#refused = refused
  }

  /** Undefined where no version is on probation, or none is there to go back to. */
  soakVerdict() {
    const { serving, soak } = this.#state
    if (!soak || !serving || !same(serving, soak) || !this.#fallback()) return undefined
    return judgeSoak(soak, this.#desired.update)
  }

  /** Whether a step waits for the shop's hour: what changes a version that serves, or loads the line for it. */
  isHeld({ kind }: Step): boolean {
    return this.#state.serving !== null && (kind === 'fetch' || kind === 'activate' || kind === 'shadow')
  }

  /** To keep the shop's forecasts, ahead of everything that is new. */
  urgentStep(): Step | undefined {
    const { serving, kept, soak } = this.#state
    if (this.#desired.models[this.#name] === undefined) return undefined
    if (serving === null) {
      const back = kept.find((version) => this.#usable(version))
      return back && this.#step('resume', back)
    }
    const verdict = this.soakVerdict()
    const to = this.#fallback()
    if (verdict?.state === 'broken' && soak && to) {
      const { code, message } = verdict
      return { ...this.#step('roll-back', soak), to, code, message }
    }
    const over = soak && same(serving, soak) && (verdict === undefined || verdict.state === 'passed')
    return over ? this.#step('commit', soak) : undefined
  }

  /** Towards the version and the candidate that are desired. */
  steps(): (Step | undefined)[] {
    const target = this.#desired.models[this.#name]
    if (target === undefined) return [{ kind: 'remove-model', subject: `model:${this.#name}`, model: this.#name }]
    if (this.urgentStep() !== undefined) return []
    const ending = this.#endShadow(target.candidate)
    if (ending) return [ending]
    const { serving } = this.#state
    const version = { version: target.version, sha256: target.bundle.sha256 }
    const isThere = serving !== null && same(serving, version)
    return [isThere ? undefined : this.#towards('activate', target), this.#candidateStep(target.candidate)]
  }

  #candidateStep(target: ModelTarget | undefined): Step | undefined {
    const { serving, candidate, shadow } = this.#state
    if (target === undefined) return undefined
    const version = { version: target.version, sha256: target.bundle.sha256 }
    // Against itself, or where nothing serves, there is nothing to compare.
    if (serving === null || same(serving, version)) return undefined
    if (shadow !== null && same(shadow, version)) return undefined
    if (candidate !== null && same(candidate, version) && this.#usable(version)) {
      return this.#step('resume-shadow', version)
    }
    return this.#towards('shadow', target)
  }

  /** Before another one comes: two hosts are enough. */
  #endShadow(target: ModelTarget | undefined): Step | undefined {
    const { serving, candidate, shadow } = this.#state
    const held = shadow ?? candidate
    if (held === null) return undefined
    const version = target && { version: target.version, sha256: target.bundle.sha256 }
    const compares = serving !== null && version && !same(serving, version)
    const stays = compares && same(held, version) && !this.#refused(version.sha256)
    return stays ? undefined : { kind: 'end-shadow', subject: `candidate:${this.#name}`, model: this.#name }
  }

  /** The first of the steps that a version has not passed. */
  #towards(last: 'activate' | 'shadow', { version, bundle }: ModelTarget): Step | undefined {
    const { sha256, bytes } = bundle
    if (this.#refused(sha256)) return undefined
    const subject: Subject = last === 'activate' ? `model:${this.#name}` : `candidate:${this.#name}`
    if (!this.#current.stored.has(sha256)) return { kind: 'fetch', subject, ref: bundle }
    const key = { version, sha256 }
    const checks = this.#current.checks.get(checksKey(this.#name, key))
    if (checks?.approvedUnder !== this.#desired.generation) {
      return { ...this.#step('verify', key, subject), bytes }
    }
    if (!checks.staged) return this.#step('stage', key, subject)
    if (!checks.golden) return this.#step('golden', key, subject)
    return this.#step(last, key, subject)
  }

  #fallback(): ModelVersion | undefined {
    const { serving, kept } = this.#state
    return kept.find((version) => !(serving && version.sha256 === serving.sha256) && this.#usable(version))
  }

  #usable({ sha256 }: ModelVersion): boolean {
    return this.#current.stored.has(sha256) && !this.#refused(sha256)
  }

  #step<Kind extends string>(
    kind: Kind,
    { version, sha256 }: ModelVersion,
    subject: Subject = kind === 'resume-shadow' ? `candidate:${this.#name}` : `model:${this.#name}`,
  ): VersionStep<Kind> {
    return { kind, subject, model: this.#name, version, sha256 }
  }
}

const same = (a: ModelVersion, b: ModelVersion): boolean => a.sha256 === b.sha256 && a.version === b.version

/** Digests that must stay on disk, or may be on their way there: what serves, what could again, what is desired. */
function neededObjects(current: CurrentState, desired: DesiredState): ReadonlySet<string> {
  const needed = new Set<string>(Object.values(current.documents))
  for (const ref of Object.values(desired.documents)) needed.add(ref.sha256)
  for (const { bundle, candidate } of Object.values(desired.models)) {
    needed.add(bundle.sha256)
    if (candidate) needed.add(candidate.bundle.sha256)
  }
  for (const { serving, kept, candidate, shadow } of Object.values(current.models)) {
    for (const version of [...kept, serving, candidate, shadow]) if (version) needed.add(version.sha256)
  }
  return needed
}
