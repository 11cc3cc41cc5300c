import type { Item } from '../../api/client.ts'

type Forecast = Pick<
  Item<'/v1/forecasts'>,
  'start' | 'end' | 'issuedAt' | 'quantiles' | 'baseline' | 'actual' | 'censored' | 'model' | 'entity' | 'mean'
>

/** A forecast and what came of it, by the start of its span. */
export interface ForecastSeries {
  /** Unix ms, ascending. */
  readonly starts: readonly number[]
  /** ms: how long the shortest of the spans is. */
  readonly length: number
  readonly middle: readonly (number | null)[]
  readonly low: readonly (number | null)[]
  readonly high: readonly (number | null)[]
  /** Null: not in yet, or a stock-out hid it. */
  readonly actual: readonly (number | null)[]
  readonly baseline: readonly number[]
  /** Spans that are over, and those of them whose actual a stock-out hid. */
  readonly over: number
  readonly hidden: number
}

/** Of several forecasts of a span the one that was issued last. */
export function seriesOf(forecasts: readonly Forecast[]): ForecastSeries {
  const newest = new Map<number, Forecast>()
  for (const one of forecasts) {
    const known = newest.get(one.start)
    if (!known || known.issuedAt <= one.issuedAt) newest.set(one.start, one)
  }
  const all = [...newest.values()].sort((a, b) => a.start - b.start)
  const quantile = ({ quantiles }: Forecast, at: number) => quantiles.at(at) ?? null
  return {
    starts: all.map(({ start }) => start),
    length: Math.min(...all.map(({ start, end }) => end - start)),
    middle: all.map((one) => quantile(one, Math.floor(one.quantiles.length / 2))),
    low: all.map((one) => quantile(one, 0)),
    high: all.map((one) => quantile(one, -1)),
    actual: all.map(({ actual, censored }) => (censored ? null : actual)),
    baseline: all.map(({ baseline }) => baseline),
    over: all.filter(({ actual, censored }) => actual !== null || censored).length,
    hidden: all.filter(({ censored }) => censored).length,
  }
}

/** What is forecast, most first: `model entity`. */
export function subjectsOf(forecasts: readonly Forecast[]): { readonly model: string; readonly entity: string }[] {
  const most = new Map<string, Forecast>()
  for (const one of forecasts) {
    const key = `${one.model}\0${one.entity}`
    if ((most.get(key)?.mean ?? Number.NEGATIVE_INFINITY) < one.mean) most.set(key, one)
  }
  return [...most.values()].sort((a, b) => b.mean - a.mean).map(({ model, entity }) => ({ model, entity }))
}
