/** States of a rollout, as the API names them. */
export const STATES = ['running', 'paused', 'aborting', 'undoing', 'succeeded', 'failed', 'aborted', 'undone'] as const
/** Where a device of a rollout may be. */
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
