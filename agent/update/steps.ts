import { type DesiredState, type ObjectRef, SiteDocument } from '@storecast/shared/contracts'
import { ModelRejected, type Models } from '../inference/index.ts'
import { RefusedUpdateError, TransientUpdateError } from './errors.ts'
import type { ObjectStore } from './objects.ts'
import type { CurrentState, ModelVersion, Step } from './plan.ts'
import type { Change } from './state.ts'

/** The side of the model hosts that updates drive. */
export type ModelSwitch = Pick<Models, 'activate' | 'remove' | 'versions' | 'onFailed'>

export interface StepTools {
  readonly store: ObjectStore
  readonly models: ModelSwitch
  /** Fetches one object into the store. */
  readonly fetch: (options: { api: string; ref: ObjectRef; signal: AbortSignal }) => Promise<void>
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
export function stepExecutors({ store, models, fetch, applyDocument }: StepTools): Executors {
  const serve = async ({ model, version, sha256 }: ModelVersion & { model: string }) => {
    try {
      await models.activate({ model, version, path: store.path(sha256), sha256 })
    } catch (error) {
      if (!(error instanceof ModelRejected)) throw error
      const message = `${model} v${version}: ${error.message}`
      if (await store.isWhole(sha256)) throw new RefusedUpdateError(error.code, message, { cause: error })
      throw new TransientUpdateError('object-corrupt', `${message}; fetched again`, { cause: error })
    }
  }
  return {
    async fetch({ ref }, { desired, signal }) {
      await fetch({ api: desired.api, ref, signal })
      return undefined
    },

    async 'apply-document'({ document, sha256 }) {
      const found = await readDocument(store, sha256)
      if (found.kind !== document) {
        throw new RefusedUpdateError('wrong-document', `asked for a ${document}, this is a ${found.kind} document`)
      }
      await applyDocument(found)
      return { kind: 'document', document, sha256 }
    },

    async activate({ model, version, sha256 }) {
      await serve({ model, version, sha256 })
      return { kind: 'activated', model, to: { version, sha256 } }
    },

    async resume({ model, version, sha256 }) {
      await serve({ model, version, sha256 })
      return undefined
    },

    async 'remove-model'({ model }) {
      await models.remove(model)
      return { kind: 'removed', model }
    },

    async discard({ sha256s }) {
      for (const sha256 of sha256s) await store.remove(sha256)
      return undefined
    },
  }
}

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
