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
  readonly unit: 'ms' | '1' | '1/30 d'
  /** As people read it. */
  readonly formula: string
  /** Where its figures come from. */
  readonly source: string
}

/** A KPI of each model, from what devices measure of it. */
export interface ModelKpi extends KpiDefinition {
  readonly series: readonly SelfMeasuredName[]
  readonly ratio: (sums: (series: SelfMeasuredName) => Sums) => Ratio
}

/** Every KPI of a model, its formula and where its figures come from: the one place that has them. */
export const MODEL_KPIS: readonly ModelKpi[] = [
  {
    id: 'inference-latency',
    title: 'Inference latency, mean',
    unit: 'ms',
    formula: 'Σ milliseconds from a run’s inputs to its answer / runs that had one',
    source: '$model-latency',
    series: ['$model-latency'],
    ratio: (of) => ({ numerator: of('$model-latency').sum, denominator: of('$model-latency').count }),
  },
  {
    id: 'inference-failures',
    title: 'Inferences without an answer',
    unit: '1',
    formula: 'runs that gave no answer or ended their host / all runs',
    source: '$model-failures',
    series: ['$model-failures'],
    ratio: (of) => ({ numerator: of('$model-failures').sum, denominator: of('$model-failures').count }),
  },
  {
    id: 'forecast-error',
    title: 'Forecast error, WAPE',
    unit: '1',
    formula: 'Σ|middle quantile − actual| / Σ actual',
    source: '$forecast-absolute-error, $forecast-actual',
    series: ['$forecast-absolute-error', '$forecast-actual'],
    ratio: (of) => ({ numerator: of('$forecast-absolute-error').sum, denominator: of('$forecast-actual').sum }),
  },
  {
    id: 'forecast-gain',
    title: 'Error saved against the baseline',
    unit: '1',
    formula: '1 − Σ|middle quantile − actual| / Σ|seasonal naive − actual|, on the same rows',
    source: '$forecast-absolute-error, $forecast-baseline-error',
    series: ['$forecast-absolute-error', '$forecast-baseline-error'],
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
    series: ['$forecast-error', '$forecast-actual'],
    ratio: (of) => ({ numerator: of('$forecast-error').sum, denominator: of('$forecast-actual').sum }),
  },
  {
    id: 'interval-coverage',
    title: 'Actuals inside the interval',
    unit: '1',
    formula: 'actuals from the lowest to the highest quantile / all',
    source: '$forecast-coverage',
    series: ['$forecast-coverage'],
    ratio: (of) => ({ numerator: of('$forecast-coverage').sum, denominator: of('$forecast-coverage').count }),
  },
  {
    id: 'stock-out-rate',
    title: 'Product-days with a stock-out',
    unit: '1',
    formula: 'product-days with a stock-out in the hours of trade / all product-days that were forecast',
    source: '$forecast-actual',
    series: ['$forecast-actual'],
    ratio: (of) => {
      const { count, missing } = of('$forecast-actual')
      return { numerator: missing, denominator: count + missing }
    },
  },
]

/** Rollouts of a span that ended in success, brought to 30 days. */
export const DEPLOYMENT_FREQUENCY: KpiDefinition = {
  id: 'deployment-frequency',
  title: 'Model versions rolled out',
  unit: '1/30 d',
  formula: 'rollouts that succeeded / days of the span × 30',
  source: 'rollouts',
}

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
}

/** Null where there is nothing to be judged, or no target. */
export function meets(value: number | null, target: Target | undefined): boolean | null {
  if (value === null || target === undefined) return null
  return (target.below === undefined || value < target.below) && (target.above === undefined || value > target.above)
}
