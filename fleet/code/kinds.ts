import { routeFaults, ruleFaults } from '@storecast/cloud/alerts'
import { policyFaults } from '@storecast/cloud/policies'
import {
  AlertRoute,
  AlertRule,
  Dataset,
  DeviceGroup,
  ModelDefinition,
  Policy,
  RolloutDocument,
} from '@storecast/shared/contracts'
import type { z } from 'zod'
import { PolicyTest } from './policy-test.ts'
import {
  alertRouteStore,
  alertRuleStore,
  type DocumentStore,
  datasetStore,
  groupStore,
  policyStore,
  rolloutStore,
} from './stores.ts'

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
  /** Why the document is to be left alone for now; undefined: it is not. */
  readonly held?: (document: never) => string | undefined
}

/** Every kind of document that the fleet as code may hold; they are applied in this order, and removed in the other. */
export const KINDS = {
  DeviceGroup: { schema: DeviceGroup, store: groupStore },
  Policy: { schema: Policy, faults: policyFaults, store: policyStore },
  PolicyTest: { schema: PolicyTest },
  AlertRule: { schema: AlertRule, faults: ruleFaults, store: alertRuleStore },
  AlertRoute: { schema: AlertRoute, faults: routeFaults, store: alertRouteStore },
  Dataset: { schema: Dataset, store: datasetStore },
  Rollout: {
    schema: RolloutDocument,
    store: rolloutStore,
    held: ({ spec }: RolloutDocument) =>
      spec.suspend ? 'suspended: it starts once the file says so no more' : undefined,
  },
  ModelDefinition: { schema: ModelDefinition },
} as const satisfies Readonly<Record<string, Kind>>

export const kindOf = (name: unknown): Kind | undefined =>
  typeof name === 'string' && Object.hasOwn(KINDS, name) ? KINDS[name as keyof typeof KINDS] : undefined
