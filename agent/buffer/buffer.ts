import type { SensorDefinition } from '@storecast/shared/contracts'
import type { Clock } from '../platform/clock.ts'
import type { Connection } from '../platform/database.ts'
import type { eventProcedures } from '../platform/events.ts'
import { Listeners } from '../platform/listeners.ts'
import type { Writer } from '../platform/writer.ts'
import type { AcceptOptions, Intake, Reading, SourcePosition } from '../sensors/reading.ts'
import { FAULT, HAS_ID, MARK, markOf } from './entry.ts'
import { type Entry, EntryWriter } from './entry-columns.ts'
import { EventIds, hashId, IdSet } from './event-ids.ts'
import type { bufferProcedures, NewSeries } from './journal.ts'
import { recoverBuffer } from './recover.ts'

export interface BufferOptions {
  readonly writer: Writer<typeof bufferProcedures & typeof eventProcedures>
  /** A reading connection to the same database. */
  readonly db: Connection
  readonly clock: Clock
  /** Real milliseconds that a reading waits for others to share a commit with. */
  readonly commitDelayMs?: number
  /** Entries that make a commit due at once. */
  readonly commitEntries?: number
  /** Store milliseconds for which a redelivered event is recognised. */
  readonly retentionMs?: number
  /** Event ids remembered at most (8 to 32 bytes of memory each). */
  readonly mostEventIds?: number
}

/** A commit, told to those who read the journal. */
export interface Committed {
  readonly entries: number
  /** The oldest time among them. */
  readonly oldest: number
}

/** What has been heard of a sensor since the agent started. */
export interface SensorHeard {
  accepted: number
  outOfRange: number
  /** Events whose id was known. */
  duplicate: number
  wrongType: number
  wrongUnit: number
  /** Refused for their time, or stored under one that cannot be trusted. */
  untrusted: number
  /** Store time of the last arrival. */
  at: number
}

/** Readings that share a commit. */
class Batch {
  readonly packed = new EntryWriter()
  readonly ids = new IdSet()
  readonly positions = new Map<string, SourcePosition>()
  readonly committed = Promise.withResolvers<void>()
  entries = 0
  oldest = Infinity
  /** It is not to wait for company. */
  due = false

  constructor() {
    // Whoever accepts gets the promise and its failure; a batch that nobody waits for must not end the process.
    this.committed.promise.catch(() => undefined)
  }
}

/**
 * Takes readings in and commits them to the journal in groups: one packed row a commit, one commit at a time. What
 * arrives while one runs forms the next.
 */
export class Buffer implements Intake, AsyncDisposable {
  readonly #options: Required<BufferOptions>
  readonly #ids: EventIds
  readonly #series = new Map<string, Map<string, number>>()
  readonly #positions: Map<string, SourcePosition>
  readonly #committed = new Listeners<Committed>()
  readonly #failures = new Listeners<Error>()
  readonly #heard = new Map<string, SensorHeard>()
  #seriesCount = 0
  #nextSeries = 1
  #unsaved: NewSeries[] = []
  #open = new Batch()
  #inFlight: Batch | undefined
  #timer: NodeJS.Timeout | undefined

  private constructor(options: Required<BufferOptions>) {
    this.#options = options
    const { db, retentionMs, mostEventIds, clock } = options
    this.#ids = new EventIds({ retentionMs, most: mostEventIds })
    const recovered = recoverBuffer(db, clock.now() - retentionMs)
    for (const { id, sensor, entity } of recovered.series) this.#remember(sensor, entity, id)
    for (const { at, ids } of recovered.events) this.#ids.addAll(ids, at)
    this.#positions = recovered.positions
  }

  /** Opens the journal: series, positions and event ids are as they were at the last commit. */
  static async start(options: BufferOptions): Promise<Buffer> {
    return new Buffer({
      commitDelayMs: 1000,
      commitEntries: 8192,
      retentionMs: 48 * 3_600_000,
      mostEventIds: 1_000_000,
      ...options,
    })
  }

  get seriesCount(): number {
    return this.#seriesCount
  }

  knows(sensor: string, entity: string): boolean {
    return this.#series.get(sensor)?.has(entity) ?? false
  }

  positionOf(source: string): SourcePosition | undefined {
    return this.#positions.get(source)
  }

  /** By sensor name, since the agent started. */
  get heard(): ReadonlyMap<string, Readonly<SensorHeard>> {
    return this.#heard
  }

  /** Told after each commit, before those who wait for it. */
  onCommitted(listener: (committed: Committed) => void): Disposable {
    return this.#committed.add(listener)
  }

  /** Told after each commit that failed, before those who wait for it: nothing of it is stored. */
  onFailed(listener: (error: Error) => void): Disposable {
    return this.#failures.add(listener)
  }

  define(definitions: readonly SensorDefinition[]): Promise<SensorDefinition[]> {
    return this.#options.writer.call('journal.define', { at: this.#options.clock.now(), definitions })
  }

  accept(readings: readonly Reading[], { urgent = false, gather, position }: AcceptOptions = {}): Promise<void> {
    const batch = this.#open
    const wasEmpty = batch.entries === 0 && batch.positions.size === 0
    for (const reading of readings) this.#add(batch, reading)
    if (position) batch.positions.set(position.source, position)
    if (batch.entries >= this.#options.commitEntries) this.#commitOpen()
    else if ((urgent || batch.entries >= (gather ?? Infinity)) && !batch.due) {
      batch.due = true
      // After this turn of the loop: what is parsed from the same packet shares the commit.
      setImmediate(() => this.#commitOpen())
    } else if (wasEmpty && !batch.due) {
      this.#timer = setTimeout(() => this.#commitOpen(), this.#options.commitDelayMs)
    }
    return batch.committed.promise
  }

  /** Commits what has been accepted; resolves when all of it is durable. */
  async flush(): Promise<void> {
    const { promise } = this.#open.committed
    if (this.#open.entries > 0 || this.#open.positions.size > 0) {
      this.#commitOpen()
      await promise
    } else await this.#inFlight?.committed.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush()
  }

  #add(batch: Batch, reading: Reading): void {
    const series = this.#seriesOf(reading.sensor, reading.entity)
    const heard = this.#heardOf(reading.sensor)
    heard.at = this.#options.clock.now()
    let flags: number = MARK.reading
    let [high, low] = [0, 0]
    let stored = reading.value
    if (reading.fault) {
      flags = MARK.fault
      stored = FAULT[reading.fault]
      heard[reading.fault]++
    } else if (reading.outOfRange) {
      flags = MARK.outOfRange
      heard.outOfRange++
    } else if (reading.id !== undefined) {
      const hash = hashId(series, reading.id)
      if (batch.ids.has(hash) || this.#inFlight?.ids.has(hash) || this.#ids.has(hash)) {
        flags = MARK.duplicate
        heard.duplicate++
      } else {
        batch.ids.add(hash)
        flags = MARK.reading | HAS_ID
        high = hash.high
        low = hash.low
        heard.accepted++
      }
    } else heard.accepted++
    const { time } = reading
    const add = (entry: Omit<Entry, 'series' | 'time'>) => {
      batch.packed.push({ series, time, ...entry })
      batch.entries++
    }
    add({ value: stored, flags, high, low })
    if (reading.untrusted && markOf(flags) === MARK.reading) {
      add({ value: FAULT.untrusted, flags: MARK.fault, high: 0, low: 0 })
      heard.untrusted++
    }
    if (time < batch.oldest) batch.oldest = time
  }

  /** Sends the open batch once none is on its way; a batch that has to wait goes as soon as it can. */
  #commitOpen(): void {
    const batch = this.#open
    if (batch.entries === 0 && batch.positions.size === 0) return
    batch.due = true
    if (this.#inFlight) return
    clearTimeout(this.#timer)
    this.#open = new Batch()
    this.#inFlight = batch
    const series = this.#unsaved
    this.#unsaved = []
    const at = this.#options.clock.now()
    const packed = batch.packed.finish()
    const positions = [...batch.positions.values()]
    this.#options.writer
      .call('journal.append', { at, entries: batch.entries, packed, series, positions }, [packed.buffer])
      .then(
        () => this.#succeeded(batch, at),
        (error: Error) => this.#failed(batch, series, error),
      )
  }

  #succeeded(batch: Batch, at: number): void {
    this.#inFlight = undefined
    const forgotten = this.#ids.addAll(batch.ids, at)
    if (forgotten > 0) this.#tellForgotten(forgotten, at)
    for (const position of batch.positions.values()) this.#positions.set(position.source, position)
    this.#committed.tell({ entries: batch.entries, oldest: batch.oldest })
    batch.committed.resolve()
    this.#continue()
  }

  /** Nothing of the batch is stored. What was accepted since may rest on its event ids, so it fails with it. */
  #failed(batch: Batch, series: readonly NewSeries[], error: Error): void {
    this.#inFlight = undefined
    this.#unsaved.unshift(...series)
    this.#failures.tell(error)
    batch.committed.reject(error)
    const open = this.#open
    clearTimeout(this.#timer)
    this.#open = new Batch()
    open.committed.reject(error)
  }

  /** Readings that came meanwhile and are due, or have waited their time, go next. */
  #continue(): void {
    if (this.#open.due || this.#open.entries >= this.#options.commitEntries) this.#commitOpen()
  }

  #tellForgotten(ids: number, at: number): void {
    const event = {
      id: crypto.randomUUID(),
      at,
      severity: 'warning',
      code: 'event-ids-forgotten',
      message: `Too many event ids to remember: a repeat of the oldest ${ids} would be counted twice.`,
      detail: { ids, most: this.#options.mostEventIds },
    } as const
    // Losing this notice to a failing disk changes nothing that the commit's own failure does not tell.
    this.#options.writer.call('events.record', event).catch(() => undefined)
  }

  #seriesOf(sensor: string, entity: string): number {
    const known = this.#series.get(sensor)?.get(entity)
    if (known !== undefined) return known
    const id = this.#nextSeries
    this.#remember(sensor, entity, id)
    this.#unsaved.push({ id, sensor, entity })
    return id
  }

  #remember(sensor: string, entity: string, id: number): void {
    let entities = this.#series.get(sensor)
    if (!entities) {
      entities = new Map()
      this.#series.set(sensor, entities)
    }
    entities.set(entity, id)
    this.#seriesCount++
    this.#nextSeries = Math.max(this.#nextSeries, id + 1)
  }

  #heardOf(sensor: string): SensorHeard {
    let heard = this.#heard.get(sensor)
    if (!heard) {
      heard = { accepted: 0, outOfRange: 0, duplicate: 0, wrongType: 0, wrongUnit: 0, untrusted: 0, at: 0 }
      this.#heard.set(sensor, heard)
    }
    return heard
  }
}
