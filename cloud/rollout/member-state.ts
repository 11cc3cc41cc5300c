import type { MemberState, ReportedState } from '@storecast/shared/contracts'

/** What a device says of one model. */
type ModelReport = ReportedState['models'][string]

/**
 * What a device is to be told by a rollout: nothing, the candidate in shadow, the version, or what it had before: `back`, as
 * all are, or `withdrawn`, since it was away for too long.
 */
export type Wanted = 'none' | 'shadow' | 'active' | 'back' | 'withdrawn'

export interface MemberFacts {
  readonly version: number
  /** What the device had before; null: nothing. */
  readonly previousVersion: number | null
  readonly applied: Wanted
  /** Generation of the desired state that says so, and when it was made; null before the first. */
  readonly generation: number | null
  readonly toldAt: number | null
  /** What the newest desired state wants of the model. */
  readonly desiredVersion: number | null
  readonly retired: boolean
  readonly online: boolean
  /** When the device last connected or went, and when it last reported. */
  readonly presenceAt: number | null
  readonly reportedAt: number | null
  /** Of the desired state that it speaks of; null before its first report. */
  readonly reportedGeneration: number | null
  /** Null where it says nothing of the model. */
  readonly report: ModelReport | null
}

export interface MemberRule {
  readonly now: number
  readonly deadlineMs: number
  readonly offlineExpiryMs: number
}

export interface MemberConclusion {
  readonly state: MemberState
  readonly reason: string | null
  /** When time alone may change it; null: never. */
  readonly checkAt: number | null
}

/** The reason of those whose turn has passed while they were away. */
export const AWAY = 'away for too long'

export function memberState(facts: MemberFacts, rule: MemberRule): MemberConclusion {
  const { version, previousVersion, applied, desiredVersion, retired, report } = facts
  if (retired) return settled('excluded', 'retired')
  if (applied === 'withdrawn') return settled('excluded', AWAY)
  if (applied === 'none' || applied === 'shadow') return settled('pending')
  const told = applied === 'active' ? version : previousVersion
  if (desiredVersion !== told) return settled('excluded', 'told otherwise by now')
  if ((report?.active ?? null) === told && report?.phase !== 'soak') {
    return settled(applied === 'active' ? 'succeeded' : 'reverted')
  }
  const heard = (facts.reportedGeneration ?? 0) >= (facts.generation ?? 0)
  if (heard && (report?.phase === 'failed' || report?.phase === 'rolled-back')) {
    const { code = report.phase, message = '' } = report.error ?? {}
    return settled(report.phase, message ? `${code}: ${message}` : code)
  }
  return onItsWay(facts, rule, heard && report?.target === told ? report.phase : undefined)
}

/** Of a device that was told and is neither there nor back. */
function onItsWay(facts: MemberFacts, rule: MemberRule, phase: string | undefined): MemberConclusion {
  const { now, deadlineMs, offlineExpiryMs } = rule
  const { applied, online } = facts
  const toldAt = facts.toldAt ?? now
  // Also of who comes and goes, or is heard of again and again, and never gets there.
  const end = toldAt + offlineExpiryMs + deadlineMs
  const lastSign = Math.max(toldAt, facts.presenceAt ?? 0, facts.reportedAt ?? 0)
  if (!online) {
    const since = Math.max(toldAt, facts.presenceAt ?? 0)
    if (now - since >= offlineExpiryMs) return settled('excluded', AWAY)
    return { state: 'offline', reason: null, checkAt: since + offlineExpiryMs }
  }
  if (now >= end) return settled('silent', `not there since it was told at ${new Date(toldAt).toISOString()}`)
  if (phase === 'waiting') return { state: 'updating', reason: 'waits for its hours', checkAt: end }
  if (now - lastSign >= deadlineMs) return settled('silent', `nothing heard since ${new Date(lastSign).toISOString()}`)
  const begun = phase === undefined ? 'pending' : 'updating'
  const checkAt = Math.min(end, lastSign + deadlineMs)
  return { state: applied === 'back' ? 'reverting' : begun, reason: phase ?? null, checkAt }
}

const settled = (state: MemberState, reason: string | null = null): MemberConclusion => ({
  state,
  reason,
  checkAt: null,
})
