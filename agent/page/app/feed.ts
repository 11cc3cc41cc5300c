import { type Ask, Refused, Unreachable } from './ask.ts'
import type { Answer, Decision } from './decisions.ts'
import type { Forecasts, Status } from './wire.ts'

export interface Seen {
  readonly status: Status | undefined
  readonly forecasts: Forecasts | undefined
  readonly decisions: readonly Decision[] | undefined
  /** Of this tablet: unix ms at which the device last answered; undefined before it has. */
  readonly heardAt: number | undefined
  /** The device does not answer. What was seen last stays. */
  readonly isLost: boolean
  /** Choices that the device has not confirmed yet, by decision. */
  readonly unsent: Readonly<Record<string, Answer>>
  /** Choices that it refused, by decision: the code. */
  readonly refused: Readonly<Record<string, string>>
}

export interface FeedOptions {
  readonly ask: Ask
  readonly now: () => number
  /** Nobody is signed in any more. */
  readonly onSignedOut: () => void
  /** The device runs other software than the one that sent this page. */
  readonly onOtherVersion: () => void
}

const LOOK_MS = 5_000
/** While the device does not answer. */
const LOST_MS = 2_000
/** Forecasts change once a day, what was sold once an hour. */
const LOOKS_PER_FORECAST = 12
/** More than anybody goes through at once; when these are chosen, the next ones come. */
const DECISIONS = '/v1/decisions?limit=100&state='

interface Decisions {
  readonly decisions: readonly Decision[]
}

const NOTHING: Seen = {
  status: undefined,
  forecasts: undefined,
  decisions: undefined,
  heardAt: undefined,
  isLost: false,
  unsent: {},
  refused: {},
}

/**
 * Looks at the device again and again while somebody looks at the page. A choice that could not be sent is sent with the next
 * look that is answered: the device takes the same choice twice as once.
 */
export class Feed {
  readonly #options: FeedOptions
  readonly #listeners = new Set<() => void>()
  #seen = NOTHING
  #looks = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #isStopped = true
  #isLooking = false

  constructor(options: FeedOptions) {
    this.#options = options
  }

  get seen(): Seen {
    return this.#seen
  }

  /** @returns ends it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  start(): void {
    if (!this.#isStopped) return
    this.#isStopped = false
    void this.look()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  /** At once, and again after a while. */
  async look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    clearTimeout(this.#timer)
    try {
      await this.#lookOnce()
    } catch (error) {
      this.#notSeen(error)
    } finally {
      this.#isLooking = false
      const wait = this.#seen.isLost ? LOST_MS : LOOK_MS
      if (!this.#isStopped) this.#timer = setTimeout(() => void this.look(), wait)
    }
  }

  /** Shown at once, sent at once or as soon as the device answers. */
  choose(id: string, answer: Answer): Promise<void> {
    const { [id]: _, ...refused } = this.#seen.refused
    this.#tell({ unsent: { ...this.#seen.unsent, [id]: answer }, refused })
    return this.#send(id, answer).catch((error) => this.#notSeen(error))
  }

  async #lookOnce(): Promise<void> {
    const { ask, now, onOtherVersion } = this.#options
    const before = this.#seen.status
    const status = await ask<Status>('/v1/status')
    for (const [id, answer] of Object.entries(this.#seen.unsent)) await this.#send(id, answer)
    const decisions = (await this.#part(() => this.#decisions())) ?? this.#seen.decisions
    const isDue = this.#seen.isLost || this.#looks++ % LOOKS_PER_FORECAST === 0 || this.#seen.forecasts === undefined
    const forecasts =
      (isDue ? await this.#part(() => ask<Forecasts>('/v1/forecasts?detail=totals&so-far=1')) : undefined) ??
      this.#seen.forecasts
    if (before !== undefined && before.agentVersion !== status.agentVersion) onOtherVersion()
    this.#tell({ status, decisions, forecasts, heardAt: now(), isLost: false })
  }

  async #decisions(): Promise<readonly Decision[]> {
    const { ask } = this.#options
    const [open, chosen] = await Promise.all([ask<Decisions>(`${DECISIONS}open`), ask<Decisions>(`${DECISIONS}chosen`)])
    return [...open.decisions, ...chosen.decisions]
  }

  /** One part of the page that the device refuses does not take the others with it. */
  async #part<T>(look: () => Promise<T>): Promise<T | undefined> {
    try {
      return await look()
    } catch (error) {
      if (error instanceof Refused && error.status !== 401) return undefined
      throw error
    }
  }

  async #send(id: string, answer: Answer): Promise<void> {
    let refused = this.#seen.refused
    try {
      await this.#options.ask(`/v1/decisions/${encodeURIComponent(id)}/choice`, { method: 'POST', body: answer })
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 401) throw error
      // As where its disk is full: it was not taken in, and may be with the next look.
      if (error.status >= 500) return
      refused = { ...refused, [id]: error.code }
    }
    const { [id]: _, ...unsent } = this.#seen.unsent
    this.#tell({ unsent, refused })
    void this.look()
  }

  #notSeen(error: unknown): void {
    if (error instanceof Unreachable || (error instanceof Refused && error.status >= 500)) this.#tell({ isLost: true })
    else if (error instanceof Refused && error.status === 401) this.#options.onSignedOut()
    else throw error
  }

  #tell(part: Partial<Seen>): void {
    this.#seen = { ...this.#seen, ...part }
    for (const listener of this.#listeners) listener()
  }
}
