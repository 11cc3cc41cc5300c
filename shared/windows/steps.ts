/**
 * Values are stored as whole steps of a sensor's resolution, so that sums are exact (integers below 2^53) in any order.
 */

/** `value`, in the sensor's unit, as the nearest whole number of steps. */
export function toSteps(value: number, resolution: number): number {
  // `+ 0` turns −0, which JSON and SQLite would each write their own way, into 0.
  return Math.round(value / resolution) + 0
}

/** Steps back in the sensor's unit: 3 steps of 0.1 are 0.3, not 0.30000000000000004. */
export function fromSteps(steps: number, resolution: number): number {
  const perUnit = Math.round(1 / resolution)
  return resolution < 1 && Math.abs(perUnit * resolution - 1) < 1e-9 ? steps / perUnit : steps * resolution
}
