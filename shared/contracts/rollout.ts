import { z } from 'zod'
import { UpdatePolicy } from './documents.ts'
import { RolloutName } from './names.ts'
import { Duration, LabelName, LabelValue } from './scalars.ts'
import { DeviceSelector } from './selector.ts'

const RolloutStep = z
  .strictObject({
    /** Percent of the rollout's devices that serve the version, those before included. */
    setWeight: z.number().gt(0).max(100).optional(),
    /** The same as a number of devices. */
    setCount: z.int().positive().max(10_000_000).optional(),
    /** For a time, or until somebody resumes it. */
    pause: z.strictObject({ duration: Duration.optional() }).optional(),
    /** Waits until the candidate in shadow has been found better or non-inferior. */
    analysis: z.strictObject({}).optional(),
  })
  .refine((step) => Object.keys(step).length === 1, 'a step is one of setWeight, setCount, pause and analysis')
export type RolloutStep = z.infer<typeof RolloutStep>

/** From this share of active devices on, a rollout goes on proof only. */
export const PROOF_FROM_PERCENT = 25

const Analysis = z
  .strictObject({
    /** Devices on which the candidate runs in shadow. */
    devices: z.int().min(2).max(10_000).default(200),
    /** Label by which those are drawn in proportion, and devices are compared with their like. */
    stratifyBy: LabelName.default('region'),
    /** Worse by less than this share of the champion's error still passes. */
    margin: z.number().gt(0).max(1).default(0.03),
    /** Closed local days before it may pass; harm is called from the third on. */
    minDays: z.int().min(3).max(14).default(7),
    /** A day counts with at least so many devices. */
    minDevices: z.int().min(2).max(10_000).default(100),
    /** The bounds hold up to day 14. */
    maxDays: z.int().min(3).max(14).default(14),
    /** After the last day: `hold` for a person, or `abort`. */
    onInconclusive: z.enum(['hold', 'abort']).default('hold'),
    /** What one device may suffer by the candidate; null: not watched. */
    guards: z
      .strictObject({
        /** Ends of its model host. */
        maxCrashes: z.int().nonnegative().nullable().default(1),
        latencyP95Ms: z.number().positive().nullable().default(50),
        /** Its intervals may cover less of the actuals than the champion's, by this share. */
        coverageLoss: z.number().gt(0).lt(1).nullable().default(0.1),
      })
      .prefault({}),
    /**
     * From a replay of the candidate on the devices' own history (of 28 days, say): standard deviation and long-run variance
     * ratio of the cohort's daily relative difference. Without one the scatter is taken for 8 %, and little passes.
     */
    replay: z
      .strictObject({ dailySd: z.number().positive().max(1), longRunRatio: z.number().positive().max(100) })
      .optional(),
  })
  .refine(({ minDevices, devices }) => minDevices <= devices, {
    message: 'no more than devices: a day could never count',
    path: ['minDevices'],
  })
  .refine(({ minDays, maxDays }) => minDays <= maxDays, { message: 'no more than maxDays', path: ['minDays'] })
export type RolloutAnalysis = z.infer<typeof Analysis>

const Spec = z
  .strictObject({
    /** Resolved once, when the rollout starts. */
    model: z
      .string()
      .max(100)
      .regex(
        /^models:\/[^/@]+(\/\d+|@[a-z][a-z0-9-]*)$/,
        'a model version: models:/demand/3 or models:/demand@candidate',
      ),
    selector: DeviceSelector.prefault({}),
    /** A file that is not to be started yet: `storecast apply` leaves it alone, and the cloud refuses it. */
    suspend: z.boolean().default(false),
    /** `join`: a device enrolled later takes its place among the others, also after the end; `ignore`: it gets nothing. */
    lateJoiners: z.enum(['join', 'ignore']).default('join'),
    steps: z.array(RolloutStep).min(1).max(50),
    /** `none`: roll out without comparing the version with the one that serves. */
    evidence: z.enum(['required', 'none']).default('required'),
    analysis: Analysis.prefault({}),
    /** Devices at it at once; null: as many as the step names. */
    concurrency: z.int().positive().nullable().default(null),
    /** In each group of devices with the same value of the label, so many (or percent of them) may be at it or have failed. */
    disruption: z
      .strictObject({
        groupBy: LabelName,
        maxUnavailable: z.union([
          z.int().positive(),
          z.string().regex(/^([1-9]\d?|100)%$/, 'a number of devices, or percent of the group as "10%"'),
        ]),
      })
      .nullable()
      .default(null),
    /** A connected device that says nothing for so long after it was told is silent, which counts as failed. */
    deadline: Duration.default('1h'),
    /** A device that has been away for so long after it was told goes without. */
    offlineExpiry: Duration.default('7d'),
    /** Share of the devices told that must succeed before the next step. */
    minSucceeded: z.number().gt(0).max(1).default(0.9),
    /** More than this share failed, rolled back or silent: `onFailure`. */
    maxFailed: z.number().min(0).lt(1).default(0.1),
    onFailure: z.enum(['pause', 'abort']).default('pause'),
    /** How each device goes about it: its hours, its soak. */
    update: UpdatePolicy.optional(),
    /** Alias to point at the version when the rollout has succeeded. */
    alias: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,31}$/, 'an alias: lower-case letters, digits and "-"')
      .optional(),
  })
  .superRefine((spec, context) => {
    const issue = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message })
    let weight = 0
    let analysed = false
    for (const [index, step] of spec.steps.entries()) {
      if (step.analysis && spec.evidence === 'none') {
        issue(['steps', index, 'analysis'], 'evidence is "none": leave the analysis out, or ask for evidence')
      }
      analysed ||= step.analysis !== undefined
      if (step.setWeight === undefined) continue
      if (step.setWeight <= weight) issue(['steps', index, 'setWeight'], `more than the ${weight} of the step before`)
      weight = step.setWeight
      if (weight < PROOF_FROM_PERCENT || analysed || spec.evidence === 'none') continue
      issue(
        ['steps', index, 'setWeight'],
        `less than ${PROOF_FROM_PERCENT} without an analysis step before it; add "- analysis: {}", or say "evidence: none"`,
      )
    }
    if (!spec.steps.some((step) => step.setWeight !== undefined || step.setCount !== undefined)) {
      issue(['steps'], 'a setWeight or setCount among them: else nothing is rolled out')
    }
  })
export type RolloutSpec = z.infer<typeof Spec>

/** A rollout as code: which version goes to which devices, in what steps, on what evidence. */
export const RolloutDocument = z.strictObject({
  apiVersion: z.literal('storecast/v1'),
  kind: z.literal('Rollout'),
  metadata: z.strictObject({
    name: RolloutName,
    description: z.string().max(500).default(''),
    labels: z.record(LabelName, LabelValue).default({}),
  }),
  spec: Spec,
})
export type RolloutDocument = z.infer<typeof RolloutDocument>
/** As written, defaults left out. */
export type RolloutInput = z.input<typeof RolloutDocument>
