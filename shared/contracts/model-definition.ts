import { z } from 'zod'
import { DecisionDefinition } from './decision.ts'
import { ModelName, SensorName } from './names.ts'
import { WindowSize } from './sensors.ts'

/**
 * `daily-demand`: one row a (product, day), from the site's own daily history, static attributes and what is known
 * ahead. Training and the device run the same code (`@storecast/shared/features`).
 */
export const DailyDemandView = z.strictObject({
  kind: z.literal('daily-demand'),
  /** Event sensor whose window sums are the target. */
  target: SensorName,
  /** Event sensor that counts minutes out of stock: a day with any inside `openHours` is censored. */
  censoredBy: SensorName,
  /** First and last hour of trade, both included. */
  openHours: z.tuple([z.int().min(0).max(23), z.int().min(0).max(23)]).default([6, 22]),
  /** Static attributes that are embedded, with their width; `site` and `entity` name the keys themselves. */
  statics: z.record(z.string(), z.int().positive().max(64)),
  knownAhead: z.strictObject({ entity: z.array(z.string()), site: z.array(z.string()) }),
  /** Names in `knownAhead` for which the mean of past days in the same state is a feature (promotion, holiday, discount). */
  states: z.array(z.string()).default([]),
  /** Static attributes whose values group the site's products: how each group's last days compare to its mean. */
  groups: z.array(z.string()).default([]),
})

/** `sequence`: the last `context` windows of every channel, for any multichannel sensor series. */
export const SequenceView = z.strictObject({
  kind: z.literal('sequence'),
  /** Sensors of the site, in channel order; `*` is every numeric column of the data set. */
  channels: z.union([z.literal('*'), z.array(SensorName).min(1).max(512)]),
  /** Span of one window. */
  step: WindowSize,
  /** Windows that the model sees. */
  context: z.int().min(2).max(4096),
})

export const FeatureView = z.discriminatedUnion('kind', [DailyDemandView, SequenceView])
export type FeatureView = z.infer<typeof FeatureView>
export type DailyDemandView = z.infer<typeof DailyDemandView>
export type SequenceView = z.infer<typeof SequenceView>

export const Network = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('seasonal-naive'), season: z.int().positive().default(7) }),
  z.strictObject({
    kind: z.literal('residual-mlp'),
    /** Of each hidden layer. */
    width: z.int().positive().default(128),
    /** Residual blocks, one after another. */
    blocks: z.int().nonnegative().default(2),
    /** Share of a layer that is left out in each training step. */
    dropout: z.number().min(0).max(0.9).default(0.35),
    /**
     * Known-ahead covariates that every second seed's network does not see. Weather helps within a season and misleads
     * in the next: the mean of both kinds forecasts better than either.
     */
    halfWithout: z.array(z.string()).default([]),
  }),
  z.strictObject({ kind: z.literal('revin-linear') }),
  /** Made elsewhere: an ONNX file with the view's tensors comes in by `storecast model push`, and is never trained here. */
  z.strictObject({
    kind: z.literal('imported'),
    /** `int8` where its kernels round: golden vectors are compared more loosely. */
    precision: z.enum(['float32', 'int8']).default('float32'),
    /** Values of static attributes in the order of the network's own codes, from 1; by default in that of the data set. */
    vocabulary: z.record(z.string(), z.array(z.string())).default({}),
  }),
])
export type Network = z.infer<typeof Network>

export const Training = z.strictObject({
  /** Passes over the data. */
  epochs: z.int().positive().default(5),
  /** Rows in a step. */
  batch: z.int().positive().default(512),
  learningRate: z.number().positive().default(1e-3),
  /** Of AdamW. */
  weightDecay: z.number().nonnegative().default(0.1),
  /** One network a seed; the bundle averages them. */
  seeds: z.array(z.int()).min(1).max(16).default([1, 2, 3]),
})
export type Training = z.infer<typeof Training>

/** Both steps run on the device, after inference, with data up to the issue time only. */
export const Calibration = z.strictObject({
  /** All quantiles times Σ actual / Σ forecast of this many closed days. 0: off. */
  levelDays: z.int().nonnegative().max(60).default(7),
  /** Rolling asymmetric conformal step over this many closed days. 0: off. */
  conformalDays: z.int().nonnegative().max(120).default(7),
  /** Both are drawn toward "no correction" as if so many rows had said that none is needed: a small shop learns slower. */
  priorRows: z.number().nonnegative().max(100_000).default(60),
})
export type Calibration = z.infer<typeof Calibration>

/** How a CSV data set names the columns: by canonical name, the names to accept beside it. */
export const DatasetColumns = z.strictObject({
  columns: z.record(z.string(), z.union([z.string(), z.array(z.string()).min(1).max(8)])).default({}),
})
export type DatasetColumns = z.infer<typeof DatasetColumns>

/** What a model sees, forecasts and is made of: from it and a data set, `storecast model train` makes a bundle. */
export const ModelDefinition = z.strictObject({
  apiVersion: z.literal('storecast/v1'),
  kind: z.literal('ModelDefinition'),
  metadata: z.strictObject({ name: ModelName, description: z.string().max(500).default('') }),
  spec: z
    .strictObject({
      /** What the model sees. */
      view: FeatureView,
      /** How a CSV file names the columns. */
      dataset: DatasetColumns.prefault({}),
      /** Steps ahead: hours for `daily-demand` (24), windows for `sequence`. */
      horizon: z.int().positive().max(2048),
      /** Shares of days on which the actual is to be below each forecast. */
      quantiles: z
        .array(z.number().gt(0).lt(1))
        .min(1)
        .refine((q) => q.every((x, i) => i === 0 || x > q[i - 1]!), 'quantiles ascend')
        .default([0.1, 0.5, 0.9]),
      /** When devices forecast, in the site's time zone. */
      schedule: z.string().default('0 0 * * *'),
      /** What it is made of. */
      network: Network,
      training: Training.prefault({}),
      calibration: Calibration.prefault({}),
      /** What devices suggest to staff by the forecasts of this model; left out: nothing. */
      decision: DecisionDefinition.optional(),
      /** As SPDX names it. */
      licence: z.string().max(64).default('Apache-2.0'),
    })
    .refine(({ view, decision }) => !decision || view.kind === 'daily-demand', {
      error: 'a decision needs the demand of products: a view of kind daily-demand',
      path: ['decision'],
    }),
})
export type ModelDefinition = z.infer<typeof ModelDefinition>
