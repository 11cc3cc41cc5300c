import { type DailyDemandView, type DatasetColumns, EntityId, SiteId } from '@storecast/shared/contracts'
import { Columns, numberCell } from './columns.ts'
import { DatasetError } from './errors.ts'
import { readTable, type TableLimits } from './table.ts'

const HOURS = 24
const DAY_MS = 86_400_000

/** One site's part: arrays are entity-major, day `d` of product `i` at `i * days + d`; NaN: not known. */
export interface SiteDemand {
  readonly site: string
  readonly entities: ReadonlyArray<{ readonly id: string; readonly attributes: Readonly<Record<string, string>> }>
  /** Units a day, [N×D]. */
  readonly units: Float32Array
  /** Hours of trade without stock, [N×D]. */
  readonly stockoutHours: Uint8Array
  /** Units an hour, [N×D×24]. */
  readonly hourly: Float32Array
  /** Known ahead by name, `days + 2` a row: per product [N×(D+2)], and for the site [D+2]. */
  readonly entityAhead: Readonly<Record<string, Float32Array>>
  readonly siteAhead: Readonly<Record<string, Float32Array>>
}

export interface DailyDemandData {
  /** Number of consecutive local days; `firstDay` is the first, in days since 1970-01-01. */
  readonly days: number
  readonly firstDay: number
  readonly sites: readonly SiteDemand[]
  readonly rows: number
  readonly sha256: string
}

/** `2026-03-29` of a day number, and its weekday (0 Monday … 6 Sunday). */
export const dayName = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10)
export const weekdayOf = (day: number) => (((day + 3) % 7) + 7) % 7

/** Caps on the arrays built: their cells (products × days), and the days between the first and the last row. */
const MAX_CELLS = 10_000_000
const MAX_DAYS = 4000

/**
 * Reads a `daily-demand` data set: one row a (site, product, local day). Columns, by canonical name: `site`, `entity`,
 * `day` (YYYY-MM-DD), the view's static attributes and known-ahead names, `h00` … `h23` (units sold in that hour; any
 * empty: the day is not known), and `stockout24` (24 flags, "1": no stock in that hour; optional). Rows come in any
 * order; days without a row are not known. A site's known-ahead value is the last one read for that day.
 *
 * @throws DatasetError
 */
export async function readDailyDemand(
  path: string,
  options: {
    view: DailyDemandView
    dataset?: DatasetColumns
    /** Rows of this local day and later are left out. */
    until?: string
    limits?: TableLimits
  },
): Promise<DailyDemandData> {
  const collector = new Collector(options.view, options.until)
  const result = await readTable(
    path,
    (header) => collector.reader(new Columns(header, options.dataset?.columns)),
    options.limits,
  )
  return { ...collector.assemble(), ...result }
}

/** Rows of one product as they come: `day` and then the numbers of the row, flat. */
interface Series {
  readonly id: string
  readonly attributes: Record<string, string>
  readonly values: Map<number, Float32Array>
}

class Collector {
  readonly #view: DailyDemandView
  readonly #sites = new Map<string, Map<string, Series>>()
  readonly #ahead: readonly string[]
  readonly #until: number
  #firstDay = Number.POSITIVE_INFINITY
  #lastDay = Number.NEGATIVE_INFINITY

  constructor(view: DailyDemandView, until: string | undefined) {
    this.#view = view
    this.#until = until === undefined ? Number.POSITIVE_INFINITY : dayNumber(until)
    if (Number.isNaN(this.#until)) throw new RangeError(`until: ${JSON.stringify(until)} is not a day, YYYY-MM-DD`)
    this.#ahead = [...view.knownAhead.entity, ...view.knownAhead.site]
  }

  reader(columns: Columns) {
    const attributes = [...new Set([...Object.keys(this.#view.statics), ...this.#view.groups])]
      .filter((name) => name !== 'site' && name !== 'entity')
      .map((name) => ({ name, at: columns.require(name) }))
    const hours = Array.from({ length: HOURS }, (_, h) => `h${String(h).padStart(2, '0')}`)
    const numbers = [...hours, ...this.#ahead].map((name) => ({ column: name, at: columns.require(name) }))
    const [site, entity, day] = [columns.require('site'), columns.require('entity'), columns.require('day')]
    const stockout = columns.find('stockout24')
    return (cells: readonly string[], line: number) => {
      const date = dayCell(cells[day]!, line)
      if (date >= this.#until) return
      const series = this.#series(cells[site]!, cells[entity]!, line)
      if (series.values.size === 0) {
        for (const { name, at } of attributes) series.attributes[name] = cells[at]!
      }
      if (series.values.has(date)) {
        const key = `site ${cells[site]}, entity ${cells[entity]}, day ${cells[day]}`
        throw new DatasetError('duplicate-row', `a second row for ${key}`, { line })
      }
      // Hours, known ahead, stock-out hours.
      const row = new Float32Array(numbers.length + 1)
      numbers.forEach(({ column, at }, i) => {
        row[i] = numberCell(cells[at]!, { line, column })
      })
      row[numbers.length] = stockout < 0 ? 0 : this.#stockoutHours(cells[stockout]!, line)
      series.values.set(date, row)
      if (date < this.#firstDay) this.#firstDay = date
      if (date > this.#lastDay) this.#lastDay = date
    }
  }

  assemble(): Omit<DailyDemandData, 'rows' | 'sha256'> {
    if (this.#sites.size === 0) throw new DatasetError('too-little', 'no row lies before the last day wanted')
    const days = this.#lastDay - this.#firstDay + 1
    const products = [...this.#sites.values()].reduce((sum, entities) => sum + entities.size, 0)
    if (days > MAX_DAYS) {
      const span = `${dayName(this.#firstDay)} to ${dayName(this.#lastDay)}`
      throw new DatasetError('too-large', `${span} are ${days} days, at most ${MAX_DAYS} are read`, { column: 'day' })
    }
    if (products * days > MAX_CELLS) {
      throw new DatasetError('too-large', `${products} products over ${days} days, at most ${MAX_CELLS} cells are held`)
    }
    const sites = [...this.#sites].map(([site, entities]) => this.#assembleSite(site, [...entities.values()], days))
    return { days, firstDay: this.#firstDay, sites }
  }

  #assembleSite(site: string, entities: Series[], days: number): SiteDemand {
    const count = entities.length
    const filled = (size: number) => new Float32Array(size).fill(Number.NaN)
    const columns = (names: readonly string[], size: number) =>
      Object.fromEntries(names.map((name) => [name, filled(size)]))
    const { entity: entityNames, site: siteNames } = this.#view.knownAhead
    const demand = {
      site,
      entities: entities.map(({ id, attributes }) => ({ id, attributes })),
      units: filled(count * days),
      stockoutHours: new Uint8Array(count * days),
      hourly: filled(count * days * HOURS),
      entityAhead: columns(entityNames, count * (days + 2)),
      siteAhead: columns(siteNames, days + 2),
    }
    entities.forEach((series, i) => {
      for (const [day, row] of series.values) {
        const d = day - this.#firstDay
        const at = i * days + d
        let units = 0
        for (let h = 0; h < HOURS; h++) units += row[h]!
        demand.units[at] = units
        demand.hourly.set(row.subarray(0, HOURS), at * HOURS)
        demand.stockoutHours[at] = row.at(-1)!
        entityNames.forEach((name, k) => {
          demand.entityAhead[name]![i * (days + 2) + d] = row[HOURS + k]!
        })
        siteNames.forEach((name, k) => {
          demand.siteAhead[name]![d] = row[HOURS + entityNames.length + k]!
        })
      }
    })
    return demand
  }

  #series(site: string, entity: string, line: number): Series {
    let entities = this.#sites.get(site)
    if (!entities) {
      if (!SiteId.safeParse(site).success) throw badKey('site', site, line)
      entities = new Map()
      this.#sites.set(site, entities)
    }
    let series = entities.get(entity)
    if (!series) {
      if (entity === '' || !EntityId.safeParse(entity).success) throw badKey('entity', entity, line)
      series = { id: entity, attributes: {}, values: new Map() }
      entities.set(entity, series)
    }
    return series
  }

  #stockoutHours(flags: string, line: number): number {
    if (!/^[01]{24}$/.test(flags)) {
      throw new DatasetError('invalid-value', 'stockout24 holds 24 flags, 0 or 1', { line, column: 'stockout24' })
    }
    const [open, close] = this.#view.openHours
    let hours = 0
    for (let h = open; h <= close; h++) if (flags.charCodeAt(h) === 49) hours++
    return hours
  }
}

const badKey = (column: string, value: string, line: number) =>
  new DatasetError('invalid-value', `${JSON.stringify(value.slice(0, 80))} is not a valid ${column} id`, {
    line,
    column,
  })

function dayCell(cell: string, line: number): number {
  const day = dayNumber(cell)
  if (Number.isNaN(day)) {
    const message = `${JSON.stringify(cell.slice(0, 40))} is not a day, YYYY-MM-DD`
    throw new DatasetError('invalid-value', message, { line, column: 'day' })
  }
  return day
}

/** Days since 1970-01-01 of `2026-03-29`; NaN for what is not a day. */
function dayNumber(text: string): number {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) / DAY_MS : Number.NaN
  // Date.parse takes 2026-02-30 for 2 March.
  return Number.isNaN(day) || dayName(day) !== text ? Number.NaN : day
}
