import { type Cohort, coverageOf, type DeviceDay } from './evidence.ts'

/** What running the candidate cost one device so far. */
export interface DeviceHealth {
  readonly device: string
  /** Ends of the candidate's model host. */
  readonly crashes: number
  /** 95 % of its runs were at least as fast; null before the first. */
  readonly latencyP95Ms: number | null
}

/** What a device may cost; null: not watched. */
export interface Guards {
  readonly maxCrashes: number | null
  readonly latencyP95Ms: number | null
  /** The candidate's intervals may cover less of the actuals than the champion's, by this share; older rollouts do not say. */
  readonly coverageLoss?: number | null
}

export interface GuardResult {
  readonly guard: 'crashes' | 'latency-p95' | 'coverage-loss'
  readonly limit: number
  /** Devices with a figure, and those of them beyond the limit. */
  readonly devices: number
  readonly broken: number
  /** Chance of so many, or more, where a share of `TOLERATED` of devices breaks anyhow; and below which it stops. */
  readonly chance: number
  readonly alpha: number
  readonly stop: boolean
}

/** A device tells of its coverage from so many rows and closed days on. */
const [COVERAGE_ROWS, COVERAGE_DAYS] = [100, 3]
const ALPHA = 0.05
const TOLERATED = 0.02

/**
 * Judges each guard by devices, apart from the errors' bounds: devices fail by themselves, days do not enter. Its own
 * α = 0.05 is shared evenly by all looks, so that together they stop a sound candidate in at most 5 % of rollouts.
 *
 * @param looks how many there may be: one a day
 */
export function judgeGuards(
  { health, cohort }: { health: readonly DeviceHealth[]; cohort: Pick<Cohort, 'byDevice'> },
  guards: Guards,
  looks: number,
): GuardResult[] {
  const judge = (guard: GuardResult['guard'], limit: number | null | undefined, values: readonly (number | null)[]) => {
    if (limit === null || limit === undefined) return []
    const known = values.filter((value) => value !== null)
    const broken = known.filter((value) => value > limit).length
    const chance = binomialTail(broken, known.length, TOLERATED)
    const alpha = ALPHA / looks
    return [{ guard, limit, devices: known.length, broken, chance, alpha, stop: chance < alpha }]
  }
  return [
    ...judge(
      'crashes',
      guards.maxCrashes,
      health.map((device) => device.crashes),
    ),
    ...judge(
      'latency-p95',
      guards.latencyP95Ms,
      health.map((device) => device.latencyP95Ms),
    ),
    ...judge('coverage-loss', guards.coverageLoss, [...cohort.byDevice.values()].map(coverageLoss)),
  ]
}

/** How much less of its actuals the candidate's intervals covered on one device; null while it has told too little. */
function coverageLoss(days: readonly DeviceDay[]): number | null {
  const coverage = coverageOf(days)
  if (coverage === null || coverage.rows < COVERAGE_ROWS || days.length < COVERAGE_DAYS) return null
  return coverage.champion - coverage.candidate
}

/** P(X ≥ k) for X binomial of n draws with chance p, 0 < p < 1. */
export function binomialTail(k: number, n: number, p: number): number {
  if (k <= 0) return 1
  if (k > n) return 0
  let logTerm = k * Math.log(p) + (n - k) * Math.log1p(-p)
  for (let i = 1; i <= k; i++) logTerm += Math.log((n - k + i) / i)
  let total = 0
  for (let i = k; i <= n; i++) {
    total += Math.exp(logTerm)
    logTerm += Math.log((((n - i) / (i + 1)) * p) / (1 - p))
  }
  return Math.min(1, total)
}
