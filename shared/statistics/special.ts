/**
 * Tails of the distributions that thresholds come from, to 1e-12 or better. Sections are those of the NIST Digital Library
 * of Mathematical Functions (dlmf.nist.gov).
 */

/** Terms after which a series or fraction that has not settled is given up; all settle within some √(arguments). */
const MOST_TERMS = 100_000
const EPSILON = 1e-16
const TINY = 1e-300

const LANCZOS = [
  0.999_999_999_999_809_93, 676.520_368_121_885_1, -1_259.139_216_722_402_8, 771.323_428_777_653_13,
  -176.615_029_162_140_6, 12.507_343_278_686_905, -0.138_571_095_265_720_12, 9.984_369_578_019_571_6e-6,
  1.505_632_735_149_311_6e-7,
]

/** ln Γ(x), x > 0. C. Lanczos, SIAM J. Numer. Anal. B 1 (1964), with g = 7 and nine terms. */
export function lnGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - lnGamma(1 - x)
  const z = x - 1
  const sum = LANCZOS.reduce((total, term, i) => (i === 0 ? term : total + term / (z + i)), 0)
  const t = z + 7.5
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}

/** P(χ² > x) with ν > 0 degrees of freedom, fractions included: Q(ν/2, x/2). */
export function chiSquareTail(x: number, freedom: number): number {
  return x <= 0 ? 1 : gammaTail(freedom / 2, x / 2)
}

/** P(F > x) with ν1 and ν2 degrees of freedom, fractions included; ν2 = ∞ is χ²/ν1. §8.17.5. */
export function fTail(x: number, freedom: number, below: number): number {
  if (x <= 0) return 1
  if (below === Number.POSITIVE_INFINITY) return chiSquareTail(x * freedom, freedom)
  return betaShare(below / (below + freedom * x), below / 2, freedom / 2)
}

/** Q(a, x): the series of §8.11.4 for P below a + 1, the continued fraction of §8.9.2 above. */
function gammaTail(a: number, x: number): number {
  const scale = Math.exp(-x + a * Math.log(x) - lnGamma(a))
  if (x < a + 1) {
    let term = 1 / a
    let sum = term
    for (let k = 1; k < MOST_TERMS && term > sum * EPSILON; k++) {
      term *= x / (a + k)
      sum += term
    }
    return 1 - sum * scale
  }
  // Modified Lentz: Press et al., Numerical Recipes, §5.2.
  let b = x + 1 - a
  let c = 1 / TINY
  let d = 1 / b
  let value = d
  for (let i = 1; i < MOST_TERMS; i++) {
    const an = -i * (i - a)
    b += 2
    d = 1 / awayFromZero(an * d + b)
    c = awayFromZero(b + an / c)
    value *= d * c
    if (Math.abs(d * c - 1) < EPSILON * 4) break
  }
  return scale * value
}

/** Regularized incomplete beta I_x(a, b): the continued fraction of §8.17.22, on the side where it settles fast. */
function betaShare(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - betaShare(1 - x, b, a)
  const front = Math.exp(lnGamma(a + b) - lnGamma(a) - lnGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a
  let c = 1
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1))
  let value = d
  for (let m = 1; m < MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / awayFromZero(1 + even * d)
    c = awayFromZero(1 + even / c)
    value *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / awayFromZero(1 + odd * d)
    c = awayFromZero(1 + odd / c)
    value *= d * c
    if (Math.abs(d * c - 1) < EPSILON * 4) break
  }
  return front * value
}

const awayFromZero = (value: number) => (Math.abs(value) < TINY ? TINY : value)
