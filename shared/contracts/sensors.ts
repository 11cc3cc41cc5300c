import { z } from 'zod'
import { SensorName } from './names.ts'

/**
 * - *gauge*: a level. A later value at the same time replaces the earlier one, and is counted.
 * - *counter*: monotone; a fall is a reset, and what is stored is the increase.
 * - *event*: something that happened once (a sale). Carries an id; the same id is stored once.
 */
export const SensorKind = z.enum(['gauge', 'counter', 'event'])
export type SensorKind = z.infer<typeof SensorKind>

export const WindowSize = z.enum(['5m', '15m', '1h', '1d'])
export type WindowSize = z.infer<typeof WindowSize>

/** Of two windows of the same age, the one of lower priority loses detail first when a device's space runs out. */
export const Priority = z.enum(['low', 'normal', 'high'])
export type Priority = z.infer<typeof Priority>

/** Steps of resolution between 0 and the far end of the range: any window's sum then stays an exact integer below 2^53. */
export const MOST_STEPS = 2 ** 36

/** A sensor's data quality has six dimensions, each measured as a share in [0, 1] (see `shared/quality`). */
export const QualityDimension = z.enum(['completeness', 'validity', 'timeliness', 'movement', 'uniqueness', 'clock'])
export type QualityDimension = z.infer<typeof QualityDimension>

const Share = z.number().min(0).max(1)

/** What is expected of a sensor's data beyond its range and interval, and from where on somebody is to look after it. */
export const QualityRules = z.strictObject({
  /** Seconds for which a gauge may show one value; each reading that repeats it for longer is flat. 0: it may stand still. */
  flatAfter: z.number().nonnegative().default(0),
  /** Seconds by which a reading's own time may be ahead of the device's clock before it is distrusted. */
  aheadBy: z.number().nonnegative().default(60),
  /** A gauge or counter that is not what was forecast is told as an anomaly where its score is above; 0: never. */
  anomalyAbove: z.number().nonnegative().default(8),
  /** A score below its threshold asks for a steward; 0: never. */
  thresholds: z
    .strictObject({
      completeness: Share.default(0.9),
      validity: Share.default(0.98),
      timeliness: Share.default(0.9),
      movement: Share.default(0.8),
      uniqueness: Share.default(0.9),
      clock: Share.default(0.98),
    })
    .prefault({}),
})
export type QualityRules = z.infer<typeof QualityRules>

/** What a sensor measures and how its readings are stored. Written once per fleet, read by devices and cloud. */
export const SensorDefinition = z
  .strictObject({
    name: SensorName,
    /** `gauge`: a level; `counter`: it only grows; `event`: something that happened once, as a sale. */
    kind: SensorKind,
    /** As people write it: `°C`, `units`, `kWh`. */
    unit: z.string().min(1).max(24),
    /** Values are stored as integers in multiples of this, so that sums are exact in any order. */
    resolution: z.number().positive(),
    /** Readings outside are refused and counted. In `unit`. */
    range: z.tuple([z.number(), z.number()]).refine(([low, high]) => low < high, 'range: [lowest, highest]'),
    /** The usual level, in `unit`; sketches hold (value − centre), since their error is relative. */
    centre: z.number().default(0),
    /** Expected seconds between readings; for events, 0: they come when they come. */
    interval: z.number().nonnegative().default(0),
    /** Spans over which readings are summed up, by the site's own clock. */
    window: WindowSize.default('5m'),
    /** `product`: one series per product of the site; `site`: one series. */
    per: z.enum(['site', 'product']).default('site'),
    /** What is expected of its data; left out: the defaults. */
    quality: QualityRules.optional(),
    /** Who of them loses detail first when the device's space runs out; default: normal. */
    priority: Priority.optional(),
  })
  .refine(({ range, resolution }) => Math.max(...range.map(Math.abs)) / resolution <= MOST_STEPS, {
    error: 'range: more than 2^36 steps of resolution; give a coarser resolution or a narrower range',
    path: ['range'],
  })
export type SensorDefinition = z.infer<typeof SensorDefinition>

/** The rules that hold for a sensor. */
export const qualityRulesOf = ({ quality }: Pick<SensorDefinition, 'quality'>): QualityRules =>
  quality ?? QualityRules.parse({})

export const SensorDefinitions = z
  .array(SensorDefinition)
  .max(512)
  .refine((all) => new Set(all.map((s) => s.name)).size === all.length, 'sensor names must differ')
