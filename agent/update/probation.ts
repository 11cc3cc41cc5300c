import type { UpdatePolicy } from '@storecast/shared/contracts'
import type { ModelRun } from '../inference/index.ts'
import type { ModelVersion } from './plan.ts'
import { SOAK_DEFAULTS, type SoakProgress } from './soak.ts'

interface Watched {
  readonly sha256: string
  /** Store time up to which it is accounted for. */
  since: number
  runs: number
  failed: number
  slow: number
  crashes: number
}

/** Counts what versions on probation do, between two writes to the tables. */
export class Probation {
  readonly #watched = new Map<string, Watched>()

  get isEmpty(): boolean {
    return this.#watched.size === 0
  }

  /** Watches these versions, by model, and no others. */
  watch(serving: ReadonlyMap<string, ModelVersion>, now: number): void {
    for (const [model, { sha256 }] of this.#watched) {
      if (serving.get(model)?.sha256 !== sha256) this.#watched.delete(model)
    }
    for (const [model, { sha256 }] of serving) {
      if (!this.#watched.has(model)) this.#watched.set(model, fresh(sha256, now))
    }
  }

  /** Takes note of a run; true where it may break the version's budget. */
  note({ model, sha256, outcome, ms }: ModelRun, policy: UpdatePolicy | undefined): boolean {
    const watched = this.#watched.get(model)
    if (watched?.sha256 !== sha256) return false
    const slow = outcome === 'done' && ms > (policy?.maxLatencyMs ?? SOAK_DEFAULTS.maxLatencyMs)
    if (outcome !== 'crashed') watched.runs++
    if (outcome === 'crashed') watched.crashes++
    if (outcome === 'failed') watched.failed++
    if (slow) watched.slow++
    return slow || outcome !== 'done'
  }

  /** What has come since the last time, to be added to the tables. */
  take(now: number, versionOf: (model: string) => ModelVersion | undefined): Map<string, SoakProgress> {
    const more = new Map<string, SoakProgress>()
    for (const [model, { sha256, since, ...counts }] of this.#watched) {
      const version = versionOf(model)
      if (version?.sha256 !== sha256) continue
      const { runs, failed, slow, crashes } = counts
      // A clock that was set back has not served less.
      more.set(model, { ...version, elapsedMs: Math.max(0, now - since), runs, failed, slow, crashes })
      this.#watched.set(model, fresh(sha256, now))
    }
    return more
  }
}

const fresh = (sha256: string, since: number): Watched => ({ sha256, since, runs: 0, failed: 0, slow: 0, crashes: 0 })
