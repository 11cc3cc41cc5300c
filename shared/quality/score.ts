import { QualityDimension, type WindowQuality } from '../contracts/index.ts'

/** What windows of one sensor add up to over a span. */
export interface QualityCounts extends WindowQuality {
  /** Readings that were stored. */
  readonly count: number
}

export const DIMENSIONS = QualityDimension.options

/** Shares in [0, 1]; null where the span holds nothing that could tell. */
export type QualityScores = Readonly<Record<QualityDimension, number | null>> & {
  /** The product of the dimensions that are told; null where none is. */
  readonly overall: number | null
}

/**
 * The quality of a sensor's data over a span. With *refused* = out of range + wrong type + wrong unit, and
 * *came* = count + refused:
 *
 * - completeness = came / (came + missing): of the readings that were expected, those that came
 * - validity = count / came: of those that came, the ones that can be used
 * - timeliness = 1 − late / came: those that came before their window had closed
 * - movement = 1 − flat / count: of those stored, the ones that do not repeat a value for longer than the sensor may
 * - uniqueness = came / (came + duplicates)
 * - clock = 1 − untrusted / max(came, untrusted): those with a time that can be trusted. A reading refused for its time is
 *   not among those that came
 *
 * Overall is their product: the share of good readings, were the faults independent of each other. All are functions of
 * sums, so they may be taken over any span, of any windows.
 */
export function qualityScores(counts: QualityCounts): QualityScores {
  const { count, missing, late, outOfRange, flat, duplicate, wrongType, wrongUnit, untrusted } = counts
  const came = count + outOfRange + wrongType + wrongUnit
  const scores: Record<QualityDimension, number | null> = {
    completeness: share(came, came + missing),
    validity: share(count, came),
    timeliness: without(late, came),
    movement: without(flat, count),
    uniqueness: share(came, came + duplicate),
    clock: without(untrusted, Math.max(came, untrusted)),
  }
  const told = Object.values(scores).filter((score) => score !== null)
  return { ...scores, overall: told.length === 0 ? null : told.reduce((product, score) => product * score, 1) }
}

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

/** Readings that came late may be more than came in the span itself. */
const without = (part: number, whole: number): number | null => (whole === 0 ? null : Math.max(0, 1 - part / whole))
