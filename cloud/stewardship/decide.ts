/** What is known of one dimension of a sensor on a device. */
export interface Finding {
  /** Null: the span holds nothing that could tell. */
  readonly score: number | null
  /** Below it a task is opened; 0: never. */
  readonly threshold: number
  /** `dismissed`: somebody closed the last task before the score had recovered. */
  readonly standing: 'none' | 'open' | 'dismissed'
}

export type Decision = 'open' | 'note' | 'close' | 'recovered' | 'nothing'

/**
 * What follows from a look at a score. A task closes halfway between its threshold and 1, so that a score which dances on the
 * threshold opens one task, not many. No data is no recovery.
 */
export function decide({ score, threshold, standing }: Finding): Decision {
  if (score === null) return 'nothing'
  const recovered = score >= recoveryOf(threshold)
  if (standing === 'none') return score < threshold ? 'open' : 'nothing'
  if (standing === 'open') return recovered ? 'close' : 'note'
  return recovered ? 'recovered' : 'nothing'
}

export const recoveryOf = (threshold: number): number => (threshold + 1) / 2
