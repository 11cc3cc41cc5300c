const WINDOW = 6400
const STEP = 100

/**
 * NAB's windowed Gaussian (`nab/detectors/gaussian/windowedGaussian_detector.py`): 1 − Q of the distance to the mean of the last
 * 6,400 values, in their standard deviations; the window slides by 100.
 */
export function windowedGaussian(values: readonly number[]): number[] {
  let window: number[] = []
  let waiting: number[] = []
  let [sum, squares] = [0, 0]
  let [mean, sd] = [0, 1]
  const measure = () => {
    mean = sum / window.length
    sd = Math.sqrt(Math.max(0, squares / window.length - mean * mean)) || 1e-6
  }
  const take = (value: number, sign: 1 | -1) => {
    sum += sign * value
    squares += sign * value * value
  }
  return values.map((value) => {
    const score = window.length === 0 ? 0 : 1 - upperTail(Math.abs(value - mean) / sd)
    if (window.length < WINDOW) {
      window.push(value)
      take(value, 1)
      measure()
    } else if (waiting.push(value) === STEP) {
      for (const old of window.slice(0, STEP)) take(old, -1)
      for (const young of waiting) take(young, 1)
      window = [...window.slice(STEP), ...waiting]
      waiting = []
      measure()
    }
    return score
  })
}

/** Q(z) of the normal distribution, relative error 1.2e-7 (Press et al., "Numerical Recipes", erfcc). */
export function upperTail(z: number): number {
  const x = z / Math.SQRT2
  const t = 1 / (1 + x / 2)
  const terms = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
    -1.26551223,
  ]
  return (t / 2) * Math.exp(-x * x + terms.reduce((sum, term) => sum * t + term, 0))
}
