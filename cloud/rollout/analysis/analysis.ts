import { type Estimate, estimate, type Prior } from './estimate.ts'
import {
  type CohortDay,
  type Coverage,
  cohortOf,
  coverageOf,
  type DaysLeftOut,
  type DeviceDay,
  sum,
} from './evidence.ts'
import { type DeviceHealth, type GuardResult, type Guards, judgeGuards } from './guards.ts'
import { type Heterogeneity, heterogeneity } from './heterogeneity.ts'

export const VERDICTS = [
  'guard-stop',
  'worse',
  'pause',
  'heterogeneous',
  'better',
  'non-inferior',
  'inconclusive',
] as const
export type Verdict = (typeof VERDICTS)[number]

export interface AnalysisRule {
  /** The candidate may be worse by less than this share of the champion's error and still pass. */
  readonly margin: number
  /** Closed days before it may pass; harm is called from the third on. */
  readonly minDays: number
  readonly minDevices: number
  /** Closed days after which nothing is said that was not said before. */
  readonly maxDays: number
  readonly guards: Guards
  /** Undefined where no replay was made. */
  readonly prior?: Prior | undefined
}

export interface Evidence {
  /** Devices that run the pair. */
  readonly members: number
  readonly records: readonly DeviceDay[]
  readonly health: readonly DeviceHealth[]
  /** The local day that goes on now. */
  readonly today: string
}

/** A verdict with everything it rests on. */
export type Analysis = {
  readonly verdict: Verdict
  /** One sentence with the figures that decided. */
  readonly reason: string
  /** No later day will change it. */
  readonly final: boolean
  readonly rule: Pick<AnalysisRule, 'margin' | 'minDays' | 'minDevices' | 'maxDays'>
  /** Null before the first closed day. */
  readonly estimate: Estimate | null
  readonly heterogeneity: Heterogeneity | null
  readonly guards: readonly GuardResult[]
  /** Of both, over all closed days; null where no device has told any. */
  readonly coverage: Coverage | null
  readonly days: readonly CohortDay[]
  readonly denominators: {
    /** Devices that run the pair: matured ones have a closed day, pending ones have none yet. */
    readonly members: number
    readonly matured: number
    readonly pending: number
    readonly rows: number
    /** Rows whose actual is not known, in no sum. */
    readonly excludedRows: number
    readonly daysLeftOut: DaysLeftOut
  }
}

/** Fewer days say nothing about days. */
const FEWEST_DAYS = 3
/** Where this is exceeded on the days seen, more days are waited for. */
const OBSERVED_HARM = 0.01

/** What the evidence says now; the first rule that applies decides. Without evidence the candidate never passes. */
export function analyse(evidence: Evidence, rule: AnalysisRule): Analysis {
  const { members, records, health, today } = evidence
  const { margin, minDays, minDevices, maxDays } = rule
  const cohort = cohortOf(records, { members, minDevices, maxDays, today })
  const guards = judgeGuards({ health, cohort }, rule.guards, maxDays)
  const figures = estimate(cohort, rule.prior) ?? null
  const differing = figures && heterogeneity(cohort)
  const said = decide({ rule, guards, figures, differing })
  const matured = cohort.byDevice.size
  return {
    ...said,
    final: said.verdict === 'guard-stop' || said.verdict === 'worse' || cohort.days.length >= maxDays,
    rule: { margin, minDays, minDevices, maxDays },
    estimate: figures,
    heterogeneity: differing,
    guards,
    coverage: coverageOf([...cohort.byDevice.values()].flat()),
    days: cohort.days,
    denominators: {
      members,
      matured,
      pending: Math.max(0, members - matured),
      rows: sum(cohort.days, (day) => day.rows),
      excludedRows: sum(cohort.days, (day) => day.excluded),
      daysLeftOut: cohort.leftOut,
    },
  }
}

function decide(found: {
  rule: AnalysisRule
  guards: readonly GuardResult[]
  figures: Estimate | null
  differing: Heterogeneity | null
}): { verdict: Verdict; reason: string } {
  const { rule, guards, figures, differing } = found
  const broken = guards.find((guard) => guard.stop)
  if (broken) {
    const { guard, limit, devices } = broken
    return { verdict: 'guard-stop', reason: `${guard} above ${limit} on ${broken.broken} of ${devices} devices` }
  }
  const days = figures?.days ?? 0
  if (figures === null || differing === null || days < FEWEST_DAYS) {
    const needed = Math.max(FEWEST_DAYS, rule.minDays)
    return { verdict: 'inconclusive', reason: `${days} of ${needed} closed days; no data never passes` }
  }
  const { lower, upper, observed } = figures
  const bounds = `95 % bounds ${percent(lower)} to ${percent(upper)} after ${days} days on ${figures.devices} devices`
  if (lower > 0) return { verdict: 'worse', reason: `${percent(figures.mean)} more error: ${bounds}` }
  if (observed.lower > OBSERVED_HARM) {
    return {
      verdict: 'pause',
      reason: `on the days seen it is worse by at least ${percent(observed.lower)}; what other days bring is open: ${bounds}`,
    }
  }
  if (differing.found) {
    const { judged, worse } = differing
    return { verdict: 'heterogeneous', reason: `${worse.length} of ${judged} devices are lastingly worse: ${bounds}` }
  }
  if (days < rule.minDays)
    return { verdict: 'inconclusive', reason: `${days} of ${rule.minDays} closed days: ${bounds}` }
  if (upper < 0) return { verdict: 'better', reason: `${percent(-figures.mean)} less error: ${bounds}` }
  if (upper < rule.margin) {
    return { verdict: 'non-inferior', reason: `within the margin of ${percent(rule.margin)}: ${bounds}` }
  }
  const end = days >= rule.maxDays ? `, and ${rule.maxDays} days are over` : ''
  return { verdict: 'inconclusive', reason: `not within the margin of ${percent(rule.margin)}${end}: ${bounds}` }
}

const percent = (share: number): string => `${(100 * share).toFixed(1).replace('-', '−')} %`
