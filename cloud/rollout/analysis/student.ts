/** 99.5 % quantile of the standard normal. */
export const Z995 = 2.575829303548901

/**
 * 99.5 % quantile of Student's t with ν > 0 degrees of freedom, fractions included.
 * G. W. Hill, "Student's t-quantiles", Algorithm 396, Communications of the ACM 13 (1970).
 */
export function studentT995(freedom: number): number {
  const both = 0.01
  if (freedom < 1) throw new RangeError(`studentT995: ${freedom} degrees of freedom; at least 1`)
  if (freedom === 1) return 1 / Math.tan((both * Math.PI) / 2)
  if (freedom === 2) return Math.sqrt(2 / (both * (2 - both)) - 2)
  const a = 1 / (freedom - 0.5)
  const b = 48 / a ** 2
  let c = ((20_700 * a) / b - 98) * a - 16
  c = c * a + 96.36
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * freedom
  let y = (d * both) ** (2 / freedom)
  if (y > 0.05 + a) {
    const x = -Z995
    y = x ** 2
    if (freedom < 5) c += 0.3 * (freedom - 4.5) * (x + 0.6)
    c += (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
    y = Math.expm1(a * y ** 2)
  } else {
    const tail = 1 / (((freedom + 6) / (freedom * y) - 0.089 * d - 0.822) * (freedom + 2) * 3)
    y = ((tail + 0.5 / (freedom + 4)) * y - 1) * ((freedom + 1) / (freedom + 2)) + 1 / y
  }
  return Math.sqrt(freedom * y)
}
