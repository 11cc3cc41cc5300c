import { randomUUID } from 'node:crypto'
import type { DesiredState, EventRecord, ReportedState } from '@storecast/shared/contracts'
import type { Tracing } from '@storecast/shared/tracing'
import type { ModelFailure, ModelRun } from '../inference/index.ts'
import { type Backoff, type BackoffOptions, fullJitter } from '../platform/backoff.ts'
import type { Clock } from '../platform/clock.ts'
import type { Connection } from '../platform/database.ts'
import type { eventProcedures } from '../platform/events.ts'
import type { Logger } from '../platform/logger.ts'
import type { Writer } from '../platform/writer.ts'
import { RefusedUpdateError, TransientUpdateError } from './errors.ts'
import { type CurrentModel, type CurrentState, type ModelVersion, plan, type Step, type Subject } from './plan.ts'
import { Probation } from './probation.ts'
import { buildReport } from './report.ts'
import type { StepEnd, UpdateProcedures } from './state.ts'
import { execute, type StepContext, type StepTools, stepExecutors } from './steps.ts'
import {
  type Failure,
  type ModelState,
  readChecks,
  readDesired,
  readDesiredSince,
  readDocuments,
  readModels,
  readRefused,
  timesInterrupted,
} from './tables.ts'

export interface ReconcilerOptions extends StepTools {
  readonly writer: Writer<UpdateProcedures & typeof eventProcedures>
  /** Sees what the writer has committed. */
  readonly reader: Connection
  readonly clock: Clock
  /** Real time as far as it can be trusted, unix milliseconds: desired states expire by it. */
  readonly trustNow: () => number
  readonly log: Logger
  readonly agentVersion: string
  readonly device: string
  /** The shop's. */
  readonly timeZone: () => string
  /** Between attempts at a step that failed for a passing reason, in real milliseconds. */
  readonly backoff: BackoffOptions
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing
}

/** Something worth an event: a version that failed, one that serves. */
type UpdateEvent = Omit<EventRecord, 'id' | 'at'>

/** A version during whose step the whole agent went down this often in a row is given up. */
const MOST_INTERRUPTIONS = 3
const DANGEROUS: ReadonlySet<Step['kind']> = new Set(['golden', 'shadow', 'resume-shadow', 'activate'])
/** How a version on probation does is written down at least this often, in real milliseconds. */
const SOAK_NOTED_MS = 30_000

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
  readonly #probation = new Probation()
  readonly #listening = new DisposableStack()
  #wake = Promise.withResolvers<void>()
  /** Whether something came since the round began. */
  #isWoken = false
  /** Generation of the newest desired state that this process took in. */
  #newest = 0
  #step: { readonly kind: Step['kind']; readonly generation: number; readonly stop: AbortController } | undefined
  /** Subjects that wait for their hour, as of the last plan. */
  #held: ReadonlySet<Subject> = new Set()
  #running: Promise<void> = Promise.resolve()
  /** The end of the last incident: they are kept in the order they came. */
  #incidents: Promise<void> = Promise.resolve()

  constructor(options: ReconcilerOptions) {
    this.#options = options
    this.#executors = stepExecutors(options)
  }

  /** Begins to reconcile: what served before a restart serves again first. */
  async start(): Promise<void> {
    const { writer, models, shadows, clock, log } = this.#options
    for (const { step, generation } of await writer.call('update.recover', { at: clock.now() })) {
      log.warn({ step: step.kind, subject: step.subject, generation }, 'the agent was killed during this step')
    }
    const inOrder = <T>(handle: (what: T) => Promise<void>) => {
      return (what: T) => {
        this.#incidents = this.#incidents
          .then(() => handle(what))
          .catch((err) => log.error({ err, what }, 'the failure of a model could not be kept'))
      }
    }
    this.#listening.use(models.onFailed(inOrder((failure) => this.#failed(failure))))
    this.#listening.use(shadows.onFailed(inOrder((failure) => this.#shadowFailed(failure))))
    this.#listening.use(models.onRun((run) => this.#ran(run)))
    this.#running = this.#run()
  }

  /** Takes a desired state in; one that is no later than the last is ignored, but for a later expiry. */
  async desire(desired: DesiredState): Promise<void> {
    const { writer, clock, log } = this.#options
    const kind = await writer.call('update.desire', { desired, at: clock.now() })
    if (kind === 'old') return
    if (kind === 'new') {
      log.info({ generation: desired.generation }, 'a desired state came')
      this.#waiting.clear()
      this.#newest = desired.generation
      // What runs may no longer be wanted; a download goes on where it stops. A step of this very state may have begun already.
      if (this.#step && this.#step.generation < desired.generation) this.#step.stop.abort()
    }
    this.#wakeUp()
  }

  /** What the device would report now; undefined before its first desired state. */
  reported(): ReportedState | undefined {
    const { reader, models, agentVersion } = this.#options
    const desired = readDesired(reader)
    if (desired === undefined) return undefined
    const tables = { documents: readDocuments(reader), models: readModels(reader) }
    return buildReport({ desired, ...tables, serving: models.versions(), waiting: this.#held, agentVersion })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening.dispose()
    this.#stop.abort()
    this.#step?.stop.abort()
    this.#wakeUp()
    await this.#running
    await this.#incidents
    await this.#noteSoaks(readModels(this.#options.reader))
  }

  async #run(): Promise<void> {
    const { log, backoff } = this.#options
    const trouble = fullJitter(backoff)
    while (!this.#stop.signal.aborted) {
      this.#wake = Promise.withResolvers<void>()
      this.#isWoken = false
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
    const { reader, clock, device, timeZone, trustNow } = this.#options
    const since = readDesiredSince(reader)
    if (since === undefined) return this.#rest()
    const { desired, at: desiredAt } = since
    const current = await this.#current()
    const moment = { now: clock.now(), desiredAt, timeZone: timeZone(), device }
    const expired = trustNow() >= desired.expires * 1000
    const { steps, waiting, changesAt } = plan(current, desired, { ...moment, expired })
    // At once: time goes on while the report is written.
    const onTime = () => this.#interrupt()
    using _ = changesAt === undefined ? undefined : clock.after(Math.max(1, changesAt - clock.now()), onTime)
    this.#held = waiting
    const isDue = ({ subject }: Step) => (this.#waiting.get(subject)?.due ?? 0) <= performance.now()
    const step = steps.find(isDue)
    // What served before the start is on its way back: nothing new to say.
    if (step?.kind !== 'resume') await this.#report()
    if (changesAt !== undefined && clock.now() >= changesAt) return
    if (step === undefined) await this.#rest()
    else if (!this.#isOvertaken(step, desired)) await this.#take(step, { desired, current })
  }

  /** Whether what came since the step was planned, while the report was written, goes before it: it could not stop the step. */
  #isOvertaken({ kind }: Step, { generation }: DesiredState): boolean {
    return this.#stop.signal.aborted || generation < this.#newest || (kind === 'fetch' && this.#isWoken)
  }

  async #current(): Promise<CurrentState> {
    const { reader, store, models, shadows } = this.#options
    await this.#noteSoaks(readModels(reader))
    this.#watchSoaks()
    const serving = models.versions()
    const inShadow = shadows.versions()
    const current = ([name, { kept, soak, candidate }]: [string, ModelState]): [string, CurrentModel] => {
      const accepted = candidate?.accepted ? { version: candidate.version, sha256: candidate.sha256 } : null
      const shadow = inShadow.has(name) && candidate?.version === inShadow.get(name) ? accepted : null
      return [name, { serving: servingOf(kept, serving.get(name)), kept, soak, candidate: accepted, shadow }]
    }
    const states = Object.entries(readModels(reader))
    return {
      documents: readDocuments(reader),
      models: Object.fromEntries(states.map(current)),
      refused: readRefused(reader),
      checks: readChecks(reader),
      ...(await store.list()),
    }
  }

  /** From here on what versions on probation do is counted. */
  #watchSoaks(): void {
    const { reader, models, clock } = this.#options
    const serving = models.versions()
    const soaking = Object.entries(readModels(reader)).flatMap(([name, { kept, soak }]) =>
      soak && servingOf(kept, serving.get(name))?.sha256 === soak.sha256 ? [[name, soak] as const] : [],
    )
    this.#probation.watch(new Map(soaking), clock.now())
  }

  /** Adds what versions on probation have done to what is known of them. */
  async #noteSoaks(states: Readonly<Record<string, ModelState>>): Promise<void> {
    const { writer, clock } = this.#options
    const now = clock.now()
    for (const [model, more] of this.#probation.pending(now, (name) => states[name]?.soak ?? undefined)) {
      await writer.call('update.soaked', { model, more })
      this.#probation.noted(more, now)
    }
  }

  /** Until something is desired or fails, the next attempt is due (by `performance.now()`), or a soak is to be noted. */
  async #rest(until = this.#nextLook()): Promise<void> {
    const timer = Number.isFinite(until)
      ? setTimeout(() => this.#wakeUp(), Math.max(1, until - performance.now()))
      : undefined
    await this.#wake.promise
    clearTimeout(timer)
  }

  #nextLook(): number {
    const due = Math.min(...[...this.#waiting.values()].map(({ due }) => due))
    return this.#probation.isEmpty ? due : Math.min(due, performance.now() + SOAK_NOTED_MS)
  }

  async #take(step: Step, { desired, current }: Omit<StepContext, 'signal'>): Promise<void> {
    const { writer, clock, log } = this.#options
    const { generation } = desired
    const stop = new AbortController()
    this.#step = { kind: step.kind, generation, stop }
    const id = await writer.call('update.begin', { generation, step, at: clock.now() })
    if (step.kind !== 'resume') await this.#report()
    // It answers from the switch on, which comes before the note that its probation began.
    if (step.kind === 'activate' || step.kind === 'resume') this.#probation.expect(step.model, step)
    const end = await this.#traced(step, { desired, current, signal: stop.signal })
    const event = eventOf(step, end)
    const told = event && this.#dated(event)
    await writer.call('update.finish', { id, generation, step, at: clock.now(), end, ...(told && { event: told }) })
    this.#watchSoaks()
    this.#step = undefined
    if (end.outcome === 'done') this.#waiting.delete(step.subject)
    if (!('failure' in end)) return
    log.warn({ step: step.kind, subject: step.subject, outcome: end.outcome, ...end.failure }, 'a step failed')
    if (end.outcome === 'retry') this.#postpone(step.subject)
  }

  /** A step as part of what desired it; what only takes up again what served is none. */
  async #traced(step: Step, context: StepContext): Promise<StepEnd> {
    const { tracing } = this.#options
    if (!tracing || step.kind === 'resume') return this.#execute(step, context)
    const { traceparent, generation } = context.desired
    const attributes = { 'storecast.subject': step.subject, 'storecast.generation': generation }
    return tracing.run(`storecast.update.${step.kind}`, { parent: traceparent, attributes }, async (span) => {
      const end = await this.#execute(step, context)
      if ('failure' in end) span.end(end.failure.message)
      return end
    })
  }

  async #execute(step: Step, context: StepContext): Promise<StepEnd> {
    const { reader, log } = this.#options
    try {
      const { generation } = context.desired
      if (
        this.#isDangerous(step, context.current) &&
        timesInterrupted(reader, step, generation) >= MOST_INTERRUPTIONS
      ) {
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

  /** Whether a version that is not trusted yet could be what takes the agent down. */
  #isDangerous(step: Step, { models }: CurrentState): boolean {
    if (step.kind === 'resume') return models[step.model]?.soak?.sha256 === step.sha256
    return DANGEROUS.has(step.kind)
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
    const { reader, writer, store, clock } = this.#options
    const generation = readDesired(reader)?.generation ?? 0
    const failure = { code, message: `${model} v${version} failed while it served: ${message}` }
    const detail = { model, version, code }
    const event = this.#dated({ severity: 'error', code: 'model-failed', message: failure.message, detail })
    // Bytes that went bad on this disk are no fault of the version: it is fetched again.
    if (await store.isWhole(sha256)) {
      await writer.call('update.failed', { model, sha256, generation, at: clock.now(), failure, event })
    } else await writer.call('events.record', event)
    this.#interrupt()
  }

  async #shadowFailed({ model, version, sha256, code, message }: ModelFailure): Promise<void> {
    const { reader, writer, clock } = this.#options
    const generation = readDesired(reader)?.generation ?? 0
    const failure = { code, message: `${model} v${version} failed in shadow: ${message}` }
    const detail = { candidate: model, version, code }
    const event = this.#dated({ severity: 'error', code: 'candidate-failed', message: failure.message, detail })
    await writer.call('update.shadow-failed', { model, sha256, generation, at: clock.now(), failure, event })
    this.#interrupt()
  }

  #dated(event: UpdateEvent): EventRecord {
    return { id: randomUUID(), at: this.#options.clock.now(), ...event }
  }

  #ran(run: ModelRun): void {
    if (this.#probation.isEmpty) return
    if (this.#probation.note(run, readDesired(this.#options.reader)?.update)) this.#interrupt()
  }

  /** What happened, or came due, may go first: a download that is under way makes room, and goes on where it stopped. */
  #interrupt(): void {
    if (this.#step?.kind === 'fetch') this.#step.stop.abort()
    this.#wakeUp()
  }

  #wakeUp(): void {
    this.#isWoken = true
    this.#wake.resolve()
  }
}

const servingOf = (kept: readonly ModelVersion[], version: number | undefined): ModelVersion | null =>
  kept.find((one) => one.version === version) ?? null

function eventOf(step: Step, end: StepEnd): UpdateEvent | undefined {
  if (end.outcome === 'refused') return failureEvent(step, end.failure)
  return end.outcome === 'done' && step.kind === 'roll-back' ? rollBackEvent(step) : undefined
}

const rollBackEvent = ({ model, version, to, code, message }: Step & { kind: 'roll-back' }): UpdateEvent => ({
  severity: 'error',
  code: 'model-failed',
  message: `${message}; version ${to.version} serves again`,
  detail: { model, version, code },
})

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
