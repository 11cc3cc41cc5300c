import {
  durationMs,
  PROOF_FROM_PERCENT,
  type RolloutCounts,
  type RolloutSpec,
  type RolloutStep,
} from '@storecast/shared/contracts'
import type { Analysis } from './analysis/analysis.ts'

/** All that decides what a running rollout does next. */
export interface Standing {
  readonly spec: RolloutSpec
  /** The step that goes on, from 0; past the last: every step is done. */
  readonly step: number
  readonly stepAt: number
  readonly now: number
  readonly counts: RolloutCounts
  /** The newest; null before the first. */
  readonly analysis: Analysis | null
  /** Whether there are devices with a version to compare the candidate to. */
  readonly comparable: boolean
  readonly proven: 'evidence' | 'person' | null
  /** A person took every step at once. */
  readonly full: boolean
  /** Failures that a person has gone on with. */
  readonly accepted: number
}

export type Move =
  /** Nothing to do now. */
  | { readonly kind: 'wait'; readonly reason: string }
  /** Tell more devices, until so many are told. */
  | { readonly kind: 'tell'; readonly devices: number; readonly reason: string }
  /** Put the candidate in shadow. */
  | { readonly kind: 'shadow'; readonly reason: string }
  | { readonly kind: 'next'; readonly reason: string; readonly proven?: 'evidence' }
  /** Pause, for a person to decide. */
  | { readonly kind: 'hold'; readonly reason: string }
  /** Stop, and take every device back. */
  | { readonly kind: 'stop'; readonly reason: string }
  | { readonly kind: 'succeed'; readonly reason: string }

/** Decides the one next move of a running rollout. Harm comes first, then the step's own rule; no data never passes. */
export function nextMove(standing: Standing): Move {
  const { spec, step, full } = standing
  return (
    (full ? undefined : harm(standing)) ??
    failures(standing) ??
    (full ? tell(standing, { setWeight: 100 }) : undefined) ??
    (step >= spec.steps.length ? undefined : takeStep(standing, spec.steps[step]!)) ?? {
      kind: 'succeed',
      reason: `${standing.counts.succeeded} of ${standing.counts.told} devices told serve the version`,
    }
  )
}

/** What stops a rollout that a person has paused, too. */
export function stops(standing: Standing): Move | undefined {
  const move = standing.full ? undefined : harm(standing)
  return move?.kind === 'stop' ? move : undefined
}

/** What evidence stops at any step, also after it let the rollout pass. */
function harm({ analysis, proven }: Standing): Move | undefined {
  if (!analysis) return undefined
  const reason = `${analysis.verdict}: ${analysis.reason}`
  if (analysis.verdict === 'worse' || analysis.verdict === 'guard-stop') return { kind: 'stop', reason }
  if (analysis.verdict === 'heterogeneous' && proven !== 'person') return { kind: 'hold', reason }
  return undefined
}

function failures({ spec, counts, accepted }: Standing): Move | undefined {
  const { failed, rolledBack, silent, told } = counts
  const bad = failed + rolledBack + silent
  if (bad - accepted <= tolerated(spec.maxFailed, told)) return undefined
  const reason = `${bad} of ${told} devices told: ${failed} failed, ${rolledBack} rolled back, ${silent} silent; at most ${percent(spec.maxFailed)} may${accepted > 0 ? ` beyond the ${accepted} accepted` : ''}`
  return { kind: spec.onFailure === 'abort' ? 'stop' : 'hold', reason }
}

function takeStep(standing: Standing, step: RolloutStep): Move {
  const { stepAt, now } = standing
  if (step.analysis) return analyseStep(standing)
  if (!step.pause) return tell(standing, step) ?? { kind: 'next', reason: toldAndDone(standing.counts) }
  if (step.pause.duration === undefined) return { kind: 'hold', reason: 'a pause, until somebody resumes it' }
  const left = stepAt + durationMs(step.pause.duration) - now
  if (left <= 0) return { kind: 'next', reason: `paused for ${step.pause.duration}` }
  return { kind: 'wait', reason: `a pause of ${step.pause.duration}, until ${new Date(now + left).toISOString()}` }
}

/** Undefined when enough of the devices that the step names have succeeded. */
function tell(standing: Standing, step: RolloutStep): Move | undefined {
  const { spec, counts, proven, full, accepted } = standing
  const members = counts.told + counts.untold
  if (members === 0) return { kind: 'stop', reason: 'none of its devices is left' }
  const devices = devicesBy(step, members)
  const needsProof = spec.evidence === 'required' && devices >= (PROOF_FROM_PERCENT / 100) * members
  if (needsProof && proven === null && !full && devices > counts.told) {
    return {
      kind: 'hold',
      reason: `${devices} of ${members} devices are ${PROOF_FROM_PERCENT} % or more, and the version was found neither better nor non-inferior`,
    }
  }
  if (counts.told < devices) {
    return { kind: 'tell', devices, reason: `${counts.told} of ${devices} devices told, ${counts.succeeded} succeeded` }
  }
  const { succeeded, told, pending, updating, offline } = counts
  if (pending + updating > 0)
    return { kind: 'wait', reason: `${succeeded} of ${told} succeeded, ${pending + updating} at it` }
  const needed = Math.max(1, told - accepted - tolerated(1 - spec.minSucceeded, told - accepted))
  if (succeeded >= needed || (accepted > 0 && offline === 0)) return undefined
  if (offline > 0) return { kind: 'wait', reason: `${succeeded} of ${needed} needed succeeded, ${offline} offline` }
  return { kind: 'hold', reason: `${succeeded} of ${told} succeeded; ${needed} had to` }
}

/**
 * How many of so many devices are told once the step is done: the least number that is at least the share, so that 1 % of
 * 10 is one device. @param step one of setWeight and setCount
 */
export const devicesBy = (step: RolloutStep, members: number): number =>
  Math.min(members, step.setCount ?? Math.ceil((step.setWeight! / 100) * members - 1e-9))

function analyseStep({ spec, analysis, comparable, counts, proven }: Standing): Move {
  if (proven !== null) return { kind: 'next', reason: `passed before, by ${proven}` }
  if (!comparable) {
    return { kind: 'hold', reason: 'no device serves another version to compare with; a person may promote' }
  }
  if (counts.shadow === 0)
    return { kind: 'shadow', reason: `the candidate goes into shadow on up to ${spec.analysis.devices} devices` }
  if (!analysis) return { kind: 'wait', reason: 'no evidence yet' }
  const reason = `${analysis.verdict}: ${analysis.reason}`
  if (analysis.verdict === 'better' || analysis.verdict === 'non-inferior')
    return { kind: 'next', reason, proven: 'evidence' }
  if (!analysis.final) return { kind: 'wait', reason }
  return { kind: spec.analysis.onInconclusive === 'abort' ? 'stop' : 'hold', reason }
}

/** From so many devices on, one that fails is not yet a share. */
const ONE_OF = 3

/**
 * How many of so many devices a share of them is, in whole devices. Where a share is allowed at all, one device is, in a cohort of at
 * least three: else a share of 10 % would allow none of nine.
 */
export const tolerated = (share: number, devices: number): number =>
  Math.max(Math.floor(share * devices + 1e-9), share > 0 && devices >= ONE_OF ? 1 : 0)

const toldAndDone = ({ succeeded, told }: RolloutCounts) => `${succeeded} of ${told} devices told succeeded`
const percent = (share: number) => `${Math.round(1000 * share) / 10} %`

/** How many more devices may be told now, whatever group they are of. */
export function roomFor({ spec, counts }: Pick<Standing, 'spec' | 'counts'>, devices: number): number {
  const atIt = counts.pending + counts.updating
  const room = spec.concurrency === null ? Number.POSITIVE_INFINITY : spec.concurrency - atIt
  return Math.max(0, Math.min(devices - counts.told, room))
}

/** How many more of a group may be told now. @param unavailable those at it, silent, failed or rolled back */
export function roomInGroup(
  { maxUnavailable }: NonNullable<RolloutSpec['disruption']>,
  group: { readonly members: number; readonly unavailable: number },
): number {
  const most =
    typeof maxUnavailable === 'number'
      ? maxUnavailable
      : Math.max(1, Math.floor((Number.parseInt(maxUnavailable, 10) / 100) * group.members))
  return Math.max(0, most - group.unavailable)
}
