import type { SelfMeasuredName } from '@storecast/shared/contracts'

/** Sums over the windows of one self-measured series: what every figure is made of, so that any spans and places merge. */
export interface Sums {
  /** Observations. */
  readonly count: number
  /** In the series' unit. */
  readonly sum: number
  /** Rows left out of count and sum: in a stock-out what was sold says nothing. */
  readonly missing: number
}

/** Share or ratio: the value is `numerator / denominator`; null where the denominator is 0. */
export interface Ratio {
  readonly numerator: number
  readonly denominator: number
}

export interface KpiDefinition {
  readonly id: string
  readonly title: string
  readonly unit: 'ms' | '1' | '1/30 d' | 'h/30 d'
  /** As people read it. */
  readonly formula: string
  /** Where its figures come from. */
  readonly source: string
  /**
   * By whose clock its facts fall into a span: the shops', as devices tell when something was, or the cloud's own. They are one
   * where shops live on real time; see `KpiQuery.cloudTo`.
   */
  readonly clock: 'shops' | 'cloud' | 'both'
}

/**
 * What of decisions is counted, as a series of zeros and ones is: those that are judged, 1 where they were right; suggestions
 * that staff answered or may answer no more, 1 where they were taken.
 */
export type DecisionMeasure = '$decisions-judged' | '$suggestions'
export type Measure = SelfMeasuredName | DecisionMeasure

/** A KPI that is a ratio of sums, so that it merges over days and places: of each model, or of devices themselves. */
export interface RatioKpi extends KpiDefinition {
  readonly measures: readonly Measure[]
  readonly ratio: (sums: (measure: Measure) => Sums) => Ratio
}

/** Every KPI of a model, its formula and where its figures come from: the one place that has them. */
export const MODEL_KPIS: readonly RatioKpi[] = [
  {
    id: 'inference-latency',
    title: 'Inference latency, mean',
    unit: 'ms',
    formula: 'Σ milliseconds from a run’s inputs to its answer / runs that had one',
    source: '$model-latency',
    clock: 'shops',
    measures: ['$model-latency'],
    ratio: (of) => ({ numerator: of('$model-latency').sum, denominator: of('$model-latency').count }),
  },
  {
    id: 'inference-failures',
    title: 'Inferences without an answer',
    unit: '1',
    formula: 'runs that gave no answer or ended their host / all runs',
    source: '$model-failures',
    clock: 'shops',
    measures: ['$model-failures'],
    ratio: (of) => ({ numerator: of('$model-failures').sum, denominator: of('$model-failures').count }),
  },
  {
    id: 'forecast-error',
    title: 'Forecast error, WAPE',
    unit: '1',
    formula: 'Σ|middle quantile − actual| / Σ actual',
    source: '$forecast-absolute-error, $forecast-actual',
    clock: 'shops',
    measures: ['$forecast-absolute-error', '$forecast-actual'],
    ratio: (of) => ({ numerator: of('$forecast-absolute-error').sum, denominator: of('$forecast-actual').sum }),
  },
  {
    id: 'forecast-gain',
    title: 'Error saved against the baseline',
    unit: '1',
    formula: '1 − Σ|middle quantile − actual| / Σ|seasonal naive − actual|, on the same rows',
    source: '$forecast-absolute-error, $forecast-baseline-error',
    clock: 'shops',
    measures: ['$forecast-absolute-error', '$forecast-baseline-error'],
    ratio: (of) => {
      const baseline = of('$forecast-baseline-error').sum
      return { numerator: baseline - of('$forecast-absolute-error').sum, denominator: baseline }
    },
  },
  {
    id: 'forecast-bias',
    title: 'Forecast bias, WPE',
    unit: '1',
    formula: 'Σ(middle quantile − actual) / Σ actual',
    source: '$forecast-error, $forecast-actual',
    clock: 'shops',
    measures: ['$forecast-error', '$forecast-actual'],
    ratio: (of) => ({ numerator: of('$forecast-error').sum, denominator: of('$forecast-actual').sum }),
  },
  {
    id: 'interval-coverage',
    title: 'Actuals inside the interval',
    unit: '1',
    formula: 'actuals from the lowest to the highest quantile / all',
    source: '$forecast-coverage',
    clock: 'shops',
    measures: ['$forecast-coverage'],
    ratio: (of) => ({ numerator: of('$forecast-coverage').sum, denominator: of('$forecast-coverage').count }),
  },
  {
    id: 'stock-out-rate',
    title: 'Product-days with a stock-out',
    unit: '1',
    formula: 'product-days with a stock-out in the hours of trade / all product-days that were forecast',
    source: '$forecast-actual',
    clock: 'shops',
    measures: ['$forecast-actual'],
    ratio: (of) => {
      const { count, missing } = of('$forecast-actual')
      return { numerator: missing, denominator: count + missing }
    },
  },
  {
    id: 'decision-accuracy',
    title: 'Decisions that were right',
    unit: '1',
    formula:
      'decisions that were right / all of which it is known; a hold: the shop did not run out in the lead time; an order: without it the shop would have run out, or have had less than its safety stock (highest less middle quantile of the demand) left',
    source: 'decisions',
    clock: 'shops',
    measures: ['$decisions-judged'],
    ratio: (of) => ({ numerator: of('$decisions-judged').sum, denominator: of('$decisions-judged').count }),
  },
  {
    id: 'model-adoption',
    title: 'Suggestions that staff took',
    unit: '1',
    formula: 'suggestions accepted, or ordered in another quantity / suggestions that were answered or may be no more',
    source: 'decisions',
    clock: 'shops',
    measures: ['$suggestions'],
    ratio: (of) => ({ numerator: of('$suggestions').sum, denominator: of('$suggestions').count }),
  },
]

const MINUTE_MS = 60_000
/** Of a month of 30 days. */
const MONTH_HOURS = 720

/** CPU hours a month of what uses `ms` in so many minutes. */
const monthly = (ms: number, minutes: number): Ratio => ({
  numerator: (ms / MINUTE_MS) * MONTH_HOURS,
  denominator: minutes,
})

/** Of devices, whatever models they run. */
export const DEVICE_KPIS: readonly RatioKpi[] = [
  {
    id: 'device-cpu',
    title: 'CPU of a device',
    unit: 'h/30 d',
    formula: 'Σ CPU milliseconds of the agent and its processes / 60,000 / minutes that it ran × 720 h',
    source: '$cpu',
    clock: 'shops',
    measures: ['$cpu'],
    ratio: (of) => monthly(of('$cpu').sum, of('$cpu').count),
  },
]

/** Of the cloud: its processes, training and its own database included. */
export const CLOUD_CPU: KpiDefinition = {
  id: 'cloud-cpu',
  title: 'CPU of the cloud',
  unit: 'h/30 d',
  formula:
    'Σ CPU milliseconds of the cloud’s processes and its own PostgreSQL / 60,000 / minutes in which any of them ran × 720 h',
  source: 'cloud_cpu',
  clock: 'cloud',
}

export const cloudCpu = (sums: { readonly cpuMs: number; readonly ranMs: number }): Ratio =>
  monthly(sums.cpuMs, sums.ranMs / MINUTE_MS)

/** What the programme's cost is compared with: CPU hours of 30 days before it, by configuration. */
export const OPERATING_COST: KpiDefinition = {
  id: 'operating-cost',
  title: 'Operating cost against before',
  unit: '1',
  formula:
    '(CPU of a device + CPU of the cloud / devices that are measured) / CPU of a device and its part of the cloud before − 1',
  source: '$cpu, cloud_cpu; cost.cpuHoursBefore of the configuration',
  clock: 'both',
}

/** @param options.baseline CPU hours of 30 days, of a device and its part of the cloud */
export function operatingCost(options: {
  readonly device: Ratio
  readonly cloud: Ratio
  readonly devices: number
  readonly baseline: number
}): Ratio {
  const { device, cloud, devices, baseline } = options
  if (devices === 0 || device.denominator === 0 || cloud.denominator === 0) return { numerator: 0, denominator: 0 }
  const now = device.numerator / device.denominator + cloud.numerator / cloud.denominator / devices
  return { numerator: now - baseline, denominator: baseline }
}

/** Rollouts of a span that ended in success, brought to 30 days. */
export const DEPLOYMENT_FREQUENCY: KpiDefinition = {
  id: 'deployment-frequency',
  title: 'Model versions rolled out',
  unit: '1/30 d',
  formula: 'rollouts that succeeded / days of the span × 30',
  source: 'rollouts',
  clock: 'cloud',
}

/** All of them, in the order in which they are told. */
export const KPIS: readonly KpiDefinition[] = [
  ...MODEL_KPIS,
  ...DEVICE_KPIS,
  CLOUD_CPU,
  OPERATING_COST,
  DEPLOYMENT_FREQUENCY,
]

/** What a figure is to be; bounds that are given all have to hold. */
export interface Target {
  readonly below?: number | undefined
  readonly above?: number | undefined
}

/** The programme's own targets; configuration may set others. */
export const TARGETS: Readonly<Record<string, Target>> = {
  'inference-latency': { below: 50 },
  'forecast-gain': { above: 0 },
  'interval-coverage': { above: 0.75, below: 0.85 },
  'decision-accuracy': { above: 0.9 },
  'operating-cost': { below: -0.15 },
}

/** Null where there is nothing to be judged, or no target. */
export function meets(value: number | null, target: Target | undefined): boolean | null {
  if (value === null || target === undefined) return null
  return (target.below === undefined || value < target.below) && (target.above === undefined || value > target.above)
}
