import { fTail } from './special.ts'

/** An estimate with the bounds of its confidence interval; the bounds are null where so few values say nothing of it. */
export interface Interval {
  readonly estimate: number
  readonly low: number | null
  readonly high: number | null
}

/**
 * The mean of independent values, and its interval: x̄ ± t(ν, (1 + level) / 2) · s / √n, ν = n − 1 (Student, Biometrika 6,
 * 1908). Of changes of the same shops this is the paired t interval.
 * @param values at least one
 */
export function meanInterval(values: readonly number[], level: number): Interval {
  const { mean, variance } = moments(values)
  return around(mean, variance / values.length, values.length - 1, level)
}

/**
 * The mean of some values less that of others, and its interval, by Welch (Biometrika 34, 1947), for unequal variances:
 * SE² = s²/n + u²/m, ν = SE⁴ / ((s²/n)²/(n − 1) + (u²/m)²/(m − 1)).
 * @param values at least one, as of the others
 */
export function differenceInterval(values: readonly number[], others: readonly number[], level: number): Interval {
  const [one, other] = [moments(values), moments(others)]
  const [n, m] = [values.length, others.length]
  const [a, b] = [one.variance / n, other.variance / m]
  const freedom = n < 2 || m < 2 ? 0 : a + b === 0 ? n + m - 2 : (a + b) ** 2 / (a ** 2 / (n - 1) + b ** 2 / (m - 1))
  return around(one.mean - other.mean, a + b, freedom, level)
}

function around(estimate: number, variance: number, freedom: number, level: number): Interval {
  if (freedom <= 0) return { estimate, low: null, high: null }
  const half = studentQuantile((1 + level) / 2, freedom) * Math.sqrt(variance)
  return { estimate, low: estimate - half, high: estimate + half }
}

/** The variance is that of a sample, with n − 1; 0 of a single value. */
function moments(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, variance: values.length < 2 ? 0 : squares / (values.length - 1) }
}

/**
 * The quantile of Student's t with ν > 0 degrees of freedom, fractions included: t² has the distribution F(1, ν), whose tail is
 * halved until nothing lies between.
 * @param p in [0.5, 1)
 */
export function studentQuantile(p: number, freedom: number): number {
  const tail = 2 * (1 - p)
  let [low, high] = [0, 1]
  while (fTail(high ** 2, 1, freedom) > tail) high *= 2
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (fTail(middle ** 2, 1, freedom) > tail) low = middle
    else high = middle
  }
  return high
}
