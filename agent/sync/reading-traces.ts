import type { WindowRecord } from '@storecast/shared/contracts'
import type { Span, Tracing } from '@storecast/shared/tracing'
import type { Reading } from '../sensors/reading.ts'

interface Underway {
  readonly reading: Pick<Reading, 'sensor' | 'entity' | 'time'>
  readonly span: Span
  /** Unix milliseconds of its arrival, by the real clock: spans are of real time. */
  readonly arrivedAt: number
}

/** What a reading's way goes through first: the journal, or anything in its place. */
interface Journal {
  accept(readings: readonly Reading[], ...rest: never[]): Promise<void>
}

/** Readings whose windows have not been sent; the oldest is given up for one more. */
const MOST_UNDERWAY = 16

/**
 * Follows one reading now and then from its arrival to the message that takes its window to the cloud, which goes on with the
 * trace to its commit: reading → journal commit → window → uplink.
 */
export class ReadingTraces {
  readonly #tracing: Tracing
  readonly #everyMs: number
  readonly #underway: Underway[] = []
  #dueAt = Number.NEGATIVE_INFINITY

  /** @param everyMs real milliseconds between two readings that are followed */
  constructor(tracing: Tracing, everyMs: number) {
    this.#tracing = tracing
    this.#everyMs = everyMs
  }

  /** The same journal, which is watched for readings to follow. */
  watch<J extends Journal>(journal: J): J {
    if (!this.#tracing.isOn) return journal
    const accept = (readings: readonly Reading[], ...rest: never[]) => {
      const accepted = journal.accept(readings, ...rest)
      const [first] = readings
      if (first && !first.fault && performance.now() >= this.#dueAt) this.#follow(first, accepted)
      return accepted
    }
    return new Proxy(journal, {
      get(target, name) {
        if (name === 'accept') return accept
        const value = Reflect.get(target, name, target)
        // Private fields belong to the journal itself.
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  /** A span for the message that takes these windows along; undefined where no reading that is followed is in them. */
  sending(windows: readonly WindowRecord[]): Span | undefined {
    const parents = windows.flatMap((window) => this.#arrived(window))
    const [parent, ...links] = parents
    if (parent === undefined) return undefined
    return this.#tracing.begin('storecast.uplink', {
      parent,
      links,
      attributes: { 'storecast.windows': windows.length },
    })
  }

  #follow({ sensor, entity, time }: Reading, accepted: Promise<void>): void {
    this.#dueAt = performance.now() + this.#everyMs
    const attributes = { 'storecast.sensor': sensor, 'storecast.entity': entity }
    const span = this.#tracing.begin('storecast.reading', { attributes })
    const commit = this.#tracing.begin('storecast.journal.commit', { parent: span.traceparent })
    accepted.then(
      () => commit.end(),
      (error) => commit.end(error),
    )
    this.#underway.push({ reading: { sensor, entity, time }, span, arrivedAt: Date.now() })
    if (this.#underway.length > MOST_UNDERWAY) this.#underway.shift()!.span.end('given up: its window was not sent')
  }

  /** Ends the way of the readings of a window on the device. @returns their traces */
  #arrived({ series, start, end }: WindowRecord): string[] {
    const inside = this.#underway.filter(
      ({ reading }) =>
        reading.sensor === series.sensor &&
        reading.entity === series.entity &&
        reading.time >= start &&
        reading.time < end,
    )
    return inside.flatMap((one) => {
      this.#underway.splice(this.#underway.indexOf(one), 1)
      const { traceparent } = one.span
      const attributes = { 'storecast.window.start': start, 'storecast.window.end': end }
      this.#tracing.begin('storecast.window', { parent: traceparent, startedAt: one.arrivedAt, attributes }).end()
      one.span.end()
      return traceparent === undefined ? [] : [traceparent]
    })
  }
}
