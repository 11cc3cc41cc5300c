import type { RolloutInput } from '@storecast/shared/contracts'

/** A rollout to every selected device at once, on no evidence; what is given goes over it. */
export function rolloutOf(
  model: string,
  { name = 'rollout', ...spec }: Partial<RolloutInput['spec']> & { name?: string } = {},
): RolloutInput {
  return {
    apiVersion: 'storecast/v1',
    kind: 'Rollout',
    metadata: { name },
    spec: { model, steps: [{ setWeight: 100 }], evidence: 'none', ...spec },
  }
}
