import type { MemberState, Wanted } from './member-state.ts'

/** Of a rollout's devices, how many are in each state; those told so far apart from those whose turn has not come. */
export interface RolloutCounts {
  /** Every device that is or was in it: the sum of `told` and `untold` and those excluded. */
  readonly devices: number
  readonly excluded: number
  /** Those that came after the start. */
  readonly late: number
  /** Neither told nor excluded; with the candidate in shadow among them. */
  readonly untold: number
  readonly shadow: number
  /** Told to serve the version, or to go back: the sum of the states below. */
  readonly told: number
  readonly pending: number
  readonly updating: number
  readonly succeeded: number
  readonly failed: number
  readonly rolledBack: number
  readonly silent: number
  readonly offline: number
  readonly reverting: number
  readonly reverted: number
}

export interface CountRow {
  /** The step by which they were told to serve the version; null before. */
  readonly step: number | null
  readonly state: MemberState
  readonly wanted: Wanted
  readonly late: boolean
  readonly devices: number
}

export function countMembers(rows: readonly CountRow[]): RolloutCounts {
  const of = (matches: (row: CountRow) => boolean) =>
    rows.filter(matches).reduce((total, { devices }) => total + devices, 0)
  const in_ = (row: CountRow) => row.state !== 'excluded'
  const told = (row: CountRow) => in_(row) && (row.wanted === 'active' || row.wanted === 'back')
  const toldIn = (state: MemberState) => of((row) => told(row) && row.state === state)
  return {
    devices: of(() => true),
    excluded: of((row) => !in_(row)),
    late: of((row) => row.late),
    untold: of((row) => in_(row) && !told(row)),
    shadow: of((row) => in_(row) && row.wanted === 'shadow'),
    told: of(told),
    pending: toldIn('pending'),
    updating: toldIn('updating'),
    succeeded: toldIn('succeeded'),
    failed: toldIn('failed'),
    rolledBack: toldIn('rolled-back'),
    silent: toldIn('silent'),
    offline: toldIn('offline'),
    reverting: toldIn('reverting'),
    reverted: toldIn('reverted'),
  }
}

/** The devices that one step told: every state of theirs, those excluded since among them. */
export interface Cohort extends Omit<RolloutCounts, 'devices' | 'late' | 'untold' | 'shadow'> {
  /** From 0; as many as there are steps: told to be as all others once every step was done. */
  readonly step: number
}

/** By step, ascending; steps that told nobody are left out. */
export function cohortsOf(rows: readonly CountRow[]): Cohort[] {
  const byStep = Map.groupBy(
    rows.filter(({ step }) => step !== null),
    ({ step }) => step!,
  )
  return [...byStep]
    .sort(([a], [b]) => a - b)
    .map(([step, of]) => {
      const { devices: _d, late: _l, untold: _u, shadow: _s, ...counts } = countMembers(of)
      return { step, ...counts }
    })
}
