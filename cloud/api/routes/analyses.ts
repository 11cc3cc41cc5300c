import { DeviceId, LocalDay } from '@storecast/shared/contracts'
import { z } from 'zod'
import { type AnalysisRecord, VERDICTS } from '../../rollout/index.ts'
import { UnixMs } from '../schemas.ts'

const Count = z.int().nonnegative()
const Share = z.number().min(0).max(1)
/** Relative differences are shares of the champion's error. */
const Difference = z.number()
const Coverage = z
  .object({
    rows: Count.describe('For which both gave an interval'),
    champion: Share.describe('Of them, whose actual lies within it'),
    candidate: Share,
  })
  .nullable()

const Estimate = z.object({
  days: Count,
  devices: Count,
  mean: Difference.describe('Of the days’ differences; above 0 the candidate is worse'),
  lower: Difference.describe('With `upper`: the 95 % bounds, which hold at every look at once'),
  upper: Difference,
  standardError: Difference,
  halfWidth: Difference,
  dailySd: Difference.describe('Of one day, what was known before included'),
  priorSd: Difference.describe('Of one day, as known before'),
  inflation: z.number().describe('φ: what correlated days lose against independent ones'),
  betweenDevicesSd: Difference.describe('Of a device’s own lasting difference'),
  observed: z
    .object({ standardError: Difference, lower: Difference, upper: Difference })
    .describe('On these observed days: devices are the only chance'),
})

const Heterogeneity = z.object({
  judged: Count.describe('Devices with enough days to say'),
  worse: z.array(DeviceId).describe('Of them, those lastingly worse than their region'),
  share: Share.describe('Of those judged that have to be worse'),
  found: z.boolean(),
})

const Guard = z.object({
  guard: z.enum(['crashes', 'latency-p95', 'coverage-loss']),
  limit: z.number(),
  devices: Count.describe('With a figure'),
  broken: Count.describe('Of them, beyond the limit'),
  chance: Share.describe('Of so many, or more, where nothing is wrong'),
  alpha: Share.describe('The chance below which it stops'),
  stop: z.boolean(),
})

const CohortDay = z.object({
  day: LocalDay,
  devices: Count,
  rows: Count,
  excluded: Count,
  championAbsolute: z.number().describe('Σ|error of the champion|'),
  difference: Difference.describe('Σ(|error of the candidate| − |error of the champion|) / Σ|error of the champion|'),
  coverage: Coverage,
})

const said = {
  verdict: z.enum(VERDICTS),
  reason: z.string(),
  final: z.boolean().describe('No later day will change it'),
}

/** What the evidence of a rollout said at one look: a verdict, and every value, bound and denominator that it rests on. */
export const Analysis: z.ZodType<AnalysisRecord> = z.object({
  step: z.int(),
  at: UnixMs,
  analysis: z.object({
    ...said,
    rule: z.object({ margin: z.number(), minDays: Count, minDevices: Count, maxDays: Count }),
    estimate: Estimate.nullable().describe('Null before the first closed day'),
    heterogeneity: Heterogeneity.nullable(),
    guards: z.array(Guard),
    coverage: Coverage.describe('Over all closed days; null where no device has told any'),
    days: z.array(CohortDay),
    denominators: z.object({
      members: Count.describe('Devices that run both versions'),
      matured: Count.describe('Of them, those with a closed day'),
      pending: Count,
      rows: Count,
      excludedRows: Count.describe('Whose actual is not known, in no sum'),
      daysLeftOut: z.object({
        pending: Count.describe('Too few devices have told of the day yet'),
        dropped: Count.describe('Over for good with too few devices, or without any error of the champion'),
        late: Count.describe('After the last day that counts'),
      }),
    }),
  }),
})

/** What it came to, without the figures. */
export const Verdict = z.object({
  step: z.int(),
  at: UnixMs,
  analysis: z.object(said),
})
