import { policyFaults } from '@storecast/cloud/policies'
import { ModelDefinition, Policy, RolloutDocument } from '@storecast/shared/contracts'
import type { z } from 'zod'
import { PolicyTest } from './policy-test.ts'
import { type DocumentStore, policyStore, rolloutStore } from './stores.ts'

/** What is wrong inside a document that its schema allows. */
export interface Fault {
  /** `spec.validations.0.expression`. */
  readonly at: string
  readonly message: string
}

export interface Kind {
  readonly schema: z.ZodType
  readonly faults?: (document: never) => readonly Fault[]
  /** Absent: documents of the kind are not applied. */
  readonly store?: DocumentStore
}

/** Every kind of document that the fleet as code may hold. */
export const KINDS = {
  Policy: { schema: Policy, faults: policyFaults, store: policyStore },
  PolicyTest: { schema: PolicyTest },
  Rollout: { schema: RolloutDocument, store: rolloutStore },
  ModelDefinition: { schema: ModelDefinition },
} as const satisfies Readonly<Record<string, Kind>>

export const kindOf = (name: unknown): Kind | undefined =>
  typeof name === 'string' && Object.hasOwn(KINDS, name) ? KINDS[name as keyof typeof KINDS] : undefined
