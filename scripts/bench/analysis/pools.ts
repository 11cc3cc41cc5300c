import { seededRandom } from '@storecast/models/engine'
import type { Forecasts, ShopForecasts } from './forecasts.ts'

/** Paired errors of a candidate and a champion by shop and day, [S×D]: what device-days are drawn from. */
export interface Pool {
  readonly shops: number
  readonly days: number
  readonly rows: Float64Array
  readonly excluded: Float64Array
  /** Σ|e_champion|, and of Σd what is more or less than all shops' share of the day, in units. */
  readonly championAbsolute: Float64Array
  readonly own: Float64Array
  /** Rows whose actual lies in the interval of each. */
  readonly championCovered: Float64Array
  readonly candidateCovered: Float64Array
  /** Mean over the days of Σd / Σ|e_champion| of all shops: how much worse the candidate is. */
  readonly effect: number
  /** The same of each day, less the mean, [D]: as the shops show it, and what of it the day did to all of them. */
  readonly seen: Float64Array
  readonly shock: Float64Array
}

/**
 * Pairs two forecasts of the same rows.
 *
 * The day's difference over a few shops holds their own errors' mean, which a fleet of other shops does not share. The shock
 * is shrunk so that its variance over the days is what they have beyond that (method of moments).
 *
 * @param equal takes the mean difference out: neither is better then, and days and shops differ as they did
 */
export function pair(
  of: ShopForecasts,
  { champion, candidate, equal = false }: { champion: Forecasts; candidate: Forecasts; equal?: boolean },
): Pool {
  const { shops, days } = of
  const cells = () => new Float64Array(shops * days)
  const [rows, excluded, difference, championAbsolute] = [cells(), cells(), cells(), cells()]
  const [championCovered, candidateCovered] = [cells(), cells()]
  for (let row = 0; row < of.actual.length; row++) {
    const actual = of.actual[row]!
    const at = of.shop[row]! * days + of.day[row]!
    if (of.censored[row]) {
      excluded[at]!++
      continue
    }
    const error = Math.abs(champion.point[row]! - actual)
    rows[at]!++
    championAbsolute[at]! += error
    difference[at]! += Math.abs(candidate.point[row]! - actual) - error
    championCovered[at]! += covers(champion, row, actual)
    candidateCovered[at]! += covers(candidate, row, actual)
  }
  const onDay = (values: Float64Array, day: number) => {
    let total = 0
    for (let shop = 0; shop < shops; shop++) total += values[shop * days + day]!
    return total
  }
  const totals = Float64Array.from({ length: days }, (_, day) => onDay(championAbsolute, day))
  const daily = totals.map((total, day) => onDay(difference, day) / total)
  const mean = daily.reduce((sum, value) => sum + value, 0) / days
  const seen = daily.map((value) => value - mean)
  const own = difference.map((value, at) => value - daily[at % days]! * championAbsolute[at]!)
  const squares = own.map((value) => value ** 2)
  const ownErrors = totals.map((total, day) => ((onDay(squares, day) / total ** 2) * shops) / (shops - 1))
  const variance = seen.reduce((sum, value) => sum + value ** 2, 0) / (days - 1)
  const ofShops = ownErrors.reduce((sum, value) => sum + value, 0) / days
  const kept = variance > 0 ? Math.sqrt(Math.max(0, variance - ofShops) / variance) : 0
  const shock = seen.map((value) => kept * value)
  const sums = { rows, excluded, championAbsolute, own, championCovered, candidateCovered }
  return { shops, days, ...sums, effect: equal ? 0 : mean, seen, shock }
}

const covers = ({ lower, upper }: Forecasts, row: number, actual: number) =>
  Number(lower[row]! <= actual && actual <= upper[row]!)

/** Each row made anew, its interval as its point. */
const changed = ({ lower, point, upper }: Forecasts, by: (value: number, row: number) => number): Forecasts => ({
  lower: lower.map(by),
  point: point.map(by),
  upper: upper.map(by),
})

export const times = (forecasts: Forecasts, factor: number) => changed(forecasts, (value) => factor * value)

/** Log-normal noise of mean 1, another for each row. */
export function noise(forecasts: Forecasts, { sd, seed }: { sd: number; seed: number }): Forecasts {
  const random = seededRandom(seed, 1)
  const factors = forecasts.point.map(() => Math.exp(sd * random.normal() - sd ** 2 / 2))
  return changed(forecasts, (value, row) => value * factors[row]!)
}

/** Of each row one of the two carries the noise, drawn anew: neither is better, whatever the noise does. */
export function noiseOnEither(forecasts: Forecasts, { sd, seed }: { sd: number; seed: number }) {
  const noisy = noise(forecasts, { sd, seed })
  const random = seededRandom(seed, 2)
  const isChampion = Uint8Array.from(forecasts.point, () => Number(random.uniform() < 0.5))
  const mixed = (mine: 0 | 1, name: keyof Forecasts) =>
    forecasts[name].map((value, row) => (isChampion[row] === mine ? noisy[name][row]! : value))
  const take = (mine: 0 | 1): Forecasts => ({
    lower: mixed(mine, 'lower'),
    point: mixed(mine, 'point'),
    upper: mixed(mine, 'upper'),
  })
  return { champion: take(1), candidate: take(0) }
}

/** The champion's forecasts, moved towards (1) or beyond (> 1) another's. */
export function towards(from: Forecasts, to: Forecasts, share: number): Forecasts {
  const moved = (name: keyof Forecasts) =>
    from[name].map((value, row) => Math.max(0, value + share * (to[name][row]! - value)))
  return { lower: moved('lower'), point: moved('point'), upper: moved('upper') }
}

/** The strength in [0, 4] at which the pool is worse by `effect`, to a millionth: it must grow with the strength. */
export function strengthFor(effect: number, of: (strength: number) => Pool): number {
  let [low, high] = [0, 4]
  while (high - low > 1e-6) {
    const middle = (low + high) / 2
    if (of(middle).effect < effect) low = middle
    else high = middle
  }
  return high
}
