import { Moments } from './moments.ts'
import { WeekForecast } from './week.ts'

const HOUR = 3_600_000

export interface DetectorOptions {
  /** Each forecasts by itself where no model does; their scores are averaged. */
  readonly members: readonly { readonly slotMs: number; readonly weight: number }[]
  /** Spans over which the residual is averaged, beside the newest by itself. */
  readonly spansMs: readonly number[]
  /** Observations that residuals are standardised by. */
  readonly memory: number
  /** For so long only what is worse than all before it is told. */
  readonly holdMs: number
}

/** No one memory and grid suits every sensor, so the four of two and two are averaged. How they were chosen: docs/cloud-team/anomalies.md. */
export const DETECTOR: DetectorOptions = {
  members: [
    { slotMs: HOUR, weight: 0.1 },
    { slotMs: HOUR, weight: 0.25 },
    { slotMs: HOUR / 2, weight: 0.1 },
    { slotMs: HOUR / 2, weight: 0.25 },
  ],
  spansMs: [6 * HOUR, 12 * HOUR],
  memory: 5000,
  holdMs: 48 * HOUR,
}

/** One observation of a series; times ascend. */
export interface Observation {
  /** Milliseconds by the clock on the wall: what repeats by day and week does so there. */
  readonly localMs: number
  readonly value: number
  /** What a model forecast for it before it came; absent: the time of the week does. */
  readonly forecast?: number | undefined
}

/**
 * Scores a series as it comes, with what came before and nothing else: the residual of the forecast, standardised by
 * residuals before it, and the same of its means over some hours, so that both a spike and a drift that no single reading
 * shows are seen. score = |r| / σ(r) + mean over spans of |r̄| / σ(r̄).
 *
 * One series takes about 6 KB, an observation about a microsecond.
 */
export class AnomalyDetector {
  readonly #options: DetectorOptions
  readonly #members: readonly Member[]
  #time: number | undefined
  #count = 0
  #expected = Number.NaN
  #worst = 0
  #heldUntil = -Infinity

  constructor(options: DetectorOptions = DETECTOR) {
    this.#options = options
    this.#members = options.members.map((member) => new Member(member, options))
  }

  /**
   * The score of an observation where it is worse than all of the last 48 hours, else 0: one event is one score above any
   * threshold, or few that grow, however long it lasts.
   */
  next(observation: Observation): number {
    const { localMs } = observation
    const score = this.#score(observation)
    if (localMs >= this.#heldUntil) this.#worst = 0
    if (score <= this.#worst) return 0
    this.#worst = score
    this.#heldUntil = localMs + this.#options.holdMs
    return score
  }

  /** What the newest observation was expected to be by what had been learned before it; NaN before the first. */
  get expected(): number {
    return this.#expected
  }

  #score({ localMs, value, forecast }: Observation): number {
    const elapsed = this.#time === undefined ? 0 : Math.max(0, localMs - this.#time)
    this.#time = localMs
    this.#count++
    // Until it has lasted a span, the mean over it is that of all.
    const share = (span: number) => Math.max(1 / this.#count, 1 - Math.exp(-elapsed / span))
    const shares = this.#options.spansMs.map(share)
    let [sum, expected] = [0, 0]
    for (const member of this.#members) {
      expected += member.expects(localMs) ?? value
      sum += member.score({ localMs, value, forecast }, shares)
    }
    this.#expected = forecast ?? expected / this.#members.length
    return sum / this.#members.length
  }
}

/** One forecast and what its residuals are like. */
class Member {
  readonly #week: WeekForecast
  readonly #residuals: Moments
  readonly #spans: readonly { mean: number; readonly moments: Moments }[]

  constructor(week: DetectorOptions['members'][number], { spansMs, memory }: DetectorOptions) {
    this.#week = new WeekForecast(week)
    this.#residuals = new Moments(memory)
    this.#spans = spansMs.map(() => ({ mean: 0, moments: new Moments(memory) }))
  }

  expects(localMs: number): number | undefined {
    return this.#week.at(localMs)
  }

  score({ localMs, value, forecast }: Observation, shares: readonly number[]): number {
    const usual = this.#week.at(localMs) ?? value
    const residual = value - (forecast ?? usual)
    // A week later an outlier is no more expected than it was.
    this.#week.learn(localMs, forecast === undefined ? usual + this.#residuals.clipped(residual) : value)
    const now = this.#residuals.distance(residual)
    this.#residuals.add(residual)
    let lasting = 0
    for (const [i, span] of this.#spans.entries()) {
      span.mean += (residual - span.mean) * shares[i]!
      lasting += span.moments.distance(span.mean)
      span.moments.add(span.mean)
    }
    return this.#spans.length === 0 ? now : now + lasting / this.#spans.length
  }
}
