import { setImmediate as breathe } from 'node:timers/promises'
import { type DecisionDefinition, durationMs } from '@storecast/shared/contracts'
import type { DecisionRule } from '@storecast/shared/decisions/rule'
import type { Features } from '../features/index.ts'
import { type Forecaster, forecastsOf } from '../forecasts/index.ts'
import type { Models, ServingModel } from '../inference/index.ts'
import { type Backoff, fullJitter } from '../platform/backoff.ts'
import type { Clock } from '../platform/clock.ts'
import type { Connection } from '../platform/database.ts'
import type { Logger } from '../platform/logger.ts'
import type { Writer } from '../platform/writer.ts'
import type { ChoiceMade, choose } from './choose.ts'
import { type Decision, decide, type SkipCause } from './decide.ts'
import { hindsight, matured } from './hindsight.ts'
import { runIds } from './ids.ts'
import { firstHours } from './lead-time.ts'
import type { decisionProcedures } from './procedures.ts'
import { newestReadings } from './readings.ts'
import { type UndecidedRun, undecidedRuns } from './runs.ts'

export interface DecisionsOptions {
  readonly writer: Writer<typeof decisionProcedures>
  /** A reading connection. */
  readonly db: Connection
  readonly features: Pick<Features, 'site'>
  readonly models: Pick<Models, 'current' | 'versions' | 'onChanged'>
  readonly forecaster: Pick<Forecaster, 'onRun' | 'onScored'>
  readonly clock: Clock
  readonly log: Logger
}

interface Trouble {
  readonly backoff: Backoff
  /** Of the next attempt. */
  readonly timer?: NodeJS.Timeout
}

const HOUR = 3_600_000
/** A gauge that has said nothing for longer is not looked for. */
const LOOKED_BACK_MS = 8 * 24 * HOUR
/** Products at a time: between them the agent does what else there is. */
const SLICE = 256

/**
 * Decides on every product when its forecast has been made, and judges decisions when their day has been scored: what is
 * still to do shows in the database, so that an agent that was killed goes on where it was. Off the forecasts' own way: a
 * forecast waits for no decision.
 */
export class Decisions implements AsyncDisposable {
  readonly #options: DecisionsOptions
  readonly #rules = new WeakMap<DecisionDefinition, DecisionRule>()
  readonly #listening = new DisposableStack()
  /** Of models whose last attempt failed. */
  readonly #troubles = new Map<string, Trouble>()
  readonly #wanted = new Set<string>()
  #woken = Promise.withResolvers<void>()
  #kept: Promise<void> | undefined
  #stopped = false

  constructor(options: DecisionsOptions) {
    this.#options = options
  }

  start(): void {
    const { forecaster, models } = this.#options
    this.#listening.use(forecaster.onRun(({ model }) => this.#want(model)))
    this.#listening.use(forecaster.onScored((model) => this.#want(model)))
    this.#listening.use(models.onChanged(() => this.#wantAll()))
    this.#wantAll()
    this.#kept = this.#keep()
  }

  /** Takes in what staff chose; resolves when it is durable. @throws WriterError */
  choose(request: Omit<Parameters<typeof choose>[1], 'at'>): Promise<ChoiceMade> {
    return this.#options.writer.call('decisions.choose', { ...request, at: this.#options.clock.now() })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    this.#listening.dispose()
    this.#woken.resolve()
    await this.#kept
    for (const { timer } of this.#troubles.values()) clearTimeout(timer)
  }

  #wantAll(): void {
    for (const model of this.#options.models.versions().keys()) this.#want(model)
  }

  #want(model: string): void {
    this.#wanted.add(model)
    this.#woken.resolve()
  }

  async #keep(): Promise<void> {
    while (!this.#stopped) {
      await this.#woken.promise
      this.#woken = Promise.withResolvers()
      const wanted = [...this.#wanted]
      this.#wanted.clear()
      for (const model of wanted) {
        if (this.#stopped) return
        try {
          await this.#settle(model)
          this.#forgetTrouble(model)
        } catch (err) {
          if (this.#stopped) return
          this.#options.log.warn({ err, model }, 'decisions are put off and tried again')
          this.#tryLater(model)
        }
      }
    }
  }

  /** After a pause, which is longer each time; what comes for the model meanwhile does not wait for it. */
  #tryLater(model: string): void {
    const trouble = this.#troubles.get(model) ?? { backoff: fullJitter({ baseMs: 1000, capMs: 300_000 }) }
    clearTimeout(trouble.timer)
    this.#troubles.set(model, { ...trouble, timer: setTimeout(() => this.#want(model), trouble.backoff.next()) })
  }

  #forgetTrouble(model: string): void {
    clearTimeout(this.#troubles.get(model)?.timer)
    this.#troubles.delete(model)
  }

  /** Decides on the runs that are not decided on, and judges what can be judged. */
  async #settle(name: string): Promise<void> {
    const { models, db, writer, clock } = this.#options
    const model = models.current(name)
    const definition = model?.manifest.definition.spec.decision
    if (!model || !definition) return
    for (const run of undecidedRuns(db, { ...model, now: clock.now() })) await this.#decide(model, definition, run)
    await this.#judge(model, definition)
    await writer.call('decisions.forget', clock.now())
  }

  async #decide(model: ServingModel, definition: DecisionDefinition, run: UndecidedRun): Promise<void> {
    const { db, writer, clock } = this.#options
    const { issuedAt } = run
    const reading = (sensor: string) => newestReadings(db, { sensor, from: issuedAt - LOOKED_BACK_MS, until: issuedAt })
    const stock = reading(definition.stock)
    const onOrder = definition.onOrder === undefined ? undefined : reading(definition.onOrder)
    // A shop that does not measure its stock is asked nothing.
    if (!stock || (definition.onOrder !== undefined && !onOrder)) return

    const leadHours = durationMs(definition.leadTime) / HOUR
    const span = firstHours(run, leadHours)
    const forecasts = [...forecastsOf(db, run)]
    const tally: Tally = {}
    if (span.end <= clock.now()) tally['too-late'] = forecasts.length
    else {
      await writer.call('decisions.supersede', { model: run.model, issuedAt })
      const nextId = runIds(issuedAt)
      const options = {
        ...{ rule: await this.#rule(definition, run.levels), levels: run.levels, leadHours, stock, onOrder },
        freshFrom: issuedAt - durationMs(definition.staleAfter),
        packOf: this.#packs(definition),
      }
      for (let at = 0; at < forecasts.length; at += SLICE) {
        const decided = forecasts.slice(at, at + SLICE).flatMap((forecast) => {
          const decision = decide(forecast, options)
          const what = 'cause' in decision ? decision.cause : decision.action
          tally[what] = (tally[what] ?? 0) + 1
          return 'cause' in decision ? [] : [decision]
        })
        if (decided.length > 0) await this.#record(decided, { ...run, ...span, decision: definition.name, nextId })
        await breathe()
      }
    }
    const complaint = complaintOf(model.model, tally)
    const finished = { model: run.model, issuedAt, madeAt: clock.now(), outcomes: tally }
    await writer.call('decisions.finish', { ...finished, ...(complaint && { complaint }) })
  }

  async #record(
    decided: readonly Decision[],
    { decision, nextId, model, version, issuedAt, start, end }: UndecidedRun & { decision: string; nextId(): string },
  ): Promise<void> {
    const levels = decided[0]!.quantiles.length
    const quantiles = new Float32Array(decided.length * levels)
    decided.forEach((one, i) => {
      quantiles.set(one.quantiles, i * levels)
    })
    await this.#options.writer.call('decisions.record', {
      ...{ decision, model, version, issuedAt, start, end, quantiles },
      ids: decided.map(nextId),
      entities: decided.map(({ entity }) => entity),
      stock: decided.map(({ stock }) => stock),
      onOrder: decided.map(({ onOrder }) => onOrder),
      quantity: decided.map(({ quantity }) => quantity),
    })
  }

  async #judge({ model, manifest }: ServingModel, { stock }: DecisionDefinition): Promise<void> {
    const { view } = manifest.definition.spec
    if (view.kind !== 'daily-demand') return
    const { db, writer, clock } = this.#options
    const now = clock.now()
    const decisions = matured(db, { model, now })
    for (let at = 0; at < decisions.length; at += SLICE) {
      const source = { ...view, stock }
      const judgements = hindsight(db, { decisions: decisions.slice(at, at + SLICE), source, now })
      if (judgements.length > 0) await writer.call('decisions.judge', judgements)
      await breathe()
    }
  }

  async #rule(definition: DecisionDefinition, levels: readonly number[]): Promise<DecisionRule> {
    let rule = this.#rules.get(definition)
    if (!rule) {
      // Only here: the language of expressions takes megabytes, which a device that decides nothing has better uses for.
      const { compileDecision } = await import('@storecast/shared/decisions/rule')
      rule = compileDecision(definition, levels)
      this.#rules.set(definition, rule)
    }
    return rule
  }

  #packs({ pack: { size, attribute } }: DecisionDefinition): (entity: string) => number {
    if (attribute === undefined) return () => size
    const { entities } = this.#options.features.site().catalogue
    const packs = new Map(entities.map(({ id, attributes }) => [id, Number(attributes[attribute])]))
    return (entity) => {
      const own = packs.get(entity)
      return own !== undefined && own > 0 && Number.isFinite(own) ? own : size
    }
  }
}

type Tally = Partial<Record<SkipCause | Decision['action'] | 'too-late', number>>

/** What a person should look after; a product that has no stock sensor at all is none of it. */
const COMPLAINED: readonly SkipCause[] = ['stock-stale', 'on-order-stale', 'forecast-broken', 'expression-failed']

function complaintOf(model: string, tally: Tally) {
  const causes = COMPLAINED.filter((cause) => tally[cause] !== undefined)
  if (causes.length === 0) return undefined
  const told = causes.map((cause) => `${cause} ${tally[cause]}`).join(', ')
  const detail = Object.fromEntries(causes.map((cause) => [cause, tally[cause]!]))
  return { message: `Nothing was decided on some products by ${model}: ${told}`, detail: { model, ...detail } }
}
