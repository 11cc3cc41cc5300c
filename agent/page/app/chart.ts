/** Where things stand in a chart: pure, in the units of its `viewBox`. */

export interface Axis {
  readonly top: number
  /** From 0 up to `top`, in steps that people count in. */
  readonly ticks: readonly number[]
}

/** @param largest of what is drawn; less than 1 is shown on an axis up to 1 */
export function axis(largest: number, most = 4): Axis {
  const shown = Math.max(largest, 1)
  const rough = shown / most
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? 10 * power
  const count = Math.max(1, Math.ceil(shown / step - 1e-9))
  const ticks = Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)))
  return { top: ticks[ticks.length - 1]!, ticks }
}

export interface Point {
  readonly x: number
  readonly y: number
}

const at = ({ x, y }: Point) => `${x.toFixed(1)},${y.toFixed(1)}`

export const line = (points: readonly Point[]): string => (points.length === 0 ? '' : `M${points.map(at).join('L')}`)

/** What was counted stays as it is until the next is counted. */
export const steps = (points: readonly Point[]): string =>
  points.map((point, i) => (i === 0 ? `M${at(point)}` : `H${point.x.toFixed(1)}V${point.y.toFixed(1)}`)).join('')

export const area = (upper: readonly Point[], lower: readonly Point[]): string =>
  upper.length === 0 ? '' : `${line([...upper, ...lower.slice().reverse()])}Z`

/** Quantiles of a level nearest to the one that is asked for. */
export const nearest = (levels: readonly number[], level: number): number =>
  levels.reduce((best, one, i) => (Math.abs(one - level) < Math.abs(levels[best]! - level) ? i : best), 0)

/** Of ten days, those whose sales the outer quantiles hold. */
export const daysOfTen = (levels: readonly number[]): number =>
  Math.round(100 * (levels[levels.length - 1]! - levels[0]!)) / 10

export interface Range {
  readonly low: number
  readonly middle: number
  readonly high: number
}

/** The outer quantiles and the middle one. */
export function rangeOf(quantiles: readonly number[], levels: readonly number[]): Range {
  const value = (level: number) => Math.max(0, quantiles[nearest(levels, level)] ?? 0)
  return { low: value(0), middle: value(0.5), high: value(1) }
}
