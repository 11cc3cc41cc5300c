import { policyFaults } from '@storecast/cloud/policies'
import { ModelDefinition, Policy, RolloutDocument } from '@storecast/shared/contracts'
import type { z } from 'zod'
import { PolicyTest } from './policy-test.ts'

/** What is wrong inside a document that its schema allows. */
export interface Fault {
  /** `spec.validations.0.expression`. */
  readonly at: string
  readonly message: string
}

export interface Kind {
  readonly schema: z.ZodType
  readonly faults?: (document: never) => readonly Fault[]
  /** Where the cloud keeps documents of the kind, one under each name; absent: the kind is not applied. */
  readonly path?: string
}

/** Every kind of document that the fleet as code may hold. */
export const KINDS = {
  Policy: { schema: Policy, faults: policyFaults, path: '/v1/policies' },
  PolicyTest: { schema: PolicyTest },
  Rollout: { schema: RolloutDocument },
  ModelDefinition: { schema: ModelDefinition },
} as const satisfies Readonly<Record<string, Kind>>

export const kindOf = (name: unknown): Kind | undefined =>
  typeof name === 'string' && Object.hasOwn(KINDS, name) ? KINDS[name as keyof typeof KINDS] : undefined
