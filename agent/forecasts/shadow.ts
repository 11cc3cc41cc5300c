import type { ModelRun, Models, ServingModel } from '../inference/index.ts'
import type { Logger } from '../platform/logger.ts'
import { DemandForecasts, type ForecastTools, type Prepared } from './demand-forecast.ts'
import type { FinishRun } from './procedures.ts'
import { forecastSequence } from './sequence-forecast.ts'
import { type ForecastStore, shadowForecasts } from './store.ts'

export interface ShadowOptions extends ForecastTools {
  /** The candidates. */
  readonly shadows: Pick<Models, 'current' | 'onRun'>
  /** What serves. */
  readonly models: Pick<Models, 'versions'>
  readonly log: Logger
}

/** One model's candidate. */
interface Candidate {
  readonly sha256: string
  readonly store: ForecastStore
  readonly demand: DemandForecasts
  /** What it forecasts next. */
  next: Tick | undefined
  isBusy: boolean
}

interface Tick {
  readonly model: ServingModel
  readonly issuedAt: number
  /** Taken in at the champion's tick; undefined: still to be taken in. */
  readonly inputs: Prepared | undefined
}

/**
 * Has candidates forecast at every tick of the version that serves, on the same inputs, and keeps what they said: nothing of
 * it is served or sent but the evidence that comes of it. The champion waits for none of it: inputs are taken in while its
 * host is at work, the candidate runs once the champion's forecasts are stored, and one that is still at its last run
 * misses a tick.
 */
export class ShadowForecasts implements Disposable {
  readonly #options: ShadowOptions
  readonly #candidates = new Map<string, Candidate>()
  readonly #listening: Disposable
  #isClosed = false

  constructor(options: ShadowOptions) {
    this.#options = options
    this.#listening = options.shadows.onRun((run) => this.#ran(run))
  }

  /** Takes in a candidate's inputs, at the moment that the champion's were. Never throws. */
  prepare(name: string, issuedAt: number): void {
    const model = this.#options.shadows.current(name)
    if (!model) {
      this.#candidates.delete(name)
      return
    }
    const candidate = this.#candidateOf(model)
    if (candidate.isBusy) return
    const { kind } = model.manifest.definition.spec.view
    try {
      const isWarm = kind === 'daily-demand' && candidate.demand.isWarm(model, issuedAt)
      candidate.next = { model, issuedAt, inputs: isWarm ? candidate.demand.prepare(model, issuedAt) : undefined }
    } catch (err) {
      this.#options.log.warn({ err, model: name, version: model.version }, 'a candidate has no inputs')
    }
  }

  /** Lets the candidate forecast what the champion has forecast. */
  follow({ model: name, issuedAt }: FinishRun): void {
    const candidate = this.#candidates.get(name)
    const tick = candidate?.next
    if (!candidate || tick?.issuedAt !== issuedAt || candidate.isBusy || this.#isClosed) return
    candidate.next = undefined
    candidate.isBusy = true
    void this.#forecast(candidate, tick).finally(() => {
      candidate.isBusy = false
    })
  }

  /** A run that is under way ends with its host. */
  [Symbol.dispose](): void {
    this.#isClosed = true
    this.#listening[Symbol.dispose]()
  }

  #candidateOf({ model, sha256 }: ServingModel): Candidate {
    const known = this.#candidates.get(model)
    if (known?.sha256 === sha256) return known
    const store = shadowForecasts(this.#options, (time) => this.#dayOf(time))
    const demand = new DemandForecasts({ ...this.#options, store })
    const candidate: Candidate = { sha256, store, demand, next: undefined, isBusy: false }
    this.#candidates.set(model, candidate)
    return candidate
  }

  async #forecast({ demand, store }: Candidate, { model, issuedAt, inputs }: Tick): Promise<void> {
    const { writer, log } = this.#options
    const name = model.model
    try {
      if (model.manifest.definition.spec.view.kind === 'sequence') {
        await forecastSequence({ ...this.#options, store }, model, issuedAt)
        return
      }
      if (!inputs) await demand.warmUp(model, issuedAt)
      await demand.complete(inputs ?? demand.prepare(model, issuedAt))
      await demand.storeScores()
    } catch (err) {
      // Of a host or a writer that was let go.
      if (this.#isClosed) return
      log.warn({ err, model: name, version: model.version, issuedAt }, 'a candidate gave no forecast')
      await writer.call('shadow.discard', name).catch((err) => log.error({ err }, 'what it left could not be removed'))
    }
  }

  #ran({ model, version, outcome }: ModelRun): void {
    const champion = this.#options.models.versions().get(model)
    if (outcome !== 'crashed' || champion === undefined || this.#isClosed) return
    const { writer, clock, log } = this.#options
    const pair = { model, champion, candidate: version, ...this.#dayOf(clock.now()) }
    writer.call('shadow.crashed', pair).catch((err) => log.error({ err, ...pair }, 'a crash could not be recorded'))
  }

  #dayOf(time: number): { day: string; region: string } {
    const { calendar, catalogue } = this.#options.features.site()
    return { day: calendar.localDay(time), region: catalogue.labels.region ?? '' }
  }
}
