/** Real milliseconds within which a broker that waited for acknowledgements sends what it held back. */
const PROMPT_MS = 50

/**
 * How many messages to gather before a commit. A broker sends no more than its window before it hears; gathering more
 * than that would wait for the commit's delay each time. The window is told to nobody (MQTT 3.1.1), so it is learnt: as
 * many messages as were acknowledged, right behind the acknowledgement, were held back by it.
 */
export class InFlight {
  readonly #most: number
  #gather: number
  #acknowledged = 0
  #acknowledgedAt = -Infinity
  #arrived = 0

  /** @param most to gather where the broker never waits */
  constructor(most: number) {
    this.#most = most
    this.#gather = most
  }

  get gather(): number {
    return this.#gather
  }

  /** @param now monotonic real milliseconds */
  acknowledged(count: number, now: number): void {
    this.#acknowledged = count
    this.#acknowledgedAt = now
    this.#arrived = 0
  }

  /** @param pending deliveries not acknowledged, with this one: the window is at least that */
  arrived(pending: number, now: number): void {
    if (pending > this.#gather) this.#gather = Math.min(this.#most, pending)
    if (now - this.#acknowledgedAt > PROMPT_MS) return
    this.#arrived++
    if (this.#arrived >= this.#acknowledged && this.#acknowledged < this.#gather) this.#gather = this.#acknowledged
  }
}
