/** Where time comes from; replaced in tests. */
export interface TimeSources {
  /** Unix milliseconds, by the device's own clock: it may be wrong, and it may be set back. */
  readonly real: () => number
  /** Milliseconds since some moment; only goes forward. */
  readonly monotonic: () => number
}

const systemTime: TimeSources = { real: () => Date.now(), monotonic: () => performance.now() }

/**
 * The time by which signatures are judged: the device's clock, and never below what is known to have passed already. What
 * is known comes from signed metadata alone (see `repository.ts`), and goes on by the monotonic clock. A device that boots
 * at 1970 is so at its last trusted time at once; a clock that is set back brings nothing expired back; one that once ran
 * ahead does no harm once it is right again.
 */
export class TrustTime {
  readonly #sources: TimeSources
  #known: number
  #since: number

  /** @param known unix milliseconds that have certainly passed; 0 where nothing is known. */
  constructor(known: number, sources: TimeSources = systemTime) {
    this.#sources = sources
    this.#known = known
    this.#since = sources.monotonic()
  }

  /** Of the device's own clock. */
  real(): number {
    return this.#sources.real()
  }

  monotonic(): number {
    return this.#sources.monotonic()
  }

  /** Unix milliseconds, whole. */
  now(): number {
    return Math.max(Math.floor(this.#sources.real()), this.known())
  }

  /** The lower bound alone. */
  known(): number {
    if (this.#known === 0) return 0
    return this.#known + Math.floor(this.#sources.monotonic() - this.#since)
  }

  /** What was attested counts from now on, where it is later than what was known. */
  learn(attested: number): void {
    if (attested > this.known()) this.#set(attested)
  }

  /** What was known came from keys that are trusted no more. */
  forget(): void {
    this.#set(0)
  }

  #set(known: number): void {
    this.#known = known
    this.#since = this.#sources.monotonic()
  }
}
