import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AlertRule, AlertSubject, Severity } from '@storecast/shared/contracts'
import {
  type CelExpression,
  CelSyntaxError,
  compileCel,
  compileTemplate,
  type Template,
} from '@storecast/shared/expressions'
import type { Subject } from './subjects.ts'

/** A place in a document that can never be evaluated. */
export interface Fault {
  /** `spec.when`. */
  readonly at: string
  readonly message: string
}

/** A rule's condition that is true of a subject now. */
export interface Condition {
  readonly rule: string
  readonly subject: string
  readonly site: string | null
  readonly severity: Severity
  readonly labels: Readonly<Record<string, string>>
  readonly summary: string
}

/** What a rule says of every subject. */
export interface Judgement {
  readonly conditions: readonly Condition[]
  /** Subjects of which it cannot be told: their alerts stay as they are. */
  readonly unknown: ReadonlySet<string>
  /** Why not, of one of them. */
  readonly error: string | null
}

const MAX_SUMMARY = 500

/** Names that a rule's expressions can use. */
export const namesFor = (subject: AlertSubject): readonly string[] => [subject, 'labels', 'now']

/** Every expression of a rule that is none, before anything depends on it. */
export function ruleFaults({ spec }: AlertRule): Fault[] {
  const names = namesFor(spec.subject)
  return [
    ...faultsIn('spec.match', () => spec.match !== undefined && compileCel(spec.match, names)),
    ...faultsIn('spec.when', () => compileCel(spec.when, names)),
    ...faultsIn('spec.summary', () => compileTemplate(spec.summary, names)),
  ]
}

/** The fault that reading an expression finds, if any. */
export function faultsIn(at: string, read: () => unknown): Fault[] {
  try {
    read()
    return []
  } catch (error) {
    if (error instanceof CelSyntaxError) return [{ at, message: error.message }]
    throw error
  }
}

/** A few milliseconds' worth. */
const SUBJECTS_A_TURN = 500

/** Asks a rule about every subject of its kind. Pure. @param now store time, Unix ms */
export function judge(rule: AlertRule, subjects: readonly Subject[], now: number): Judgement {
  const turns = judging(rule, subjects, now)
  let turn = turns.next()
  while (!turn.done) turn = turns.next()
  return turn.value
}

/** The same of a large fleet: others are served between turns, where all at once would keep them waiting. */
export async function judgeInTurns(rule: AlertRule, subjects: readonly Subject[], now: number): Promise<Judgement> {
  const turns = judging(rule, subjects, now)
  let turn = turns.next()
  for (; !turn.done; turn = turns.next()) await nextTurn()
  return turn.value
}

function* judging(rule: AlertRule, subjects: readonly Subject[], now: number): Generator<void, Judgement, void> {
  const compiled = compile(rule)
  if ('error' in compiled) {
    return { conditions: [], unknown: new Set(subjects.map(({ id }) => id)), error: compiled.error }
  }
  const conditions: Condition[] = []
  const unknown = new Set<string>()
  let error: string | null = null
  for (const [place, subject] of subjects.entries()) {
    if (place % SUBJECTS_A_TURN === SUBJECTS_A_TURN - 1) yield
    const answer = ask(compiled, rule, { subject, now })
    if (answer === false) continue
    if (answer === true) conditions.push(conditionOf(compiled, rule, { subject, now }))
    else {
      unknown.add(subject.id)
      error ??= `${subject.id}: ${answer}`
    }
  }
  return { conditions, unknown, error }
}

interface Compiled {
  readonly match: CelExpression | undefined
  readonly when: CelExpression
  readonly summary: Template
}

interface Asked {
  readonly subject: Subject
  readonly now: number
}

function compile({ spec }: AlertRule): Compiled | { readonly error: string } {
  const names = namesFor(spec.subject)
  try {
    return {
      match: spec.match === undefined ? undefined : compileCel(spec.match, names),
      when: compileCel(spec.when, names),
      summary: compileTemplate(spec.summary, names),
    }
  } catch (error) {
    if (error instanceof CelSyntaxError) return { error: error.message }
    throw error
  }
}

const variablesOf = ({ spec }: AlertRule, { subject, now }: Asked) => ({
  [spec.subject]: subject.facts,
  labels: subject.labels,
  now,
})

/** @returns why it cannot be told, where it can not */
function ask({ match, when }: Compiled, rule: AlertRule, asked: Asked): boolean | string {
  const variables = variablesOf(rule, asked)
  for (const [name, expression] of [['match', match] as const, ['when', when] as const]) {
    if (!expression) continue
    const answer = expression(variables)
    if ('error' in answer) return `${name} cannot be evaluated (${answer.error})`
    if (typeof answer.value !== 'boolean') return `${name} gives neither true nor false`
    if (!answer.value) return false
  }
  return true
}

function conditionOf({ summary }: Compiled, rule: AlertRule, asked: Asked): Condition {
  const { metadata, spec } = rule
  const { subject } = asked
  const filled = summary(variablesOf(rule, asked))
  return {
    rule: metadata.name,
    subject: subject.id,
    site: subject.site ?? null,
    severity: spec.severity,
    labels: { ...subject.labels, ...spec.labels },
    // An alert whose text fails is still an alert.
    summary: 'error' in filled ? `${metadata.name} (${filled.error})` : String(filled.value).slice(0, MAX_SUMMARY),
  }
}
