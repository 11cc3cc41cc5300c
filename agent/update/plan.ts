import type { DesiredState, DocumentKind, ObjectRef } from '@storecast/shared/contracts'

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
}

/** What a step is about; steps about one subject follow each other, those about different ones need not. */
export type Subject = `document:${DocumentKind}` | `model:${string}` | 'disk'

export type Step =
  | { readonly kind: 'fetch'; readonly subject: Subject; readonly ref: ObjectRef }
  | {
      readonly kind: 'apply-document'
      readonly subject: Subject
      readonly document: DocumentKind
      readonly sha256: string
    }
  | {
      readonly kind: 'activate'
      readonly subject: Subject
      readonly model: string
      readonly version: number
      readonly sha256: string
    }
  | {
      /** Nothing serves: let a version serve that has served before. */
      readonly kind: 'resume'
      readonly subject: Subject
      readonly model: string
      readonly version: number
      readonly sha256: string
    }
  | { readonly kind: 'remove-model'; readonly subject: Subject; readonly model: string }
  | { readonly kind: 'discard'; readonly subject: 'disk'; readonly sha256s: readonly string[] }

/** Sensors first: the catalogue's products are measured by them, and models read both. */
const documentOrder = ['sensors', 'catalogue', 'covariates'] as const satisfies readonly DocumentKind[]

/**
 * The next step of every subject that differs from what is desired, most fundamental first. Running any one of them and
 * planning again ends in no steps at all, or in steps that keep failing for a passing reason.
 *
 * - What failed for good under this generation is left alone.
 * - A document that is no longer desired stays in force: it is replaced, never unlearned.
 * - Bytes are discarded once nothing serves, nothing could fall back on, and nobody desires them.
 */
export function plan(current: CurrentState, desired: DesiredState): readonly Step[] {
  const refused = (sha256: string) => (current.refused.get(sha256) ?? 0) >= desired.generation
  const steps: Step[] = []

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
  for (const model of [...names].sort()) {
    const step = modelStep(model, current, desired, refused)
    // What served before the start serves before anything is fetched: the network may be away.
    if (step?.kind === 'resume') steps.unshift(step)
    else if (step !== undefined) steps.push(step)
  }

  const needed = neededObjects(current, desired)
  const unneeded = [...new Set([...current.stored, ...current.partial])].filter((sha256) => !needed.has(sha256)).sort()
  if (unneeded.length > 0) steps.push({ kind: 'discard', subject: 'disk', sha256s: unneeded })
  return steps
}

function modelStep(
  model: string,
  current: CurrentState,
  desired: DesiredState,
  refused: (sha256: string) => boolean,
): Step | undefined {
  const subject = `model:${model}` as const
  const target = desired.models[model]
  if (target === undefined) return { kind: 'remove-model', subject, model }
  const { serving, kept } = current.models[model] ?? { serving: null, kept: [] }
  const usable = ({ sha256 }: ModelVersion) => current.stored.has(sha256) && !refused(sha256)
  if (serving === null) {
    const back = kept.find(usable)
    if (back !== undefined) return { kind: 'resume', subject, model, ...back }
  }
  const { version, bundle } = target
  if (refused(bundle.sha256)) return undefined
  if (!current.stored.has(bundle.sha256)) return { kind: 'fetch', subject, ref: bundle }
  if (serving?.sha256 === bundle.sha256 && serving.version === version) return undefined
  return { kind: 'activate', subject, model, version, sha256: bundle.sha256 }
}

/** Digests that must stay on disk, or may be on their way there: what serves, what could again, what is desired. */
function neededObjects(current: CurrentState, desired: DesiredState): ReadonlySet<string> {
  const needed = new Set<string>(Object.values(current.documents))
  for (const ref of Object.values(desired.documents)) needed.add(ref.sha256)
  for (const { bundle } of Object.values(desired.models)) needed.add(bundle.sha256)
  for (const { serving, kept } of Object.values(current.models)) {
    for (const { sha256 } of kept) needed.add(sha256)
    if (serving !== null) needed.add(serving.sha256)
  }
  return needed
}
