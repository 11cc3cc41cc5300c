import type { MemberState, RolloutCohort, RolloutCounts } from '@storecast/shared/contracts'
import type { Wanted } from './member-state.ts'

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

/** By step, ascending; steps that told nobody are left out. */
export function cohortsOf(rows: readonly CountRow[]): RolloutCohort[] {
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
