import { type Cohort, sum } from './evidence.ts'
import { studentT995, Z995 } from './student.ts'

/** How far the cohort's daily difference scatters, as known before the first day. */
export interface Prior {
  /**
   * Standard deviation of the cohort-day mean and its long-run variance ratio (variance of a mean of many days, over that
   * of independent days), from a replay of the candidate on the devices' own history. The replay's mean is not used: it
   * leaks what the candidate was trained on.
   */
  readonly dailySd: number
  readonly longRunRatio: number
}

/** Without a replay, the day's scatter is taken for that of a wholly different model. */
const NO_REPLAY: Prior = { dailySd: 0.08, longRunRatio: 4 }

/** Shares of the champion's daily |error|; above 0 the candidate is worse. */
export interface Estimate {
  readonly days: number
  readonly devices: number
  /** Mean of the cohort's daily differences. */
  readonly mean: number
  /** Of one cohort-day, prior included. */
  readonly dailySd: number
  readonly priorSd: number
  /** φ: what correlated days lose against independent ones. */
  readonly inflation: number
  /** Of a device's own lasting difference. */
  readonly betweenDevicesSd: number
  readonly standardError: number
  readonly halfWidth: number
  /** The bounds hold at every look at once, with 95 %. */
  readonly lower: number
  readonly upper: number
  /** "On these observed days": devices are the only chance, days are taken as given. */
  readonly observed: { readonly standardError: number; readonly lower: number; readonly upper: number }
}

const ALPHA = 0.05
/** ρ² of the normal mixture: narrowest at seven days. */
const RHO_SQUARED = 1.13
/** Days that the prior's scatter counts for, and by how much correlated days cut degrees of freedom. */
const PRIOR_DAYS = 10
const INFLATION_OF_FREEDOM = 1.5
const [LEAST_INFLATION, MOST_INFLATION] = [3, 4]

/**
 * Bounds for the candidate's relative difference, valid at every look (normal mixture over cohort-day means; Robbins
 * 1970, Howard et al. 2021), with a prior for the few days there are and a term for devices that differ.
 *
 * x_t: cohort-day difference, T days, SS = Σ(x_t − x̄)²
 * s² = (10·s0² + SS)/(9 + T);  φ = clamp(replay's long-run ratio, 3, 4);  se² = φ·s²/T + σ²_dev/n
 * half-width = se·√[((Tρ²+1)/(Tρ²))·ln((Tρ²+1)/α²)] · t.995,ν/z.995,  ν = (9 + T)/1.5
 *
 * @returns undefined without a day
 */
export function estimate(cohort: Cohort, prior: Prior = NO_REPLAY): Estimate | undefined {
  const days = cohort.days.length
  if (days === 0) return undefined
  const mean = sum(cohort.days, (day) => day.difference) / days
  const squares = sum(cohort.days, (day) => (day.difference - mean) ** 2)
  const variance = (PRIOR_DAYS * prior.dailySd ** 2 + squares) / (PRIOR_DAYS - 1 + days)
  const inflation = Math.min(MOST_INFLATION, Math.max(LEAST_INFLATION, prior.longRunRatio))
  const { devices, spread, between } = deviceTerms(cohort)
  const standardError = Math.sqrt((inflation * variance) / days + between / devices)
  const halfWidth =
    standardError * alwaysValid(days) * (studentT995((PRIOR_DAYS - 1 + days) / INFLATION_OF_FREEDOM) / Z995)
  const observedError = Math.sqrt(spread / devices)
  const observedWidth =
    devices > 1 ? observedError * alwaysValid(days) * (studentT995(devices - 1) / Z995) : Number.POSITIVE_INFINITY
  return {
    days,
    devices,
    mean,
    dailySd: Math.sqrt(variance),
    priorSd: prior.dailySd,
    inflation,
    betweenDevicesSd: Math.sqrt(between),
    standardError,
    halfWidth,
    lower: mean - halfWidth,
    upper: mean + halfWidth,
    observed: { standardError: observedError, lower: mean - observedWidth, upper: mean + observedWidth },
  }
}

/**
 * The prior that a replay gives: the scatter of its cohort-day differences, and their long-run variance ratio by Newey
 * and West (1987) with Bartlett weights over ⌊4(T/100)^(2/9)⌋ lags.
 *
 * @param differences cohort-day relative differences on successive days; at least 14
 */
export function replayPrior(differences: readonly number[]): Prior {
  const days = differences.length
  if (days < 14) throw new RangeError(`replayPrior: ${days} days; at least 14`)
  const mean = sum(differences, (value) => value) / days
  const apart = differences.map((value) => value - mean)
  const covariance = (lag: number) =>
    sum(
      apart.slice(lag).map((value, t) => value * apart[t]!),
      (value) => value,
    ) / days
  const lags = Math.floor(4 * (days / 100) ** (2 / 9))
  let longRun = covariance(0)
  for (let lag = 1; lag <= lags; lag++) longRun += 2 * (1 - lag / (lags + 1)) * covariance(lag)
  const variance = covariance(0)
  return {
    dailySd: Math.sqrt((variance * days) / (days - 1)),
    longRunRatio: variance > 0 ? longRun / variance : 1,
  }
}

/** Standard errors to the boundary of the normal mixture after `days` days. */
export function alwaysValid(days: number): number {
  const grown = days * RHO_SQUARED + 1
  return Math.sqrt((grown / (days * RHO_SQUARED)) * Math.log(grown / ALPHA ** 2))
}

/**
 * Devices' means of their deviation from the cohort's day, in shares of the cohort's mean |e_champion| per device: their
 * variance, and what of it is more than the devices' own days explain (method of moments).
 */
function deviceTerms({ days, byDevice }: Cohort): { devices: number; spread: number; between: number } {
  const dayOf = new Map(days.map((day) => [day.day, day]))
  const means: number[] = []
  let within = 0
  for (const records of byDevice.values()) {
    const deviations = records.map(({ day, difference, championAbsolute }) => {
      const cohort = dayOf.get(day)!
      // A large shop is expected to differ by its own share.
      return ((difference - cohort.difference * championAbsolute) * cohort.devices) / cohort.championAbsolute
    })
    const own = sum(deviations, (value) => value) / deviations.length
    means.push(own)
    if (deviations.length > 1) {
      within += sum(deviations, (value) => (value - own) ** 2) / (deviations.length - 1) / deviations.length
    }
  }
  const devices = means.length
  const centre = sum(means, (value) => value) / devices
  const spread = devices > 1 ? sum(means, (value) => (value - centre) ** 2) / (devices - 1) : 0
  return { devices, spread, between: Math.max(0, spread - within / devices) }
}
