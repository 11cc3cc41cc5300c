import { z } from 'zod'
import { DatasetName, SensorName } from './names.ts'
import { LabelName, LabelValue } from './scalars.ts'

/** Who sees data: anybody, the company, those who need it, those named. */
export const SENSITIVITIES = ['public', 'internal', 'confidential', 'restricted'] as const

/** A person or a team, as the organisation writes it: `cold-chain@example.com`, `team/stores`. */
const Party = z.string().trim().min(1).max(128)

/**
 * What a set of sensors is, whose it is, and who looks after it. A sensor whose data quality falls below its thresholds asks
 * for the steward of the first data set, by name, that holds it and whose labels the shop has.
 */
export const Dataset = z.strictObject({
  apiVersion: z.literal('storecast/v1'),
  kind: z.literal('Dataset'),
  metadata: z.strictObject({ name: DatasetName, description: z.string().max(1000).default('') }),
  spec: z.strictObject({
    /** Answers for the data: what it means, who may have it. */
    owner: Party,
    /** Looks after it day by day. Absent: the owner. */
    steward: Party.optional(),
    sensitivity: z.enum(SENSITIVITIES).default('internal'),
    sensors: z.array(SensorName).max(512).default([]),
    /** Feature views made of them, by the names of the models that define them. */
    featureViews: z.array(z.string().min(1).max(64)).max(64).default([]),
    /** Shops whose labels are these. Empty: every shop. */
    sites: z.record(LabelName, LabelValue).default({}),
    /** Days for which raw and rolled-up data may be kept, as the organisation's policy has it. */
    retentionDays: z.int().positive().max(36_500).optional(),
  }),
})
export type Dataset = z.infer<typeof Dataset>
