import { type AlertRule, durationMs } from '@storecast/shared/contracts'
import type { Condition, Judgement } from './judge.ts'

/** An alert that has not ended. */
export interface OpenAlert {
  readonly id: number
  readonly rule: string
  readonly subject: string
  readonly state: 'pending' | 'firing'
  /** Since when the condition is true, store ms. */
  readonly since: number
  /** Since when it has been false again; null: it is true. */
  readonly clearSince: number | null
}

export type Transition =
  | { readonly kind: 'begin'; readonly state: OpenAlert['state']; readonly condition: Condition }
  /** Still true: its text and labels may have changed, and it may fire now. */
  | { readonly kind: 'hold'; readonly id: number; readonly fires: boolean; readonly condition: Condition }
  /** False now, and not for long enough. */
  | { readonly kind: 'clear'; readonly id: number }
  /** A pending one that never fired: nothing is kept of it. */
  | { readonly kind: 'forget'; readonly id: number }
  | { readonly kind: 'resolve'; readonly id: number; readonly reason: 'cleared' | 'rule-removed' }

interface Standing {
  /** In force, by name. */
  readonly rules: ReadonlyMap<string, AlertRule>
  /** By rule; a rule without one was not asked, and its alerts stay. */
  readonly judgements: ReadonlyMap<string, Judgement>
  readonly open: readonly OpenAlert[]
  /** Store ms. */
  readonly now: number
}

const keyOf = ({ rule, subject }: { readonly rule: string; readonly subject: string }) => `${rule}\0${subject}`

/** What becomes of alerts: pending → firing → resolved, one for each rule and subject. Pure. */
export function nextStates({ rules, judgements, open, now }: Standing): Transition[] {
  const conditions = new Map<string, Condition>()
  for (const { conditions: all } of judgements.values()) for (const one of all) conditions.set(keyOf(one), one)
  const transitions: Transition[] = []
  for (const alert of open) {
    const rule = rules.get(alert.rule)
    const condition = conditions.get(keyOf(alert))
    conditions.delete(keyOf(alert))
    if (!rule) transitions.push(end(alert, 'rule-removed'))
    else if (condition) transitions.push(hold(alert, rule, condition, now))
    else if (isKnown(judgements.get(alert.rule), alert)) transitions.push(...cleared(alert, rule, now))
  }
  for (const condition of conditions.values()) {
    const waits = rules.get(condition.rule)?.spec.for !== undefined
    transitions.push({ kind: 'begin', state: waits ? 'pending' : 'firing', condition })
  }
  return transitions
}

const isKnown = (judgement: Judgement | undefined, { subject }: OpenAlert) =>
  judgement !== undefined && !judgement.unknown.has(subject)

function hold({ id, state, since }: OpenAlert, { spec }: AlertRule, condition: Condition, now: number): Transition {
  const fires = state === 'pending' && now - since >= (spec.for === undefined ? 0 : durationMs(spec.for))
  return { kind: 'hold', id, fires, condition }
}

function end({ id, state }: OpenAlert, reason: 'cleared' | 'rule-removed'): Transition {
  return state === 'pending' ? { kind: 'forget', id } : { kind: 'resolve', id, reason }
}

function cleared(alert: OpenAlert, { spec }: AlertRule, now: number): Transition[] {
  const wait = alert.state === 'pending' || spec.clearFor === undefined ? 0 : durationMs(spec.clearFor)
  if (wait === 0 || (alert.clearSince !== null && now - alert.clearSince >= wait)) return [end(alert, 'cleared')]
  return alert.clearSince === null ? [{ kind: 'clear', id: alert.id }] : []
}
