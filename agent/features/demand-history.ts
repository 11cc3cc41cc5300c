import type { WindowRecord } from '@storecast/shared/contracts'
import { DAILY_HISTORY_DAYS, type DailyHistory } from '@storecast/shared/features'
import type { Calendar, Span } from '@storecast/shared/windows'
import type { Connection } from '../platform/database.ts'
import { DayTotals, type DemandSource } from './day-totals.ts'
import { dayName, localDayNumber } from './days.ts'

/** Days kept: those that features look back on for each of the last weeks' forecasts, and room to move on. */
const KEPT_DAYS = 2 * DAILY_HISTORY_DAYS
const STRIDE = KEPT_DAYS + 8

/** The totals of one day. */
export interface ClosedDay {
  /** Another object whenever a total may have changed. */
  readonly state: object
  /** Of a product; units are NaN where they are not known. */
  sold(entity: string): { readonly units: number; readonly censored: boolean }
}

export interface DemandHistoryOptions {
  readonly db: Connection
  readonly source: DemandSource
  readonly calendar: Calendar
  /** The site's products, in the order of the rows. */
  readonly entities: readonly string[]
}

/**
 * Daily totals of a site's products in memory, entity-major, as the `daily-demand` view wants them. Read from SQLite once;
 * a day of a product is read again when one of its windows is stored or revised.
 *
 * An event series has no window where nothing happened: such a day is 0 where the device was there from the opening on and
 * had heard of the product before, and not known (NaN) elsewhere.
 */
export class DemandHistory {
  readonly #options: DemandHistoryOptions
  readonly #rows: ReadonlyMap<string, number>
  readonly #units: Float32Array
  readonly #stockoutHours: Uint8Array
  /** Of each column: whether anything was heard that day; undefined: not asked yet. */
  readonly #heard: (boolean | undefined)[] = []
  /** Of each column: replaced whenever what is in it may change. */
  readonly #states: object[] = []
  /** First day on which each product was heard of. */
  readonly #firstDay: Float64Array
  #totals: DayTotals
  /** Day number of the first column, and the span of each. */
  #origin = Number.NaN
  #spans: Span[] = []
  /** The first day that the device was there for from the opening on. */
  #deviceDay = Number.POSITIVE_INFINITY
  #deviceHeard = Number.POSITIVE_INFINITY

  constructor(options: DemandHistoryOptions) {
    this.#options = options
    const { entities } = options
    this.#rows = new Map(entities.map((entity, row) => [entity, row]))
    this.#units = new Float32Array(entities.length * STRIDE)
    this.#stockoutHours = new Uint8Array(entities.length * STRIDE)
    this.#firstDay = new Float64Array(entities.length)
    this.#totals = new DayTotals(options)
  }

  get entities(): readonly string[] {
    return this.#options.entities
  }

  /** Takes in windows that were stored or revised, of any sensor. */
  stored(windows: readonly WindowRecord[]): void {
    if (Number.isNaN(this.#origin)) return
    if (windows.some(({ start }) => start < this.#deviceHeard)) {
      this.#load(this.#origin)
      return
    }
    const { calendar, source } = this.#options
    const newest = windows.reduce((latest, { start }) => Math.max(latest, start), 0)
    this.#reach(Math.max(localDayNumber(calendar, newest) + 1, this.#origin + KEPT_DAYS))
    const cells = new Set<number>()
    for (const { series, start } of windows) {
      const day = localDayNumber(calendar, start)
      const column = day - this.#origin
      if (column < 0) continue
      if (!this.#heard[column]) this.#states[column] = {}
      this.#heard[column] = true
      const ours = series.sensor === source.target || series.sensor === source.censoredBy
      const row = ours ? this.#rows.get(series.entity) : undefined
      if (row === undefined) continue
      cells.add(row * STRIDE + column)
      if (day >= this.#firstDay[row]!) continue
      // Days between that were not known are 0 now.
      for (let later = column; later < STRIDE; later++) this.#states[later] = {}
      this.#firstDay[row] = day
    }
    for (const cell of cells) {
      const column = cell % STRIDE
      this.#read(Math.floor(cell / STRIDE), { from: column, to: column + 1 })
    }
  }

  /** The closed days before `day`, newest last. Arrays are this object's own: good until it is asked again. */
  before(day: number): DailyHistory {
    this.#reach(day)
    const first = day - DAILY_HISTORY_DAYS - this.#origin
    for (let column = first; column < first + DAILY_HISTORY_DAYS; column++) this.#settle(column)
    return {
      entities: this.entities.length,
      days: DAILY_HISTORY_DAYS,
      stride: STRIDE,
      first,
      units: this.#units,
      stockoutHours: this.#stockoutHours,
    }
  }

  /** What was sold on a closed day; undefined where the day is not among those kept. */
  closedDay(day: number): ClosedDay | undefined {
    const column = day - this.#origin
    if (!(column >= 0 && column < STRIDE)) return undefined
    this.#settle(column)
    return {
      state: this.#states[column]!,
      sold: (entity) => {
        const row = this.#rows.get(entity)
        const units = row === undefined ? Number.NaN : this.#units[row * STRIDE + column]!
        return { units, censored: row !== undefined && this.#stockoutHours[row * STRIDE + column]! > 0 }
      },
    }
  }

  /** Whether a product has been heard of before `day`. */
  knows(row: number, day: number): boolean {
    return this.#firstDay[row]! < day
  }

  /** Moves the columns so that the days before `day` are among them. */
  #reach(day: number): void {
    const end = day - this.#origin
    if (end >= DAILY_HISTORY_DAYS && end <= STRIDE) return
    const shift = end - KEPT_DAYS
    if (!(shift > 0 && shift < STRIDE)) {
      this.#load(day - KEPT_DAYS)
      return
    }
    this.#units.copyWithin(0, shift)
    this.#stockoutHours.copyWithin(0, shift)
    for (let end = STRIDE; end <= this.#units.length; end += STRIDE) {
      this.#units.fill(Number.NaN, end - shift, end)
      this.#stockoutHours.fill(0, end - shift, end)
    }
    this.#heard.splice(0, shift)
    this.#states.splice(0, shift)
    this.#place(this.#origin + shift)
  }

  #load(origin: number): void {
    this.#place(origin)
    this.#totals = new DayTotals(this.#options)
    this.#units.fill(Number.NaN)
    this.#stockoutHours.fill(0)
    this.#heard.length = 0
    this.#states.length = 0
    const { calendar, source } = this.#options
    this.#deviceHeard = this.#totals.deviceHeard() ?? Number.POSITIVE_INFINITY
    this.#deviceDay = Number.POSITIVE_INFINITY
    if (Number.isFinite(this.#deviceHeard)) {
      const day = localDayNumber(calendar, this.#deviceHeard)
      this.#deviceDay = calendar.localHour(this.#deviceHeard) <= source.openHours[0] ? day : day + 1
    }
    this.entities.forEach((entity, row) => {
      const first = this.#totals.firstHeard(entity)
      this.#firstDay[row] = first === undefined ? Number.POSITIVE_INFINITY : localDayNumber(calendar, first)
      if (first !== undefined) this.#read(row, { from: 0, to: STRIDE })
    })
  }

  #place(origin: number): void {
    this.#origin = origin
    const { calendar } = this.#options
    while (this.#states.length < STRIDE) this.#states.push({})
    this.#spans = Array.from({ length: STRIDE }, (_, column) => calendar.daySpan(dayName(origin + column)))
  }

  #read(row: number, { from, to }: { from: number; to: number }): void {
    const totals = this.#totals.read(this.entities[row]!, this.#spans.slice(from, to))
    for (let column = from; column < to; column++) this.#states[column] = {}
    for (const [i, { units, stockoutHours }] of totals.entries()) {
      this.#units[row * STRIDE + from + i] = units
      this.#stockoutHours[row * STRIDE + from + i] = stockoutHours
    }
  }

  /** Decides, for a closed day, between 0 and not known where a product has no window. */
  #settle(column: number): void {
    const day = this.#origin + column
    const known = day >= this.#deviceDay && this.#wasHeard(column)
    for (let row = 0, at = column; row < this.entities.length; row++, at += STRIDE) {
      if (!known || day < this.#firstDay[row]!) this.#units[at] = Number.NaN
      else if (Number.isNaN(this.#units[at]!)) this.#units[at] = 0
    }
  }

  #wasHeard(column: number): boolean {
    let heard = this.#heard[column]
    if (heard === undefined) {
      heard = this.#totals.anythingHeard(this.#spans[column]!)
      this.#heard[column] = heard
    }
    return heard
  }
}
