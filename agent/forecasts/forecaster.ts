import { randomUUID } from 'node:crypto'
import { FeaturesNotReady } from '../features/index.ts'
import { InferenceError, type InferenceErrorCode, type Models } from '../inference/index.ts'
import type { eventProcedures } from '../platform/events.ts'
import { Listeners } from '../platform/listeners.ts'
import type { Logger } from '../platform/logger.ts'
import type { Writer } from '../platform/writer.ts'
import type { Windows } from '../windows/index.ts'
import { type CronSchedule, cronSchedule } from './cron.ts'
import { DemandForecasts, type ForecastTools } from './demand-forecast.ts'
import type { FinishRun, forecastProcedures } from './procedures.ts'
import { lastRun } from './runs.ts'
import { ScheduledModel } from './scheduled-model.ts'
import { forecastSequence } from './sequence-forecast.ts'
import { ShadowForecasts } from './shadow.ts'

export interface ForecasterOptions extends ForecastTools {
  readonly writer: Writer<typeof forecastProcedures & typeof eventProcedures>
  readonly models: Pick<Models, 'serving' | 'versions' | 'onChanged'>
  /** Candidates; none where it is not given. */
  readonly shadows?: Pick<Models, 'current' | 'onRun'>
  readonly windows: Pick<Windows, 'closeUntil'>
  readonly log: Logger
}

/** Forecasts stay on the device this long, in store time. */
const KEPT_MS = 120 * 86_400_000
/** A run that a dying host or a switch of versions spoiled is begun again at once, this often. */
const ATTEMPTS = 4
const PASSING: ReadonlySet<InferenceErrorCode> = new Set(['host-ended', 'timeout', 'superseded', 'busy'])

/** Makes the forecasts of every model that serves, each by its own schedule in the site's time zone. */
export class Forecaster implements AsyncDisposable {
  readonly #options: ForecasterOptions
  readonly #scheduled = new Map<string, ScheduledModel>()
  readonly #demand = new Map<string, DemandForecasts>()
  readonly #crons = new Map<string, { readonly key: string; readonly cron: CronSchedule }>()
  /** The issue time for which a model's failure has been told. */
  readonly #told = new Map<string, number>()
  readonly #onRun = new Listeners<FinishRun>()
  readonly #onScored = new Listeners<string>()
  readonly #listening = new DisposableStack()
  readonly #shadow: ShadowForecasts | undefined

  constructor(options: ForecasterOptions) {
    this.#options = options
    const { shadows } = options
    this.#shadow = shadows && this.#listening.use(new ShadowForecasts({ ...options, shadows }))
  }

  /** Drops what a run that was cut short left behind, then keeps to the schedules. */
  async start(): Promise<void> {
    const { writer, models, features } = this.#options
    await writer.call('forecasts.discard', null)
    await writer.call('shadow.discard', null)
    this.#listening.use(models.onChanged(() => this.#reschedule()))
    this.#listening.use(features.onApplied(() => this.#reschedule()))
    this.#reschedule()
  }

  /** Tells of a run once its forecasts are durable. */
  onRun(listener: (run: FinishRun) => void): Disposable {
    return this.#onRun.add(listener)
  }

  /** Tells a model's name once what came of its earlier forecasts is durable, as far as it is known. */
  onScored(listener: (model: string) => void): Disposable {
    return this.#onScored.add(listener)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening.dispose()
    await Promise.all([...this.#scheduled.values()].map((scheduled) => scheduled[Symbol.asyncDispose]()))
  }

  #reschedule(): void {
    const { models, clock, db } = this.#options
    for (const model of models.versions().keys()) {
      const scheduled = this.#scheduled.get(model)
      if (scheduled) scheduled.wake()
      else {
        this.#scheduled.set(
          model,
          new ScheduledModel({
            clock,
            plan: () => this.#plan(model),
            last: () => lastRun(db, model)?.issuedAt,
            run: (issuedAt) => this.#run(model, issuedAt),
            onError: (err) => this.#options.log.warn({ err, model }, 'a forecast is put off and tried again'),
          }),
        )
      }
    }
  }

  /** Undefined while the model does not serve, or the site is not known. */
  async #plan(name: string): Promise<CronSchedule | undefined> {
    const { models, features } = this.#options
    const model = await models.serving(name)
    const timeZone = features.timeZone()
    if (!model || timeZone === undefined) return undefined
    const { schedule } = model.manifest.definition.spec
    const key = `${schedule} ${timeZone}`
    const known = this.#crons.get(name)
    if (known?.key === key) return known.cron
    const cron = cronSchedule(schedule, timeZone)
    this.#crons.set(name, { key, cron })
    return cron
  }

  async #run(name: string, issuedAt: number): Promise<void> {
    const { windows, writer, clock } = this.#options
    await windows.closeUntil(issuedAt)
    for (let attempt = 1; ; attempt++) {
      try {
        const run = await this.#attempt(name, issuedAt)
        if (run) this.#onRun.tell(run)
        if (run) this.#shadow?.follow(run)
        break
      } catch (error) {
        await writer.call('forecasts.discard', name)
        if (attempt < ATTEMPTS && error instanceof InferenceError && PASSING.has(error.code)) continue
        await this.#tellFailure(name, issuedAt, error)
        throw error
      }
    }
    await this.#demand.get(name)?.storeScores()
    this.#onScored.tell(name)
    await writer.call('forecasts.prune', clock.now() - KEPT_MS)
  }

  /** @returns undefined where no version serves any more */
  async #attempt(name: string, issuedAt: number): Promise<FinishRun | undefined> {
    const model = await this.#options.models.serving(name)
    if (!model) return undefined
    const beside = () => this.#shadow?.prepare(name, issuedAt)
    if (model.manifest.definition.spec.view.kind === 'sequence') {
      beside()
      return forecastSequence(this.#options, model, issuedAt)
    }
    let demand = this.#demand.get(name)
    if (!demand) {
      demand = new DemandForecasts(this.#options)
      this.#demand.set(name, demand)
    }
    return demand.run(model, issuedAt, beside)
  }

  /** Once a run: it is tried again until it succeeds or the next one is due. */
  async #tellFailure(model: string, issuedAt: number, error: unknown): Promise<void> {
    if (this.#told.get(model) === issuedAt || error instanceof FeaturesNotReady) return
    this.#told.set(model, issuedAt)
    const { writer, clock } = this.#options
    const { code = 'failed', message = String(error) } = error as { code?: string; message?: string }
    await writer.call('events.record', {
      id: randomUUID(),
      at: clock.now(),
      severity: 'error',
      code: 'forecast-failed',
      message: `No forecast of ${model} for ${new Date(issuedAt).toISOString()}: ${message}`.slice(0, 500),
      detail: { model, issuedAt, reason: code },
    })
  }
}
