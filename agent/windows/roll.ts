import { type Calendar, calendarOf, type Span, type ZoneStretches } from '@storecast/shared/windows'
import {
  dropJournal,
  expireBlocks,
  MARK,
  markOf,
  RawReader,
  readDefinitions,
  readJournal,
  type SeriesEntries,
  sensorsInUse,
  storeBlock,
} from '../buffer/index.ts'
import { type Connection, type DatabaseSize, sizeOf } from '../platform/database.ts'
import { markFlat, readStanding, saveStanding } from './flat.ts'
import { windowsOfGap } from './gaps.ts'
import { lowerMarks } from './marks.ts'
import { type PackedRows, packRows } from './packed-rows.ts'
import {
  deleteWindow,
  dropOpen,
  insertWindow,
  mergeRows,
  openFrom,
  rowOf,
  type SeriesState,
  saveOpen,
  seriesStates,
  seriesToClose,
  silentSeries,
  stateOfRow,
  updateWindow,
  type WindowRow,
  windowAround,
  windowsFrom,
} from './rows.ts'
import { increases, type RollRule, ruleOf, WindowState } from './state.ts'

export interface RollRequest {
  readonly zone: ZoneStretches
  /** Store time. */
  readonly now: number
  /** Windows that end at or before are closed, once the journal is rolled up to its end. */
  readonly closeBefore: number
  /** After this much time without a reading for it, a window ends by its own series' progress (an import). */
  readonly graceMs: number
  /** Of a sensor that has been silent until here, windows without readings are stored. */
  readonly silentBefore: number
  /** Raw readings that came before are forgotten, where no open window needs them. */
  readonly keepRawFrom: number
  /** Journal entries that are enough for one transaction. */
  readonly entries: number
}

export interface RollResult {
  /** New and revised windows. */
  readonly stored: PackedRows
  /** Journal entries taken in. */
  readonly entries: number
  /** The journal holds more: roll again. */
  readonly more: boolean
  /** The earliest end of a window that may be open now or is. */
  readonly nextEnd: number
  readonly size: DatabaseSize
}

/**
 * Rolls the oldest part of the journal into windows. In one transaction: its entries move into a block, windows are
 * opened, filled, closed or revised, and the journal's part is dropped; so each entry is in the windows exactly once.
 */
export function roll(db: Connection, request: RollRequest): RollResult {
  const { now, closeBefore, graceMs, keepRawFrom, silentBefore } = request
  const part = readJournal(db, request.entries)
  const rollup = new Rollup(db, { calendar: calendarOf(request.zone), graceMs, keepRawFrom })
  if (part) {
    for (const state of seriesStates(db, [...part.groups.keys()])) {
      rollup.fill(state, part.groups.get(state.series)!.sorted(), now - graceMs)
    }
    storeBlock(db, part.at, part.groups)
    dropJournal(db, part.position)
  }
  if (!part?.more) {
    rollup.close(closeBefore)
    rollup.tellSilence(Math.min(silentBefore, closeBefore))
    expireBlocks(db, { before: keepRawFrom, keepFrom: openFrom(db) })
  }
  lowerMarks(db, rollup.stored)
  return {
    stored: packRows(rollup.stored),
    entries: part?.entries ?? 0,
    more: part?.more ?? false,
    nextEnd: rollup.nextEnd(now),
    size: sizeOf(db),
  }
}

/** One roll-up: what it has read of definitions, and what it has stored. */
class Rollup {
  readonly stored: WindowRow[] = []
  readonly #db: Connection
  readonly #calendar: Calendar
  readonly #graceMs: number
  readonly #keepRawFrom: number
  readonly #raw: RawReader
  readonly #rules: ReadonlyMap<string, RollRule>

  constructor(db: Connection, { calendar, graceMs, keepRawFrom }: RollupOptions) {
    this.#db = db
    this.#graceMs = graceMs
    this.#keepRawFrom = keepRawFrom
    this.#calendar = calendar
    this.#raw = new RawReader(db)
    this.#rules = new Map([...readDefinitions(db)].map(([name, definition]) => [name, ruleOf(definition)]))
  }

  /**
   * @param entries of the series, in time order
   * @param closeBefore the store's time less the grace: what ends later waits for it
   */
  fill({ series, sensor, closed, open: before }: SeriesState, entries: SeriesEntries, closeBefore: number): void {
    const rule = this.#ruleOf(sensor)
    const values = rule.kind === 'counter' ? this.#increasesOf(series, entries) : entries
    if (rule.flatAfter > 0) this.#markFlat(series, values, rule)
    const open = [...before]
    const saved = new Set(open.map(({ start }) => start))
    const touched = new Set<WindowState>()
    for (let from = 0; from < values.length; ) {
      const time = values.times[from]!
      const at = open.findIndex((w) => time >= w.start && time < w.end)
      const row = at >= 0 || time >= closed ? undefined : windowAround(this.#db, series, time)
      const span = open[at] ?? row ?? this.#calendar.windowAt(time, rule.size)
      let to = from + 1
      while (to < values.length && values.times[to]! < span.end) to++
      const part = { series, values, from, to, rule }
      if (row) this.#revise(row, part)
      else {
        const state = this.#extended(open[at] ?? new WindowState(span), part)
        touched.add(state)
        if (at >= 0) open[at] = state
        else open.push(state)
      }
      from = to
    }
    const reached = Math.min(values.times[values.length - 1]! - this.#graceMs, closeBefore)
    let until = closed
    for (const state of open.sort((a, b) => a.end - b.end)) {
      if (state.end <= reached) {
        if (saved.has(state.start)) dropOpen(this.#db, series, state)
        until = this.#store({ series, state, rule, closed: until })
      } else if (touched.has(state)) saveOpen(this.#db, series, state)
    }
  }

  /** Closes every open window that ends at or before `until`. */
  close(until: number): void {
    for (const { series, sensor, closed, open } of seriesStates(this.#db, seriesToClose(this.#db, until))) {
      let last = closed
      for (const state of open) {
        if (state.end > until) continue
        dropOpen(this.#db, series, state)
        last = this.#store({ series, state, rule: this.#ruleOf(sensor), closed: last })
      }
    }
  }

  /** Stores windows without readings of every series in use of which readings are expected and none came until `until`. */
  tellSilence(until: number): void {
    const inUse = sensorsInUse(this.#db)
    const expected = [...this.#rules].filter(([name, { interval }]) => interval > 0 && inUse.has(name))
    if (until === -Infinity || expected.length === 0) return
    const names = expected.map(([name]) => name)
    for (const { series, sensor, closed, openFrom } of silentSeries(this.#db, { names, until })) {
      if (until - closed > LONGEST_SILENCE_MS) continue
      this.#tellGap(series, this.#ruleOf(sensor), { start: closed, end: Math.min(until, openFrom ?? Infinity) })
    }
  }

  nextEnd(now: number): number {
    const sizes = new Set([...this.#rules.values()].map(({ size }) => size))
    const open = this.#db.statement<[], number | null>('SELECT min("end") FROM open_windows').pluck().get()
    return Math.min(open ?? Infinity, ...[...sizes].map((size) => this.#calendar.windowAt(now, size).end))
  }

  /** An open window with more entries. A gauge's that are not all later are sorted in among its raw readings. */
  #extended(state: WindowState, part: Part): WindowState {
    const { values, from, to, rule } = part
    if (rule.kind === 'gauge' && values.times[from]! <= state.lastTime) {
      const whole = this.#fromRaw(state, part)
      if (whole) return whole
    }
    state.apply(values, from, to, rule)
    return state
  }

  /** Late entries: the closed window is stored again under a higher revision. */
  #revise(row: WindowRow, part: Part): void {
    const { series, values, from, to, rule } = part
    const before = stateOfRow(row)
    let state = rule.kind === 'gauge' ? this.#fromRaw(before, part) : undefined
    if (!state) {
      state = before
      state.apply(values, from, to, rule)
    }
    for (let i = from; i < to; i++) if (markOf(values.flags[i]!) === MARK.reading) state.late++
    const revised = rowOf(series, state, row.revision + 1, state.missing(rule))
    updateWindow(this.#db, revised)
    this.stored.push(revised)
  }

  /**
   * The window anew from all its raw readings; undefined where they are no longer all there, or where part of the span is
   * in another window (its sensor's window size has changed).
   */
  #fromRaw(before: WindowState, { series, values, from, to, rule }: Part): WindowState | undefined {
    const raw = this.#raw.read(series, before)
    const old = new WindowState(before)
    old.apply(raw, 0, raw.length, rule)
    if (old.count !== before.count) return undefined
    for (let i = from; i < to; i++) raw.push(values.times[i]!, values.values[i]!, values.flags[i]!, 0, 0)
    const state = new WindowState(before)
    state.late = before.late
    const all = raw.sorted()
    state.apply(all, 0, all.length, rule)
    // What repeats its predecessor for too long was told as it came.
    state.flat = before.flat
    for (let i = from; i < to; i++) state.flat += values.flat?.[i] ?? 0
    return state
  }

  /**
   * Writes a window that has closed. Where the sensor's window size has changed or old windows were coarsened, others may
   * stand in its place: finer ones inside are merged into it, and it into a coarser one around. Where the site's time zone
   * has changed, windows of the two zones may overlap; each reading is in one of them.
   * @returns where the series' last closed window ends now
   */
  #store({ series, state, rule, closed }: Closing): number {
    const row = rowOf(series, state, 1, state.missing(rule))
    if (state.start >= closed) {
      this.#tellGap(series, rule, { start: closed, end: state.start })
      this.#insert(row)
      return state.end
    }
    const around = windowAround(this.#db, series, state.start)
    const inside = windowsFrom(this.#db, series, state.start, state.end).filter((row) => row.end <= state.end)
    if (around && around.end >= state.end) {
      const merged = mergeRows([row, around], around, around.revision + 1)
      updateWindow(this.#db, merged)
      this.stored.push(merged)
    } else if (inside.length > 0) {
      this.#insert(mergeRows([...inside, row], state, 1))
      for (const fine of inside) deleteWindow(this.#db, fine)
    } else this.#insert(row)
    return Math.max(closed, state.end)
  }

  #tellGap(series: number, rule: RollRule, { start, end }: Span): void {
    if (start === -Infinity) return
    for (const span of windowsOfGap(this.#calendar, rule, { start, end, coarseBefore: this.#keepRawFrom })) {
      const empty = new WindowState(span)
      this.#insert(rowOf(series, empty, 1, empty.missing(rule)))
    }
  }

  #markFlat(series: number, values: SeriesEntries, { flatAfter }: RollRule): void {
    const before = readStanding(this.#db, series)
    const standing = markFlat(values, before, flatAfter)
    if (standing && standing !== before) saveStanding(this.#db, series, standing)
  }

  #insert(row: WindowRow): void {
    insertWindow(this.#db, row)
    this.stored.push(row)
  }

  #increasesOf(series: number, entries: SeriesEntries): SeriesEntries {
    const before = this.#db
      .statement<[number], { time: number; value: number }>('SELECT time, value FROM counters WHERE series = ?')
      .get(series)
    const result = increases(entries, before)
    if (result.newest) {
      this.#db
        .statement('INSERT OR REPLACE INTO counters(series, time, value) VALUES (?, ?, ?)')
        .run(series, result.newest.time, result.newest.value)
    }
    return result.entries
  }

  #ruleOf(sensor: string): RollRule {
    const rule = this.#rules.get(sensor)
    if (!rule) throw new Error(`sensor "${sensor}" has readings and no definition`)
    return rule
  }
}

interface RollupOptions {
  readonly calendar: Calendar
  readonly graceMs: number
  readonly keepRawFrom: number
}

/** A series that has been silent for longer is not expected to speak again; until it does, its silence is not told. */
const LONGEST_SILENCE_MS = 35 * 86_400_000

interface Closing {
  readonly series: number
  readonly state: WindowState
  readonly rule: RollRule
  /** Where the series' last closed window ends. */
  readonly closed: number
}

/** Entries `[from, to)` of `values`: those of one window. */
interface Part {
  readonly series: number
  readonly values: SeriesEntries
  readonly from: number
  readonly to: number
  readonly rule: RollRule
}
