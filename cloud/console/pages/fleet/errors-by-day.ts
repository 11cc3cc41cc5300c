import type { Item } from '../../api/client.ts'

type Kpi = Pick<Item<'/v1/kpis'>, 'id' | 'model' | 'trend'>

/** Of one model, by local day; shares of what was sold. */
export interface ErrorsByDay {
  readonly model: string
  /** Unix ms of the day's midnight, UTC. */
  readonly days: readonly number[]
  readonly error: readonly (number | null)[]
  /** Of the seasonal naive on the same forecasts. */
  readonly baseline: readonly (number | null)[]
}

/**
 * The error of the forecasts and of their baseline, Σ|forecast − actual| / Σ actual of each. The gain's denominator is the
 * baseline's error on the same rows, the error's what was sold.
 */
export function errorsByDay(kpis: readonly Kpi[]): ErrorsByDay[] {
  return kpis
    .filter(({ id, trend }) => id === 'forecast-error' && trend.length > 0)
    .map(({ model, trend }) => {
      const gains = kpis.find((kpi) => kpi.id === 'forecast-gain' && kpi.model === model)?.trend ?? []
      const baselines = new Map(gains.map(({ day, denominator }) => [day, denominator]))
      return {
        model: model ?? '',
        days: trend.map(({ day }) => Date.parse(day)),
        error: trend.map(({ value }) => value),
        baseline: trend.map(({ day, denominator }) => {
          const baseline = baselines.get(day)
          return baseline === undefined || denominator === 0 ? null : baseline / denominator
        }),
      }
    })
}
