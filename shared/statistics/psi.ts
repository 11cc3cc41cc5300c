import { fTail } from './special.ts'

/**
 * Population stability index Σ (q − p)·ln(q/p) of two sets of shares, all above 0 and each summing to 1: the divergence of
 * H. Jeffreys (1946), KL(p‖q) + KL(q‖p). Equal to `scipy.stats.entropy(p, q) + scipy.stats.entropy(q, p)`.
 */
export function psi(reference: readonly number[], current: readonly number[]): number {
  return reference.reduce((sum, p, i) => sum + (current[i]! - p) * Math.log(current[i]! / p), 0)
}

/**
 * P(PSI > value) without drift. N·PSI, N = n·m/(n+m), tends to χ² with bins − 1 degrees of freedom (D. Yurdakul, J. Naranjo,
 * "Statistical properties of the population stability index", J. Risk Model Validation 14 (2020)); sizes are effective ones.
 * Shares of correlated rows make it a sum of χ²s with unequal weights, of which `freedom` is the number that matter (J. N. K.
 * Rao, A. J. Scott, "The analysis of categorical data from complex sample surveys", JASA 76 (1981), second order), and
 * weights that were estimated make it an F (D. R. Thomas, J. N. K. Rao, JASA 82 (1987)).
 */
export function psiTail(
  value: number,
  { size, freedom, bins, estimated }: { size: number; freedom: number; bins: number; estimated: number },
): number {
  return bins < 2 ? 1 : fTail((size * value) / (bins - 1), freedom, estimated * freedom)
}
