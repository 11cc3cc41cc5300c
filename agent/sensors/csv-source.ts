import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import type { Calendar } from '@storecast/shared/windows'
import { fullJitter } from '../platform/backoff.ts'
import type { Clock } from '../platform/clock.ts'
import { readFrom } from '../platform/files.ts'
import type { Logger } from '../platform/logger.ts'
import type { Conversion, CsvSource as CsvConfig } from './config.ts'
import { convert, timeOf } from './convert.ts'
import { CsvRows } from './csv.ts'
import { type Candidate, type Gate, isRefusal } from './gate.ts'
import type { Intake, Reading } from './reading.ts'
import type { Refusals } from './refusals.ts'

export interface CsvSourceOptions {
  readonly config: CsvConfig
  readonly gate: Gate
  readonly intake: Intake
  readonly refusals: Refusals
  readonly zone: () => Calendar
  readonly clock: Clock
  readonly log: Logger
}

/** The file cannot be replayed as configured; the message says what to change. */
export class CsvSourceError extends Error {
  readonly code: 'no-such-column'
  constructor(message: string) {
    super(message)
    this.name = 'CsvSourceError'
    this.code = 'no-such-column'
  }
}

/** Readings that are accepted together. */
const BATCH = 4096
/** Batches on their way to the disk while the next is read. */
const AHEAD = 2

/** Replays a file of readings. How far it has come is durable with the readings, and survives a restart. */
export class CsvSource implements AsyncDisposable {
  readonly #options: CsvSourceOptions
  readonly #abort = new AbortController()
  #running: Promise<void> | undefined
  #rows = 0
  #trouble: string | undefined

  constructor(options: CsvSourceOptions) {
    this.#options = options
  }

  start(): void {
    const { log, config } = this.#options
    this.#running = this.#replay().then(
      () => log.info({ source: config.name, rows: this.#rows }, 'replayed to the end of the file'),
      (error: Error) => {
        if (this.#abort.signal.aborted) return
        this.#trouble = error.message
        log.error({ err: error, source: config.name, rows: this.#rows }, 'the replay stopped')
      },
    )
  }

  /** Why nothing more comes in; undefined while it does, and at the end of the file. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  /** Resolves at the end of the file, or when the replay has stopped. */
  get ended(): Promise<void> {
    return this.#running ?? Promise.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort()
    await this.#running
  }

  async #replay(): Promise<void> {
    const { config, intake, clock } = this.#options
    const { signal } = this.#abort
    const pace = new Pace(config.speed, clock)
    const ahead: Promise<void>[] = []
    let reader: RowReader | undefined
    let batch: Reading[] = []
    let [done, stored, stamp] = [0, 0, '']
    const flush = async () => {
      if (this.#rows === stored) return
      const accepted = this.#accept(batch, { source: config.name, stamp, position: this.#rows })
      accepted.catch(() => undefined)
      ahead.push(accepted)
      batch = []
      stored = this.#rows
      if (ahead.length > AHEAD) await ahead.shift()
    }
    for await (const rows of this.#portions()) {
      signal.throwIfAborted()
      for (const row of rows) {
        if (!reader) {
          reader = new RowReader(this.#options, row)
          continue
        }
        if (this.#rows === 0) {
          stamp = createHash('sha256')
            .update(JSON.stringify([reader.header, row]))
            .digest('hex')
          const position = intake.positionOf(config.name)
          done = position?.stamp === stamp ? position.position : 0
          stored = done
        }
        if (this.#rows >= done) {
          const time = reader.timeOf(row)
          const wait = pace.wait(time)
          if (wait > 0) {
            await flush()
            await clock.delay(wait, signal)
          }
          reader.read(row, { time, line: this.#rows + 2, into: batch })
        }
        this.#rows++
        if (batch.length >= BATCH) await flush()
      }
    }
    await flush()
    await Promise.all(ahead)
  }

  /** Tries until the readings are stored: a disk that is full now may not be later. */
  async #accept(readings: readonly Reading[], position: { source: string; stamp: string; position: number }) {
    const backoff = fullJitter({ baseMs: 1000, capMs: 60_000 })
    for (;;) {
      try {
        await this.#options.intake.accept(readings, { urgent: true, position })
        return
      } catch (error) {
        this.#abort.signal.throwIfAborted()
        this.#options.log.error({ err: error, source: position.source }, 'readings were not stored; trying again')
        await sleep(backoff.next(), undefined, { signal: this.#abort.signal })
      }
    }
  }

  async *#portions(): AsyncGenerator<string[][]> {
    const { path, delimiter } = this.#options.config
    const file = readFrom(path)
    const bytes = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
    if (bytes !== file) file.on('error', (error) => bytes.destroy(error))
    try {
      const rows = new CsvRows(delimiter)
      const text = new TextDecoder()
      for await (const chunk of bytes as AsyncIterable<Uint8Array>)
        yield rows.push(text.decode(chunk, { stream: true }))
      yield rows.push(text.decode())
      yield rows.end()
    } finally {
      file.destroy()
    }
  }
}

/** When rows are due. */
class Pace {
  readonly #speed: CsvConfig['speed']
  readonly #clock: Clock
  #first: { time: number; at: number } | undefined

  constructor(speed: CsvConfig['speed'], clock: Clock) {
    this.#speed = speed
    this.#clock = clock
  }

  /** Store milliseconds until a row of this time is due; a time that cannot be read waits for nobody. */
  wait(time: number): number {
    if (this.#speed === 'max' || Number.isNaN(time)) return 0
    const now = this.#clock.now()
    if (this.#speed === 'clock') return time - now
    this.#first ??= { time, at: now }
    return this.#first.at + (time - this.#first.time) / this.#speed - now
  }
}

/** Turns rows into readings, by the names in the header. */
class RowReader {
  readonly header: readonly string[]
  readonly #options: CsvSourceOptions
  readonly #time: number
  readonly #entity: number
  readonly #id: number
  readonly #values: readonly { at: number; sensor: string | number; conversion: Conversion | undefined }[]

  constructor(options: CsvSourceOptions, header: readonly string[]) {
    const { time, entity, id, columns } = options.config
    this.header = header.map((name) => name.trim())
    this.#options = options
    this.#time = this.#place(time.column)
    this.#entity = entity === undefined ? this.header.indexOf('entity') : this.#place(entity)
    this.#id = id === undefined ? this.header.indexOf('id') : this.#place(id)
    this.#values = columns
      ? columns.map((c) => ({ at: this.#place(c.column), sensor: c.sensor, conversion: c }))
      : [{ at: this.#place('value'), sensor: this.#place('sensor'), conversion: undefined }]
  }

  timeOf(row: readonly string[]): number {
    const { config, zone } = this.#options
    return timeOf(row[this.#time], config.time.format, zone())
  }

  /** @param line the row's number in the file, for messages */
  read(row: readonly string[], { time, line, into }: { time: number; line: number; into: Reading[] }): void {
    const { gate, refusals, config } = this.#options
    for (const { at, sensor, conversion } of this.#values) {
      const text = row[at]
      // An empty cell is no reading.
      if (text === '' && conversion) continue
      const candidate: Candidate = {
        sensor: typeof sensor === 'number' ? (row[sensor] ?? '') : sensor,
        entity: row[this.#entity],
        time,
        value: conversion ? convert(text, conversion) : text,
        id: row[this.#id] || undefined,
      }
      const checked = gate.check(candidate)
      const refusal = isRefusal(checked) ? checked : checked.outOfRange && gate.outOfRange(checked, candidate.value)
      if (refusal) refusals.count(config.name, { ...refusal, message: `row ${line}: ${refusal.message}` })
      const kept = isRefusal(checked) ? checked.counted : checked
      if (kept) into.push(kept)
    }
  }

  #place(column: string): number {
    const at = this.header.indexOf(column)
    if (at < 0) {
      const { path } = this.#options.config
      throw new CsvSourceError(`${path} has no column "${column}"; it has ${this.header.slice(0, 40).join(', ')}`)
    }
    return at
  }
}
