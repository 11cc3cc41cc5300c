import { z } from 'zod'
import { EntityId, ModelName, SensorName, type SeriesKey } from './names.ts'
import type { WindowSize } from './sensors.ts'

/**
 * What a device measures of itself travels as windows, like what its sensors measure: the same records, coarsening, outbox
 * and wire. The names begin with "$", which no sensor's name does.
 */

interface SelfMeasured {
  /** `target`: the unit of what the model forecasts; over channels of several units, each in its own. */
  readonly unit: 'ms' | 'MB' | '°C' | 'target' | 'target²' | '1'
  /** Values are whole multiples of this, as a sensor's are; sketches are around 0. */
  readonly resolution: number
  readonly window: WindowSize
  /** What the entity names: see `modelEntity`, `forecastEntity` and `featureEntity`; that of the device itself is empty. */
  readonly entity: 'model' | 'forecast' | 'feature' | 'device'
}

/**
 * Of each, `count` is the number of observations. A share (unit 1) observes 1 or 0: its sum is how often, sum / count the
 * share. Of models: one observation for each run of a version that serves, at the time of its end.
 *
 * Of forecasts: one for each product (or channel and step) whose actual is in, in the window of the local day in which the
 * span begins; e = middle quantile − actual. `quality.missing` counts those left out of all sums, since in a stock-out what
 * was sold says nothing. A reading that comes late is scored again and the window sent again.
 */
export const SELF_MEASURED = {
  /** Milliseconds from a run's inputs to its answer; `count`: the inferences that had one. */
  '$model-latency': { unit: 'ms', resolution: 0.001, window: '5m', entity: 'model' },
  /** 1: the run gave no answer, or ended its host. `count`: all runs. */
  '$model-failures': { unit: '1', resolution: 1, window: '5m', entity: 'model' },
  /** e. Bias = sum / count. */
  '$forecast-error': { unit: 'target', resolution: 0.001, window: '1d', entity: 'forecast' },
  /** |e|. MAE = sum / count; WAPE = sum / the sum of the actuals. */
  '$forecast-absolute-error': { unit: 'target', resolution: 0.001, window: '1d', entity: 'forecast' },
  /** e². RMSE = √(sum / count). */
  '$forecast-squared-error': { unit: 'target²', resolution: 0.001, window: '1d', entity: 'forecast' },
  /** |baseline − actual| of the seasonal-naive baseline (a channel's: its last value), on the same rows. */
  '$forecast-baseline-error': { unit: 'target', resolution: 0.001, window: '1d', entity: 'forecast' },
  '$forecast-actual': { unit: 'target', resolution: 0.001, window: '1d', entity: 'forecast' },
  /** 1: the actual lies from the lowest to the highest quantile, both included. */
  '$forecast-coverage': { unit: '1', resolution: 1, window: '1d', entity: 'forecast' },
  /**
   * An input of a `daily-demand` run, for products that are known (200 of them, where there are more), in the window of the
   * day that is forecast: standard deviations from the mean, both of the bundle's reference.
   */
  $feature: { unit: '1', resolution: 0.001, window: '1d', entity: 'feature' },
  /**
   * Milliseconds of CPU that the agent and the processes that it started used, one observation for each minute (of the
   * machine's own, monotonic time) that it ran: sum / count / 60,000 is the share of one core.
   */
  $cpu: { unit: 'ms', resolution: 1, window: '1h', entity: 'device' },
  /** As often: resident memory of the agent and those processes (2^20 bytes; what they share counts in each). */
  $memory: { unit: 'MB', resolution: 0.1, window: '1h', entity: 'device' },
  /** The hottest of the machine's thermal zones; none where it has none. */
  $temperature: { unit: '°C', resolution: 0.1, window: '1h', entity: 'device' },
  /** Share taken of the file system on which the agent's data lies. */
  $disk: { unit: '1', resolution: 0.001, window: '1h', entity: 'device' },
} as const satisfies Readonly<Record<`$${string}`, SelfMeasured>>
export type SelfMeasuredName = keyof typeof SELF_MEASURED

/** What a window's series may be named: a sensor, or what a device measures of itself, also by a later version. */
export const SeriesName = z.union([
  SensorName,
  z.string().regex(/^\$[a-z0-9][a-z0-9-]{0,46}$/, 'a sensor, or "$" and lower-case letters, digits and "-"'),
])

export const isSelfMeasured = ({ sensor }: Pick<SeriesKey, 'sensor'>): boolean => sensor.startsWith('$')

/** Unit and resolution of a self-measured series; undefined for a sensor, and for a name of a later version. */
export const selfMeasured = (name: string): SelfMeasured | undefined =>
  Object.hasOwn(SELF_MEASURED, name) ? SELF_MEASURED[name as SelfMeasuredName] : undefined

const HOUR = 3_600_000
/** By the longest time ahead; those of days have an hour more, since one day a year does. */
const HORIZON_LIMITS = { '1h': HOUR, '6h': 6 * HOUR, '1d': 25 * HOUR, '2d': 49 * HOUR, '7d': 169 * HOUR } as const

/** How far ahead a forecast looks, from its issue to the end of its span (a channel's: of the step). */
export const Horizon = z.enum(['1h', '6h', '1d', '2d', '7d', 'far'])
export type Horizon = z.infer<typeof Horizon>

/** @param aheadMs from the issue time to the end of what is forecast */
export function horizonOf(aheadMs: number): Horizon {
  for (const [horizon, limit] of Object.entries(HORIZON_LIMITS)) if (aheadMs <= limit) return horizon as Horizon
  return 'far'
}

export interface ModelVersion {
  readonly model: string
  readonly version: number
}

/** `demand.3`: the entity of a series about a version of a model. */
export const modelEntity = ({ model, version }: ModelVersion): string => `${model}.${version}`

/** `demand.3.1d`: the entity of a series about its forecasts so far ahead. */
export const forecastEntity = ({ horizon, ...of }: ModelVersion & { readonly horizon: Horizon }): string =>
  `${modelEntity(of)}.${horizon}`

/** `demand.3.17`: the entity of a series about an input of a version of a model; its place in the manifest's `features`. */
export const featureEntity = ({ index, ...of }: ModelVersion & { readonly index: number }): string =>
  `${modelEntity(of)}.${index}`

const Entity = z.tuple([ModelName, z.string().regex(/^[1-9]\d{0,9}$/), Horizon.optional()])

/** What `modelEntity` or `forecastEntity` made; undefined for any other entity. */
export function parseSelfEntity(entity: string): (ModelVersion & { readonly horizon?: Horizon }) | undefined {
  if (!EntityId.safeParse(entity).success) return undefined
  const parsed = Entity.safeParse(entity.split('.'))
  if (!parsed.success) return undefined
  const [model, version, horizon] = parsed.data
  return { model, version: Number(version), ...(horizon && { horizon }) }
}
