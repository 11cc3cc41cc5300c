import type { UpdatePolicy } from '@storecast/shared/contracts'

/** How a version on probation has done, over restarts. */
export interface SoakProgress {
  readonly version: number
  readonly sha256: string
  /** Store time that it has served. */
  readonly elapsedMs: number
  readonly runs: number
  /** Of them: those that gave no answer, and those that took longer than the policy's `maxLatencyMs`. */
  readonly failed: number
  readonly slow: number
  /** Ends of its host, hangs and growth over the memory ceiling included. */
  readonly crashes: number
}

export type SoakVerdict =
  | { readonly state: 'soaking'; readonly remainingMs: number }
  | { readonly state: 'passed' }
  | { readonly state: 'broken'; readonly code: SoakCode; readonly message: string }

type SoakCode = 'soak-crashes' | 'soak-failures' | 'soak-latency'

export const SOAK_DEFAULTS = { soakMinutes: 0, maxCrashes: 0, maxFailedShare: 0.05, maxLatencyMs: 10_000 } as const

/** One bad run alone is no share of anything. */
const LEAST_BAD_RUNS = 2

export function soakMs(policy: UpdatePolicy | undefined): number {
  return (policy?.soakMinutes ?? SOAK_DEFAULTS.soakMinutes) * 60_000
}

/** Whether a version stays. A budget that is broken counts at once, also where the time is over as well. */
export function judgeSoak(progress: SoakProgress, policy: UpdatePolicy | undefined): SoakVerdict {
  const maxCrashes = policy?.maxCrashes ?? SOAK_DEFAULTS.maxCrashes
  const maxFailedShare = policy?.maxFailedShare ?? SOAK_DEFAULTS.maxFailedShare
  const maxLatencyMs = policy?.maxLatencyMs ?? SOAK_DEFAULTS.maxLatencyMs
  const { version, elapsedMs, runs, failed, slow, crashes } = progress
  const broken = (code: SoakCode, what: string) =>
    ({ state: 'broken', code, message: `version ${version}, on probation: ${what}` }) as const
  if (crashes > maxCrashes) return broken('soak-crashes', `its host ended ${crashes} times; at most ${maxCrashes}`)
  const exceeds = (bad: number) => bad >= LEAST_BAD_RUNS && bad > maxFailedShare * runs
  if (exceeds(failed)) return broken('soak-failures', `${failed} of ${runs} runs failed`)
  if (exceeds(slow)) return broken('soak-latency', `${slow} of ${runs} runs took more than ${maxLatencyMs} ms`)
  const remainingMs = soakMs(policy) - elapsedMs
  return remainingMs > 0 ? { state: 'soaking', remainingMs } : { state: 'passed' }
}
