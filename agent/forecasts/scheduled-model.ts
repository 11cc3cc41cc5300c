import { fullJitter } from '../platform/backoff.ts'
import type { Clock } from '../platform/clock.ts'
import type { CronSchedule } from './cron.ts'
import { nextDue } from './schedule.ts'

export interface ScheduledModelOptions {
  readonly clock: Clock
  /** The schedule to keep to; undefined: none until woken. */
  readonly plan: () => Promise<CronSchedule | undefined>
  /** Issue time of the newest run. */
  readonly last: () => number | undefined
  readonly run: (issuedAt: number) => Promise<void>
  /** Planning or a run failed: it is tried again. */
  readonly onError: (error: unknown) => void
}

/** Runs that are made up for one by one while the process lives; after a restart only the newest is. */
const MOST_BEHIND = 7

/** Keeps one model to its schedule, one run at a time, on store time. */
export class ScheduledModel implements AsyncDisposable {
  readonly #options: ScheduledModelOptions
  /** Real milliseconds between attempts. */
  readonly #backoff = fullJitter({ baseMs: 1000, capMs: 300_000 })
  readonly #ended: Promise<void>
  #woken = Promise.withResolvers<void>()
  #mostBehind = 0
  #stopped = false

  constructor(options: ScheduledModelOptions) {
    this.#options = options
    this.#ended = this.#keep()
  }

  /** Plans anew: the model, its schedule or the site has changed. */
  wake(): void {
    this.#woken.resolve()
  }

  /** Resolves when a run that is under way has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    this.wake()
    await this.#ended
  }

  async #keep(): Promise<void> {
    while (!this.#stopped) {
      this.#woken = Promise.withResolvers()
      try {
        await this.#step()
        this.#backoff.reset()
      } catch (error) {
        this.#options.onError(error)
        const timer = setTimeout(() => this.wake(), this.#backoff.next())
        await this.#woken.promise
        clearTimeout(timer)
      }
    }
  }

  /** Makes the run that is due, or waits for the next one, or to be woken. */
  async #step(): Promise<void> {
    const { clock, plan, last, run } = this.#options
    const cron = await plan()
    const now = clock.now()
    const at = cron && nextDue({ cron, now, last: last(), mostBehind: this.#mostBehind })
    if (at !== undefined && at <= now) {
      await run(at)
      this.#mostBehind = MOST_BEHIND
      return
    }
    using _ = at === undefined ? undefined : clock.after(at - now, () => this.wake())
    await this.#woken.promise
  }
}
