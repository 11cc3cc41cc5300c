export const ROLLOUT_STATES = [
  'running',
  'paused',
  'aborting',
  'undoing',
  'succeeded',
  'failed',
  'aborted',
  'undone',
] as const
export type RolloutState = (typeof ROLLOUT_STATES)[number]

/**
 * Where a device of a rollout is:
 * - `pending`: its turn has not come, or it was told and has yet to begin.
 * - `updating`: it is at it, or waits for its hours.
 * - `succeeded`: it serves the version, its probation over.
 * - `failed`: it tried and keeps what it had; `rolled-back`: it served the version and went back.
 * - `silent`: connected, told, and not heard of for longer than the deadline, or never there in all its time.
 * - `offline`: told and away; it begins when it comes back, or goes without after a time.
 * - `reverting`, `reverted`: on its way back to what it had, and there.
 * - `excluded`: no longer the rollout's affair: retired, told otherwise, or away for too long.
 */
export const MEMBER_STATES = [
  'pending',
  'updating',
  'succeeded',
  'failed',
  'rolled-back',
  'silent',
  'offline',
  'reverting',
  'reverted',
  'excluded',
] as const
export type MemberState = (typeof MEMBER_STATES)[number]

/** Devices that were told to serve a version, or to go back, by where they are. */
export interface ToldCounts {
  /** The sum of the states below, but for those excluded. */
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
  readonly excluded: number
}

/** Of a rollout's devices, how many are in each state; those told so far apart from those whose turn has not come. */
export interface RolloutCounts extends ToldCounts {
  /** Every device that is or was in it: the sum of `told` and `untold` and those excluded. */
  readonly devices: number
  /** Those that came after the start. */
  readonly late: number
  /** Neither told nor excluded; with the candidate in shadow among them. */
  readonly untold: number
  readonly shadow: number
}

/** The devices that one step told: every state of theirs, those excluded since among them. */
export interface RolloutCohort extends ToldCounts {
  /** From 0; as many as there are steps: told to be as all others once every step was done. */
  readonly step: number
}
