import { normalQuantile } from '../statistics/index.ts'
import { middleOf } from './levels.ts'

/**
 * Quantiles of the demand accumulated from midnight to the end of each hour, [H×Q]: what a reorder needs. The sum of
 * hourly quantiles is not a quantile of the sum, so these start from the day's own: at the last hour they are the day's
 * quantiles, in time they never fall, and across levels they never cross.
 *
 * With c the share of the day's demand expected by that hour, the middle quantile is c·m, and distances from it shrink
 * by s(c) = √(c² + c(1−c)·r). That is the standard deviation, relative to the day's, of what falls into the first hours
 * when each unit of a total T does so with probability c: Var A = c²·Var T + c(1−c)·E T (law of total variance), r = E T /
 * Var T, at most 1: a Poisson day gives √c, a day whose level alone is unsure gives c.
 *
 * @param quantiles of the day's total, in units, ascending, [Q].
 * @param profile share of the total by hour, [H]; sums to 1.
 * @param levels of the quantiles, ascending, [Q].
 */
export function accumulate(options: {
  quantiles: ArrayLike<number>
  profile: ArrayLike<number>
  levels: readonly number[]
}): Float32Array {
  const { quantiles, profile, levels } = options
  const hours = profile.length
  const count = levels.length
  const out = new Float32Array(hours * count)
  const centre = quantiles[middleOf(levels)]!
  const dispersion = poissonShare(quantiles, levels)
  let sum = 0
  for (let h = 0; h < hours; h++) sum += profile[h]!
  let share = 0
  for (let h = 0; h < hours; h++) {
    share += profile[h]! / sum
    const c = Math.min(1, share)
    const spread = Math.sqrt(c * c + c * (1 - c) * dispersion)
    for (let q = 0; q < count; q++) {
      // The last hour is the whole day and no hour before it more, whatever rounding makes of the sum.
      const whole = quantiles[q]!
      const part = Math.min(Math.max(0, c * centre + spread * (whole - centre)), whole)
      const value = h === hours - 1 ? whole : part
      out[h * count + q] = h === 0 ? value : Math.max(value, out[(h - 1) * count + q]!)
    }
  }
  return out
}

/** E T / Var T, at most 1; the variance by the outermost levels, as if normal. */
function poissonShare(quantiles: ArrayLike<number>, levels: readonly number[]): number {
  const last = levels.length - 1
  const mean = quantiles[middleOf(levels)]!
  const width = quantiles[last]! - quantiles[0]!
  if (!(width > 0)) return 1
  const sd = width / (normalQuantile(levels[last]!) - normalQuantile(levels[0]!))
  return Math.min(1, mean / (sd * sd))
}
