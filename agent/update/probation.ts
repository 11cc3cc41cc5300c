import type { UpdatePolicy } from '@storecast/shared/contracts'
import type { ModelRun } from '../inference/index.ts'
import type { ModelVersion } from './plan.ts'
import { SOAK_DEFAULTS, type SoakProgress } from './soak.ts'

interface Counts {
  readonly model: string
  /** Store time up to which it is accounted for; undefined until its probation began. */
  readonly since: number | undefined
  runs: number
  failed: number
  slow: number
  crashes: number
}

/** Counts what versions on probation do, between two writes to the tables. */
export class Probation {
  /** By the digest of the version's bundle. */
  readonly #watched = new Map<string, Counts>()

  get isEmpty(): boolean {
    return this.#watched.size === 0
  }

  /** A version is about to serve: what it does counts from its first run, should its probation begin. */
  expect(model: string, { sha256 }: ModelVersion): void {
    if (!this.#watched.has(sha256)) this.#watched.set(sha256, fresh(model, undefined))
  }

  /** Watches these versions, by model, and no others. */
  watch(serving: ReadonlyMap<string, ModelVersion>, now: number): void {
    const counts = [...serving].map(([model, { sha256 }]): [string, Counts] => {
      const known = this.#watched.get(sha256) ?? fresh(model, now)
      return [sha256, { ...known, since: known.since ?? now }]
    })
    this.#watched.clear()
    for (const [sha256, known] of counts) this.#watched.set(sha256, known)
  }

  /** Takes note of a run; true where it may break the version's budget. */
  note({ sha256, outcome, ms }: ModelRun, policy: UpdatePolicy | undefined): boolean {
    const watched = this.#watched.get(sha256)
    if (!watched) return false
    const slow = outcome === 'done' && ms > (policy?.maxLatencyMs ?? SOAK_DEFAULTS.maxLatencyMs)
    if (outcome !== 'crashed') watched.runs++
    if (outcome === 'crashed') watched.crashes++
    if (outcome === 'failed') watched.failed++
    if (slow) watched.slow++
    return slow || outcome !== 'done'
  }

  /** What has come and is not in the tables yet: to be added to them, and then told as `noted`. */
  pending(now: number, versionOf: (model: string) => ModelVersion | undefined): Map<string, SoakProgress> {
    const more = new Map<string, SoakProgress>()
    for (const [sha256, { model, since, ...counts }] of this.#watched) {
      const version = versionOf(model)
      if (since === undefined || version?.sha256 !== sha256) continue
      // A clock that was set back has not served less.
      more.set(model, { ...version, elapsedMs: Math.max(0, now - since), ...counts })
    }
    return more
  }

  /** What was pending at `now` is in the tables; what came meanwhile is not. */
  noted({ sha256, runs, failed, slow, crashes }: SoakProgress, now: number): void {
    const watched = this.#watched.get(sha256)
    if (!watched) return
    this.#watched.set(sha256, {
      model: watched.model,
      since: now,
      runs: watched.runs - runs,
      failed: watched.failed - failed,
      slow: watched.slow - slow,
      crashes: watched.crashes - crashes,
    })
  }
}

const fresh = (model: string, since: number | undefined): Counts => ({
  model,
  since,
  runs: 0,
  failed: 0,
  slow: 0,
  crashes: 0,
})
