import { type Ask, Refused, Unreachable } from './ask.ts'
import type { Answer, Decision } from './decisions.ts'
import type { Forecasts, Status } from './wire.ts'

/** `held`: may still be taken back. `unsent`: it could not be sent, and is with the next look that is answered. */
export interface Choice {
  readonly answer: Answer
  readonly state: 'held' | 'sending' | 'unsent'
}

export interface Seen {
  readonly status: Status | undefined
  readonly forecasts: Forecasts | undefined
  readonly decisions: readonly Decision[] | undefined
  /** Of this tablet: unix ms at which the device last answered; undefined before it has. */
  readonly heardAt: number | undefined
  /** The device does not answer. What was seen last stays. */
  readonly isLost: boolean
  /** Choices that the device has not confirmed yet, by decision. */
  readonly choices: Readonly<Record<string, Choice>>
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
/** After the last tap: somebody who goes through a list takes none back while the cards move. */
export const HOLD_MS = 8_000
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
  choices: {},
  refused: {},
}

/**
 * Looks at the device again and again while somebody looks at the page. A choice stands for the device once it has it, so it
 * is held for a moment in which it can be taken back. One that could not be sent is sent with the next look that is answered:
 * the device takes the same choice twice as once.
 */
export class Feed {
  readonly #options: FeedOptions
  readonly #listeners = new Set<() => void>()
  #seen = NOTHING
  #looks = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #holding: ReturnType<typeof setTimeout> | undefined
  /** What the device made of choices, until its lists say so too: one that was asked before would offer them again. */
  readonly #taken = new Map<string, Decision>()
  /** Of the software that sent this page. */
  #version: string | undefined
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

  /** Nobody looks any more: what was chosen is sent now. */
  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
    void this.settle()
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

  /** Shown at once, sent after a while in which nothing else was chosen. */
  choose(id: string, answer: Answer): void {
    const { [id]: _, ...refused } = this.#seen.refused
    this.#tell({ choices: { ...this.#seen.choices, [id]: { answer, state: 'held' } }, refused })
    clearTimeout(this.#holding)
    this.#holding = setTimeout(() => void this.settle(), HOLD_MS)
  }

  /** Does nothing once it is being sent. */
  takeBack(id: string): void {
    if (this.#seen.choices[id]?.state === 'held') this.#forget(id)
  }

  /** Sends what is held. @returns when each was answered, or could not be sent */
  async settle(): Promise<void> {
    clearTimeout(this.#holding)
    try {
      await Promise.all(this.#idsOf('held').map((id) => this.#send(id)))
    } catch (error) {
      this.#notSeen(error)
    }
  }

  async #lookOnce(): Promise<void> {
    const { ask, now, onOtherVersion } = this.#options
    const status = await ask<Status>('/v1/status')
    for (const id of this.#idsOf('unsent')) await this.#send(id)
    const decisions = (await this.#part(() => this.#decisions())) ?? this.#seen.decisions
    const isDue = this.#seen.isLost || this.#looks++ % LOOKS_PER_FORECAST === 0 || this.#seen.forecasts === undefined
    const forecasts =
      (isDue ? await this.#part(() => ask<Forecasts>('/v1/forecasts?detail=totals&so-far=1')) : undefined) ??
      this.#seen.forecasts
    this.#version ??= status.agentVersion
    // Another page would know nothing of what was chosen and is on its way.
    if (this.#version !== status.agentVersion && Object.keys(this.#seen.choices).length === 0) onOtherVersion()
    this.#tell({ status, decisions, forecasts, heardAt: now(), isLost: false })
  }

  async #decisions(): Promise<readonly Decision[]> {
    const { ask } = this.#options
    const [open, chosen] = await Promise.all([ask<Decisions>(`${DECISIONS}open`), ask<Decisions>(`${DECISIONS}chosen`)])
    const closed = new Set(chosen.decisions.map(({ id }) => id))
    for (const id of closed) this.#taken.delete(id)
    return this.#withTaken([...open.decisions.filter(({ id }) => !closed.has(id)), ...chosen.decisions])
  }

  #withTaken(decisions: readonly Decision[]): readonly Decision[] {
    return decisions.map((decision) => this.#taken.get(decision.id) ?? decision)
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

  async #send(id: string): Promise<void> {
    const { answer } = this.#seen.choices[id]!
    const become = (state: Choice['state']) =>
      this.#tell({ choices: { ...this.#seen.choices, [id]: { answer, state } } })
    become('sending')
    try {
      const path = `/v1/decisions/${encodeURIComponent(id)}/choice`
      this.#taken.set(id, await this.#options.ask<Decision>(path, { method: 'POST', body: answer }))
      this.#tell({ decisions: this.#seen.decisions && this.#withTaken(this.#seen.decisions) })
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 401) {
        become('unsent')
        throw error
      }
      // As where its disk is full: it was not taken in, and may be with the next look.
      if (error.status >= 500) return become('unsent')
      this.#tell({ refused: { ...this.#seen.refused, [id]: error.code } })
    }
    this.#forget(id)
    void this.look()
  }

  #idsOf(state: Choice['state']): string[] {
    return Object.entries(this.#seen.choices).flatMap(([id, choice]) => (choice.state === state ? [id] : []))
  }

  #forget(id: string): void {
    const { [id]: _, ...choices } = this.#seen.choices
    this.#tell({ choices })
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
