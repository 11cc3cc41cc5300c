import { type Scores, score } from '@storecast/shared/forecasts'
import type { CloudClient } from '../client/client.ts'

/** A forecast as the cloud received it from a device. */
export interface ReceivedForecast {
  readonly site: string
  readonly version: number
  readonly entity: string
  readonly issuedAt: number
  readonly start: number
  readonly end: number
  readonly quantiles: readonly number[]
  readonly baseline: number
  readonly scoredAt: number | null
  readonly actual: number | null
  readonly censored: boolean | null
}

/** Forecasts whose span begins in `[from, to)`, store time. */
export async function receivedForecasts(
  client: CloudClient,
  { model, from, to }: { model: string; from: number; to: number },
): Promise<ReceivedForecast[]> {
  const forecasts: ReceivedForecast[] = []
  let cursor: string | undefined
  do {
    const query = new URLSearchParams({ model, from: `${from}`, to: `${to}`, limit: '500' })
    if (cursor !== undefined) query.set('cursor', cursor)
    const page = await client.get<{ items: ReceivedForecast[]; next?: string }>(`/v1/forecasts?${query}`)
    forecasts.push(...page.items)
    cursor = page.next
  } while (cursor !== undefined)
  return forecasts
}

export interface ModelScores extends Scores {
  /** WAPE of the seasonal-naive baseline on the same rows. */
  readonly baseline: number
}

/** Pooled scores of the middle quantile; forecasts that have no actual yet are left out. */
export function scoresOf(forecasts: readonly ReceivedForecast[], levels: readonly number[]): ModelScores {
  const middle = levels.length >> 1
  const scored = forecasts.flatMap(({ quantiles, baseline, actual, censored }) =>
    actual === null ? [] : [{ quantiles, point: quantiles[middle]!, baseline, actual, censored: censored === true }],
  )
  const naive = scored.map((row) => ({ ...row, point: row.baseline }))
  return { ...score(scored, levels), baseline: score(naive, levels).wape }
}

/** Sums over products, day by day in order: what was forecast and what was sold, on rows that count. */
export function totalsByDay(
  forecasts: readonly ReceivedForecast[],
): { start: number; forecast: number; actual: number }[] {
  const days = new Map<number, { start: number; forecast: number; actual: number }>()
  for (const { start, quantiles, actual, censored } of forecasts) {
    if (actual === null || censored) continue
    const day = days.get(start) ?? { start, forecast: 0, actual: 0 }
    day.forecast += quantiles[quantiles.length >> 1]!
    day.actual += actual
    days.set(start, day)
  }
  return [...days.values()].sort((a, b) => a.start - b.start)
}
