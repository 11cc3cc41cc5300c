import type { Arrival } from './arrivals.ts'

const GROUP_MESSAGES = 200
const GROUP_BYTES = 4 * 1024 * 1024
const WAITING_BYTES = 64 * 1024 * 1024

/** Messages that wait for their transaction, in order of arrival. */
export class ArrivalQueue {
  readonly #waiting: Arrival[] = []
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  /** How many groups wait, about. */
  get groups(): number {
    return Math.max(this.#waiting.length / GROUP_MESSAGES, this.#bytes / GROUP_BYTES)
  }

  /** False where there is no room: the device sends it again. */
  add(arrival: Arrival): boolean {
    if (this.#bytes + arrival.payload.length > WAITING_BYTES) return false
    this.#waiting.push(arrival)
    this.#bytes += arrival.payload.length
    return true
  }

  /**
   * The next messages that can share a transaction. A hello behind a batch of the same device waits for the next: within a
   * group, all records of a device are of one epoch.
   */
  takeGroup(): Arrival[] {
    const group = this.#waiting.splice(0, this.nextGroup().length)
    for (const { payload } of group) this.#bytes -= payload.length
    return group
  }

  /** What `takeGroup` would take now. */
  nextGroup(): readonly Arrival[] {
    const sending = new Set<string>()
    let bytes = 0
    let size = 0
    for (const arrival of this.#waiting) {
      if (size === GROUP_MESSAGES || (size > 0 && bytes + arrival.payload.length > GROUP_BYTES)) break
      if (arrival.kind === 'hello' && sending.has(arrival.device)) break
      if (arrival.kind === 'batch') sending.add(arrival.device)
      bytes += arrival.payload.length
      size++
    }
    return this.#waiting.slice(0, size)
  }
}
