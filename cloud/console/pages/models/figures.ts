import { count, figure, percent } from '../../kit/figures.ts'

/** Metrics that are shares; others are in units, or counts. */
const SHARES = new Set(['wape', 'wpe', 'coverage', 'baselineWape'])
const COUNTS = new Set(['rows', 'windows'])
/** Less is better of these; of what is not named nothing is said. */
const LESS_IS_BETTER = new Set(['wape', 'pinball', 'mse', 'mae', 'rmse', 'latency_p95_ms'])

const NAMES: Readonly<Record<string, string>> = {
  wape: 'WAPE: Σ|error| / Σ actual',
  wpe: 'WPE: Σ error / Σ actual',
  pinball: 'Pinball loss, units',
  coverage: 'Actuals inside the interval',
  rows: 'Rows scored',
  windows: 'Windows scored',
  mse: 'Mean squared error',
  mae: 'Mean absolute error',
  latency_p95_ms: 'Latency p95, ms where trained',
}

/** Metrics of either, in the order in which people look at them. */
export function metricNames(...of: readonly Readonly<Record<string, number>>[]): string[] {
  const known = Object.keys(NAMES)
  const place = (name: string) => (known.includes(name) ? known.indexOf(name) : known.length)
  return [...new Set(of.flatMap(Object.keys))].sort((a, b) => place(a) - place(b))
}

export const metricName = (metric: string): string => NAMES[metric] ?? metric

export function metricText(metric: string, value: number | null | undefined): string {
  if (SHARES.has(metric)) return percent(value)
  return COUNTS.has(metric) ? count(value) : figure(value)
}

/** How a value compares with another of the same metric: "12 % less, better"; undefined where nothing can be said. */
export function against(
  metric: string,
  value: number | null | undefined,
  other: number | null | undefined,
): { readonly text: string; readonly isBetter: boolean } | undefined {
  if (!LESS_IS_BETTER.has(metric) || value == null || other == null || other === 0 || value === other) return undefined
  const change = (value - other) / Math.abs(other)
  const isBetter = change < 0
  return { text: `${percent(Math.abs(change))} ${isBetter ? 'less' : 'more'}`, isBetter }
}
