import type { SeriesKey } from './names.ts'

/**
 * The records that travel from a device to the cloud, as both ends hold them in memory. The wire packs them by column.
 * Times are unix milliseconds (UTC); values are integers in the sensor's resolution.
 */

/** DDSketch of (value − centre): parallel arrays, indices ascending; negative indices by `sign`. */
export interface SketchBins {
  readonly zero: number
  readonly positive: ReadonlyArray<readonly [index: number, count: number]>
  readonly negative: ReadonlyArray<readonly [index: number, count: number]>
}

export interface WindowQuality {
  /** Expected readings that did not come. */
  readonly missing: number
  /** Readings that came after the window had closed. */
  readonly late: number
  readonly outOfRange: number
  /** Readings of a gauge that has shown the same value for longer than its definition allows. */
  readonly flat: number
  /** A second value at the same time, or an event id seen before. */
  readonly duplicate: number
  /** What came and was no number. */
  readonly wrongType: number
  /** What came and said to be in another unit. */
  readonly wrongUnit: number
  /** What came with a time that was refused, or was stored under one that cannot be trusted. */
  readonly untrusted: number
}

/** Key: (device, series, start, end). */
export interface WindowRecord {
  readonly series: SeriesKey
  readonly start: number
  readonly end: number
  /** Grows with every late reading. */
  readonly revision: number
  readonly count: number
  /** Exact: an integer below 2^53, in resolution units. */
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly last: number
  readonly sketch: SketchBins
  readonly quality: WindowQuality
}

/** Key: (device, model, version, entity, issuedAt). Re-sent with `score` once the actuals are in. */
export interface ForecastRecord {
  readonly model: string
  readonly version: number
  readonly entity: string
  readonly issuedAt: number
  /** The span forecast, `[start, end)`. */
  readonly start: number
  readonly end: number
  /** Quantiles of the total over the span, in the target's unit, ascending as in the model's `quantiles`. */
  readonly quantiles: readonly number[]
  readonly mean: number
  /** The same total by the seasonal-naive baseline: stands beside every result. */
  readonly baseline: number
  readonly score?: ForecastScore
}

export interface ForecastScore {
  readonly scoredAt: number
  readonly actual: number
  /** Sales in a stock-out are a lower bound of demand: such a row is kept and not scored. */
  readonly censored: boolean
}

/** Something that happened on the device, worth telling. Key: its UUID. */
export interface EventRecord {
  readonly id: string
  readonly at: number
  readonly severity: 'info' | 'warning' | 'error'
  /** Stable, e.g. `model-failed`, `readings-dropped`, `clock-trusted`. */
  readonly code: string
  readonly message: string
  readonly detail: Readonly<Record<string, string | number | boolean>>
}

/**
 * How a candidate in shadow compared with the version that served, on one closed local day: over the products (or channels)
 * of a device, each forecast of both with the same span. e = forecast − actual of the middle quantile, d = |e| of the
 * candidate less |e| of the champion, in the target's unit. Key: (device, model, champion, candidate, day). Sent again as
 * actuals come in.
 */
export interface EvidenceRecord {
  readonly model: string
  readonly champion: number
  readonly candidate: number
  /** Local day, `2026-03-29`, on which the forecasts' spans begin. */
  readonly day: string
  /** The site's label of that name; empty where it has none. */
  readonly region: string
  /** Pairs whose actual is in, and those left out: in a stock-out sales are a lower bound of demand. */
  readonly rows: number
  readonly excluded: number
  /** Over the rows: Σd, Σd², max|d|. */
  readonly difference: number
  readonly differenceSquared: number
  readonly largestDifference: number
  /** Σ|e| and Σe of each. */
  readonly championAbsolute: number
  readonly candidateAbsolute: number
  readonly championError: number
  readonly candidateError: number
  /** Σ actual. */
  readonly actual: number
  /** Σ|forecast of the candidate − forecast of the champion|. */
  readonly moved: number
  /** Rows for which both gave an interval of the same levels, and those of them whose actual lies in each one's. */
  readonly intervals: number
  readonly championCovered: number
  readonly candidateCovered: number
  /** Ends of the candidate's host that were its doing. */
  readonly crashes: number
  /** Milliseconds that the candidate's runs took, from its inputs to its last answer: a DDSketch. */
  readonly latency: SketchBins
}

/**
 * What a device made of a forecast and of what the shop has of one product: a suggestion to reorder, or none (a hold, which
 * nobody is asked about, but whether it was right is part of how good decisions are). Quantities are in the target's unit.
 * Its site is its device's, as of every record. Key: its UUID (version 7, of `issuedAt`). Sent again when staff have chosen and
 * when its outcome is known or changes.
 */
export interface DecisionRecord {
  readonly id: string
  /** As the model's definition names it (`spec.decision.name`). */
  readonly decision: string
  readonly model: string
  readonly version: number
  readonly entity: string
  /** Of the forecast it was made from. */
  readonly issuedAt: number
  /** The lead time: what an order has to last for, `[start, end)`. */
  readonly start: number
  readonly end: number
  /** Quantiles of the demand accumulated over the lead time, ascending as in the model's `quantiles`. */
  readonly quantiles: readonly number[]
  /** On hand and on order, by the newest readings at `issuedAt`. */
  readonly stock: number
  readonly onOrder: number
  readonly action: DecisionAction
  /** What to order; 0 of a hold. */
  readonly quantity: number
  /** What staff made of a suggestion. */
  readonly choice?: DecisionChoice
  readonly outcome?: DecisionOutcome
}

export type DecisionAction = 'reorder' | 'hold'

export type ChoiceKind = 'accepted' | 'changed' | 'rejected'

export interface DecisionChoice {
  readonly kind: ChoiceKind
  readonly chosenAt: number
  /** What was ordered: as suggested, as changed, or 0 where it was rejected. */
  readonly quantity: number
  /** In the words of staff; empty where none was asked for. */
  readonly reason: string
}

/** What came of it in hindsight: see `judgeDecision` in `shared/decisions`. */
export interface DecisionOutcome {
  readonly judgedAt: number
  /** Sold in the lead time; in a stock-out a lower bound of the demand. */
  readonly actual: number
  /** The shop ran out of it during the lead time, while it was open. */
  readonly stockOut: boolean
  readonly correct: boolean
}
