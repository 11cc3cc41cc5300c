import type { DailyHistory } from '../features/index.ts'

/**
 * The forecast "as one season ago", the baseline that stands beside every result: units of the day `season` days before
 * the one forecast, [N]. Where that day is not known, the one a season earlier, and so on; at last the mean of the known
 * days, or 0.
 */
export function seasonalNaive(history: DailyHistory, season = 7): Float32Array {
  const { entities, days, stride, first, units } = history
  const forecast = new Float32Array(entities)
  for (let i = 0; i < entities; i++) {
    const end = i * stride + first + days
    let value = Number.NaN
    for (let age = season; age <= days && Number.isNaN(value); age += season) value = units[end - age]!
    forecast[i] = Number.isNaN(value) ? meanOf(units.subarray(end - days, end)) : value
  }
  return forecast
}

function meanOf(values: Float32Array): number {
  let count = 0
  let sum = 0
  for (const value of values) {
    if (Number.isNaN(value)) continue
    count++
    sum += value
  }
  return count === 0 ? 0 : sum / count
}
