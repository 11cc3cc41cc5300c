import { type DesiredState, type ModelTarget, type ObjectRef, SiteDocument } from '@storecast/shared/contracts'
import { type BundleFile, ModelRejected, type Models } from '../inference/index.ts'
import { RefusedUpdateError, TransientUpdateError } from './errors.ts'
import type { ObjectStore } from './objects.ts'
import type { CurrentState, ModelVersion, Step } from './plan.ts'
import { soakMs } from './soak.ts'
import type { Change } from './state.ts'

/** The side of the model hosts that updates drive. */
export type ModelSwitch = Pick<
  Models,
  'activate' | 'revert' | 'rehearse' | 'remove' | 'versions' | 'onFailed' | 'onRun'
>
/** The same of those in shadow. */
export type ShadowSwitch = Pick<Models, 'activate' | 'remove' | 'versions' | 'onFailed'>

export interface FetchRequest {
  readonly api: string
  readonly ref: ObjectRef
  readonly signal: AbortSignal
  /** The desired state's limit, if it has one. */
  readonly bytesPerSecond: number | undefined
}

export interface ApprovalRequest extends ModelTarget {
  readonly model: string
}

export interface StepTools {
  readonly store: ObjectStore
  readonly models: ModelSwitch
  readonly shadows: ShadowSwitch
  /** Fetches one object into the store. */
  readonly fetch: (request: FetchRequest) => Promise<void>
  /**
   * Returns where enough of those whose signatures count have approved this version.
   * @throws RefusedUpdateError it is not approved, or withdrawn
   * @throws TransientUpdateError that cannot be told now
   */
  readonly requireApproved: (request: ApprovalRequest, signal: AbortSignal) => Promise<void>
  /** Puts a document in force. */
  readonly applyDocument: (document: SiteDocument) => Promise<void>
}

export interface StepContext {
  readonly desired: DesiredState
  readonly current: CurrentState
  readonly signal: AbortSignal
}

type Executors = {
  readonly [K in Step['kind']]: (step: Extract<Step, { kind: K }>, context: StepContext) => Promise<Change | undefined>
}

/** Products by the thousand, with their attributes and covariates. */
const LARGEST_DOCUMENT = 64 * 1024 * 1024

/** How each kind of step is done. A step may be done again from its beginning at any time: the last time may have been cut. */
export function stepExecutors(tools: StepTools): Executors {
  const { store, models, shadows, fetch, requireApproved, applyDocument } = tools
  /** Hands a version's bundle to a model host; what the host finds wrong with it is the step's end. */
  const hand = async ({ model, version, sha256 }: Named, to: (bundle: BundleFile) => Promise<void>) => {
    try {
      await to({ model, version, path: store.path(sha256), sha256 })
    } catch (error) {
      if (!(error instanceof ModelRejected)) throw error
      const message = `${model} v${version}: ${error.message}`
      if (await store.isWhole(sha256)) throw new RefusedUpdateError(error.code, message, { cause: error })
      throw new TransientUpdateError('object-corrupt', `${message}; fetched again`, { cause: error })
    }
  }
  const passed = (step: Named, check: 'approved' | 'staged' | 'golden'): Change => ({
    kind: 'passed',
    model: step.model,
    version: versionOf(step),
    check,
  })
  return {
    async fetch({ ref }, { desired, signal }) {
      await fetch({ api: desired.api, ref, signal, bytesPerSecond: desired.update?.bytesPerSecond })
      return undefined
    },

    async verify(step, { signal }) {
      const { model, version, sha256, bytes } = step
      await requireApproved({ model, version, bundle: { sha256, bytes } }, signal)
      return passed(step, 'approved')
    },

    async stage(step) {
      if (await store.isWhole(step.sha256)) return passed(step, 'staged')
      const what = `${step.model} v${step.version}: its bytes have changed on disk`
      throw new TransientUpdateError('object-corrupt', `${what}; fetched again`)
    },

    async golden(step) {
      await hand(step, (bundle) => models.rehearse(bundle))
      return passed(step, 'golden')
    },

    async shadow(step) {
      await hand(step, (bundle) => shadows.activate(bundle))
      return { kind: 'in-shadow', model: step.model, version: versionOf(step) }
    },

    async 'resume-shadow'(step) {
      await hand(step, (bundle) => shadows.activate(bundle))
      return undefined
    },

    async 'end-shadow'({ model }) {
      await shadows.remove(model)
      return { kind: 'shadow-ended', model }
    },

    async 'apply-document'({ document, sha256 }) {
      const found = await readDocument(store, sha256)
      if (found.kind !== document) {
        throw new RefusedUpdateError('wrong-document', `asked for a ${document}, this is a ${found.kind} document`)
      }
      await applyDocument(found)
      return { kind: 'document', document, sha256 }
    },

    async activate(step, { desired, current }) {
      await hand(step, (bundle) => models.activate(bundle))
      const { model } = step
      const hasFallback = current.models[model]?.kept.some(({ sha256 }) => sha256 !== step.sha256) ?? false
      return { kind: 'activated', model, to: versionOf(step), onProbation: hasFallback && soakMs(desired.update) > 0 }
    },

    async commit({ model }) {
      return { kind: 'committed', model }
    },

    async 'roll-back'({ model, to, code, message, ...from }) {
      await hand({ model, ...to }, (bundle) => models.revert(bundle))
      return { kind: 'rolled-back', model, from: versionOf(from), to, failure: { code, message } }
    },

    async resume(step) {
      await hand(step, (bundle) => models.activate(bundle))
      return undefined
    },

    async 'remove-model'({ model }) {
      await shadows.remove(model)
      await models.remove(model)
      return { kind: 'removed', model }
    },

    async discard({ sha256s }) {
      for (const sha256 of sha256s) await store.remove(sha256)
      return { kind: 'discarded', sha256s }
    },
  }
}

type Named = ModelVersion & { readonly model: string }

const versionOf = ({ version, sha256 }: ModelVersion): ModelVersion => ({ version, sha256 })

/** Runs a step's executor: TypeScript does not see that kind and executor belong together. */
export function execute(executors: Executors, step: Step, context: StepContext): Promise<Change | undefined> {
  const executor = executors[step.kind] as (step: Step, context: StepContext) => Promise<Change | undefined>
  return executor(step, context)
}

/** The one gate for documents. */
export async function readDocument(store: ObjectStore, sha256: string): Promise<SiteDocument> {
  const bytes = await store.read(sha256, LARGEST_DOCUMENT)
  if (bytes === undefined) {
    throw new TransientUpdateError('object-corrupt', `document ${sha256.slice(0, 12)} changed on disk; fetched again`)
  }
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new RefusedUpdateError('invalid-document', `document ${sha256.slice(0, 12)} is not JSON`, { cause })
  }
  const parsed = SiteDocument.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue?.path.join('.') || 'its root'
  throw new RefusedUpdateError('invalid-document', `document ${sha256.slice(0, 12)}: ${where}: ${issue?.message}`)
}
