import { z } from 'zod'
import { ModelDefinition } from './model-definition.ts'
import { Sha256 } from './names.ts'

export const TensorType = z.enum(['float32', 'int64'])

/** A tensor of the model's interface; a string names a free dimension. */
export const TensorSpec = z.strictObject({
  name: z.string().min(1).max(64),
  type: TensorType,
  shape: z.array(z.union([z.int().nonnegative(), z.string().max(32)])).max(8),
})
export type TensorSpec = z.infer<typeof TensorSpec>

/**
 * `manifest.json` of a model bundle. A bundle is one tar: `model.onnx` (single file), `manifest.json`, `golden.json`,
 * `reference.json`, `warmup.json`, `card.md`.
 *
 * Tensors by feature view (N: entities, F: features, S: static attributes, Q: quantiles, C: channels):
 * - `daily-demand`: in `features` float32 [N,F], `statics` int64 [N,S], `scale` float32 [N];
 *   out `quantiles` float32 [N,Q] and `mean` float32 [N] of the day's total in units, `profile` float32 [N,24] (sums to 1).
 * - `sequence`: in `series` float32 [N,context,C]; out `quantiles` float32 [N,horizon,C,Q], in the sensors' units.
 */
export const Manifest = z.strictObject({
  format: z.literal(1),
  definition: ModelDefinition,
  precision: z.enum(['float32', 'int8']),
  inputs: z.array(TensorSpec).min(1),
  outputs: z.array(TensorSpec).min(1),
  /** Values of each static attribute, in index order from 1; 0 stands for one not seen in training. */
  vocabulary: z.record(z.string(), z.array(z.string())),
  /** Feature names in column order. */
  features: z.array(z.string()),
  /** What stands for a feature that is not known (no weather forecast came): its mean in training, in column order. */
  fill: z.array(z.number()).default([]),
  /** Digest of every other file in the archive. */
  files: z.record(z.string(), Sha256),
  /**
   * Held-out scores of this model, and of the seasonal-naive baseline on the same rows; beside the model's scores
   * `latency_p95_ms`, milliseconds for one golden case on the machine that trained it.
   */
  metrics: z.record(z.string(), z.number()),
  baseline: z.record(z.string(), z.number()),
  lineage: z.strictObject({
    dataset: z.strictObject({ sha256: Sha256, rows: z.int(), from: z.string(), to: z.string() }),
    trainedAt: z.string(),
    seconds: z.number(),
    storecast: z.string(),
  }),
  quantization: z
    .strictObject({ scheme: z.string(), calibrationRows: z.int(), bytesFloat32: z.int(), bytesInt8: z.int() })
    .nullable(),
})
export type Manifest = z.infer<typeof Manifest>

const TensorData = z.strictObject({
  type: TensorType,
  shape: z.array(z.int().nonnegative()),
  data: z.array(z.number()),
})

/** `golden.json`: inputs with the outputs the exported model gave; a device must reproduce them on its own CPU. */
export const Golden = z.strictObject({
  /** |got − expected| ≤ absolute + relative × |expected|, element by element. */
  tolerance: z.strictObject({ absolute: z.number(), relative: z.number() }),
  cases: z
    .array(z.strictObject({ inputs: z.record(z.string(), TensorData), outputs: z.record(z.string(), TensorData) }))
    .min(1)
    .max(64),
})
export type Golden = z.infer<typeof Golden>

/**
 * `warmup.json`: out-of-sample forecasts of in-stock rows, by site, made by a network that had not seen those days. A
 * device that has just received the model calibrates with them until it has scored days of its own. Parallel arrays
 * over rows; forecasts are raw (before calibration), in units.
 */
export const Warmup = z.strictObject({
  format: z.literal(1),
  /** Levels of `quantiles`, ascending, as in the definition. */
  levels: z.array(z.number().gt(0).lt(1)).min(1).max(32),
  sites: z.record(
    z.string(),
    z
      .strictObject({
        /** Local day of each row, ascending, `2026-03-29`. */
        days: z.array(z.string().regex(/^\d{4}-\d{2}-\d{2}$/)),
        actual: z.array(z.number()),
        mean: z.array(z.number()),
        /** One array of rows a level. */
        quantiles: z.array(z.array(z.number())),
      })
      .refine(
        (rows) => [rows.actual, rows.mean, ...rows.quantiles].every((column) => column.length === rows.days.length),
        'warm-up columns differ in length',
      ),
  ),
})
export type Warmup = z.infer<typeof Warmup>
