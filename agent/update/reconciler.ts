import type { DesiredState, ReportedState } from '@storecast/shared/contracts'
import type { ModelFailure } from '../inference/index.ts'
import { type Backoff, type BackoffOptions, fullJitter } from '../platform/backoff.ts'
import type { Clock } from '../platform/clock.ts'
import type { Connection } from '../platform/database.ts'
import type { Logger } from '../platform/logger.ts'
import type { Writer } from '../platform/writer.ts'
import { RefusedUpdateError, TransientUpdateError } from './errors.ts'
import { type CurrentModel, plan, type Step, type Subject } from './plan.ts'
import { buildReport } from './report.ts'
import {
  type Failure,
  readDesired,
  readDocuments,
  readModels,
  readRefused,
  type StepEnd,
  timesInterrupted,
  type UpdateProcedures,
} from './state.ts'
import { execute, type StepContext, type StepTools, stepExecutors } from './steps.ts'

export interface ReconcilerOptions extends StepTools {
  readonly writer: Writer<UpdateProcedures>
  /** Sees what the writer has committed. */
  readonly reader: Connection
  readonly clock: Clock
  readonly log: Logger
  readonly agentVersion: string
  /** Between attempts at a step that failed for a passing reason, in real milliseconds. */
  readonly backoff: BackoffOptions
  /** Something worth an event: a version that failed, one that serves. */
  readonly tell: (event: UpdateEvent) => Promise<void>
}

export interface UpdateEvent {
  readonly severity: 'info' | 'error'
  readonly code: string
  readonly message: string
  readonly detail: Readonly<Record<string, string | number>>
}

/** A version whose activation took the whole agent down this often in a row is given up. */
const MOST_INTERRUPTIONS = 3

/**
 * Brings the device to its desired state, one journalled step at a time: read what is, plan, do the first step that is not
 * waiting for its next attempt, and again until no step is left. A version that fails leaves the one before it serving.
 */
export class Reconciler implements AsyncDisposable {
  readonly #options: ReconcilerOptions
  readonly #executors: ReturnType<typeof stepExecutors>
  readonly #stop = new AbortController()
  /** Subjects whose last step failed, and when (by `performance.now()`) the next attempt is due. */
  readonly #waiting = new Map<Subject, { readonly backoff: Backoff; due: number }>()
  #wake = Promise.withResolvers<void>()
  #step: AbortController | undefined
  #listening: Disposable | undefined
  #running: Promise<void> = Promise.resolve()
  /** The end of the last incident: they are kept in the order they came. */
  #incidents: Promise<void> = Promise.resolve()

  constructor(options: ReconcilerOptions) {
    this.#options = options
    this.#executors = stepExecutors(options)
  }

  /** Begins to reconcile: what served before a restart serves again first. */
  async start(): Promise<void> {
    const { writer, models, clock, log } = this.#options
    for (const { step, generation } of await writer.call('update.recover', { at: clock.now() })) {
      log.warn({ step: step.kind, subject: step.subject, generation }, 'the agent was killed during this step')
    }
    this.#listening = models.onFailed((failure) => {
      this.#incidents = this.#incidents
        .then(() => this.#failed(failure))
        .catch((err) => log.error({ err, failure }, 'the failure of a model could not be kept'))
    })
    this.#running = this.#run()
  }

  /** Takes a desired state in; one that is no later than the last is ignored. */
  async desire(desired: DesiredState): Promise<void> {
    if (!(await this.#options.writer.call('update.desire', { desired, at: this.#options.clock.now() }))) return
    this.#options.log.info({ generation: desired.generation }, 'a desired state came')
    this.#waiting.clear()
    // What runs may no longer be wanted; a download goes on where it stops.
    this.#step?.abort()
    this.#wake.resolve()
  }

  /** What the device would report now; undefined before its first desired state. */
  reported(): ReportedState | undefined {
    const { reader, models, agentVersion } = this.#options
    const desired = readDesired(reader)
    if (desired === undefined) return undefined
    const tables = { documents: readDocuments(reader), models: readModels(reader) }
    return buildReport({ desired, ...tables, serving: models.versions(), agentVersion })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening?.[Symbol.dispose]()
    this.#stop.abort()
    this.#step?.abort()
    this.#wake.resolve()
    await this.#running
    await this.#incidents
  }

  async #run(): Promise<void> {
    const { log, backoff } = this.#options
    const trouble = fullJitter(backoff)
    while (!this.#stop.signal.aborted) {
      this.#wake = Promise.withResolvers<void>()
      try {
        await this.#round()
        trouble.reset()
      } catch (error) {
        // The journal itself does not take what happens (a full disk): nothing is done that could not be noted.
        log.error({ err: error }, 'reconciling failed; it goes on after a while')
        await this.#rest(performance.now() + trouble.next())
      }
    }
  }

  async #round(): Promise<void> {
    const { reader, store } = this.#options
    const desired = readDesired(reader)
    if (desired === undefined) return this.#rest()
    const models = this.#currentModels()
    const current = { documents: readDocuments(reader), models, refused: readRefused(reader), ...(await store.list()) }
    const isDue = ({ subject }: Step) => (this.#waiting.get(subject)?.due ?? 0) <= performance.now()
    const step = plan(current, desired).find(isDue)
    // What served before the start is on its way back: nothing new to say.
    if (step?.kind !== 'resume') await this.#report()
    if (step === undefined) await this.#rest()
    else await this.#take(step, { desired, current })
  }

  #currentModels(): Record<string, CurrentModel> {
    const { reader, models } = this.#options
    const serving = models.versions()
    const states = Object.entries(readModels(reader))
    const current = ([name, { kept }]: (typeof states)[number]): [string, CurrentModel] => [
      name,
      { serving: kept.find(({ version }) => version === serving.get(name)) ?? null, kept },
    ]
    return Object.fromEntries(states.map(current))
  }

  /** Until something is desired or fails, or the next attempt is due (by `performance.now()`). */
  async #rest(until = Math.min(...[...this.#waiting.values()].map(({ due }) => due))): Promise<void> {
    const wake = () => this.#wake.resolve()
    const timer = Number.isFinite(until) ? setTimeout(wake, Math.max(1, until - performance.now())) : undefined
    await this.#wake.promise
    clearTimeout(timer)
  }

  async #take(step: Step, { desired, current }: Omit<StepContext, 'signal'>): Promise<void> {
    const { writer, clock, log } = this.#options
    const { generation } = desired
    this.#step = new AbortController()
    const id = await writer.call('update.begin', { generation, step, at: clock.now() })
    if (step.kind !== 'resume') await this.#report()
    const end = await this.#execute(step, { desired, current, signal: this.#step.signal })
    await writer.call('update.finish', { id, generation, step, at: clock.now(), end })
    if (end.outcome === 'done') this.#waiting.delete(step.subject)
    if (!('failure' in end)) return
    log.warn({ step: step.kind, subject: step.subject, outcome: end.outcome, ...end.failure }, 'a step failed')
    if (end.outcome === 'retry') this.#postpone(step.subject)
    else await this.#options.tell(failureEvent(step, end.failure))
  }

  async #execute(step: Step, context: StepContext): Promise<StepEnd> {
    const { reader, log } = this.#options
    try {
      const { generation } = context.desired
      if (step.kind === 'activate' && timesInterrupted(reader, step, generation) >= MOST_INTERRUPTIONS) {
        throw new RefusedUpdateError('interrupted', `the agent was killed ${MOST_INTERRUPTIONS} times during this step`)
      }
      return { outcome: 'done', change: await execute(this.#executors, step, context) }
    } catch (error) {
      if (context.signal.aborted) return { outcome: 'stopped' }
      if (error instanceof RefusedUpdateError) return { outcome: 'refused', failure: failureOf(error) }
      if (!(error instanceof TransientUpdateError)) log.error({ err: error, step }, 'a step failed unexpectedly')
      return { outcome: 'retry', failure: failureOf(error) }
    }
  }

  #postpone(subject: Subject): void {
    const backoff = this.#waiting.get(subject)?.backoff ?? fullJitter(this.#options.backoff)
    this.#waiting.set(subject, { backoff, due: performance.now() + backoff.next() })
  }

  async #report(): Promise<void> {
    const reported = this.reported()
    if (reported !== undefined) await this.#options.writer.call('update.report', reported)
  }

  async #failed({ model, version, sha256, code, message }: ModelFailure): Promise<void> {
    const { reader, writer, store, clock, tell } = this.#options
    const generation = readDesired(reader)?.generation ?? 0
    const failure = { code, message: `${model} v${version} failed while it served: ${message}` }
    // Bytes that went bad on this disk are no fault of the version: it is fetched again.
    if (await store.isWhole(sha256)) {
      await writer.call('update.failed', { model, sha256, generation, at: clock.now(), failure })
    }
    await tell({ severity: 'error', code: 'model-failed', message: failure.message, detail: { model, version, code } })
    this.#wake.resolve()
  }
}

const failureOf = (error: unknown): Failure => {
  const { code, message } = error as { code?: unknown; message?: unknown }
  return { code: typeof code === 'string' ? code : 'unexpected', message: String(message ?? error) }
}

function failureEvent(step: Step, { code, message }: Failure): UpdateEvent {
  const [what, name] = step.subject.split(':') as [string, string?]
  return {
    severity: 'error',
    code: `${what}-failed`,
    message,
    detail: { ...(name ? { [what]: name } : {}), step: step.kind, code },
  }
}
