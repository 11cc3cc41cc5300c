import type { CatalogueDocument, CovariatesDocument, DailyDemandView } from '@storecast/shared/contracts'
import type { Calendar } from '@storecast/shared/windows'
import { getOrAdd } from '../platform/maps.ts'

/** The sum of one window of one product, in the sensor's unit. */
export interface WindowSum {
  readonly entity: string
  readonly start: number
  readonly end: number
  readonly sum: number
}

/** What the cloud holds of one site, for a view's target. */
export interface SiteRecords {
  readonly site: string
  readonly calendar: Calendar
  readonly entities: CatalogueDocument['entities']
  readonly sales: Iterable<WindowSum>
  /** Windows of the out-of-stock sensor; a sum above 0 censors the window's hours. */
  readonly stockouts: Iterable<WindowSum>
  /** By `issuedAt`, ascending. */
  readonly issues: Iterable<CovariatesDocument>
  /** End of the site's newest window, of any sensor: days that end later are not closed. */
  readonly closedUntil: number
}

const HOURS = 24
const HOUR_MS = 3_600_000

/** Column names of the canonical daily-demand data set, in order. */
export function dailyColumns(view: DailyDemandView): string[] {
  const hours = Array.from({ length: HOURS }, (_, hour) => `h${String(hour).padStart(2, '0')}`)
  const { entity, site } = view.knownAhead
  return ['site', 'entity', 'day', ...attributesOf(view), ...entity, ...site, ...hours, 'stockout24']
}

/**
 * One row a (product, local day), in the order of `dailyColumns`; an empty cell is not known.
 *
 * - A day counts where the site sold anything in it and it is closed; a product's days begin with its first window, of
 *   sales or of being out of stock. In such a day an hour without a window sold nothing: sales are events.
 * - Windows coarser than an hour (an old backlog) leave the day's hours unknown, unless they sum to 0.
 * - Covariates are those known when the day began: a later issue never leaks into it.
 */
export function* dailyRows(view: DailyDemandView, records: SiteRecords): Generator<string[]> {
  const { calendar, closedUntil } = records
  const sales = byEntityAndDay(records.sales, calendar)
  const stockouts = byEntityAndDay(records.stockouts, calendar)
  const open = new Set([...sales.values()].flatMap((days) => [...days.keys()]))
  const days = [...open].filter((day) => calendar.daySpan(day).end <= closedUntil).sort()
  const known = knownAtMidnight(records.issues, calendar)
  const attributes = new Map(records.entities.map((entity) => [entity.id, entity.attributes]))
  for (const [entity, sold] of [...sales].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [first = ''] = [...sold.keys(), ...(stockouts.get(entity)?.keys() ?? [])].sort()
    for (const day of days) {
      if (day < first) continue
      const empty = stockouts.get(entity)?.get(day)
      yield [
        records.site,
        entity,
        day,
        ...attributesOf(view).map((name) => attributes.get(entity)?.[name] ?? ''),
        ...view.knownAhead.entity.map((name) => known(name, entity, day)),
        ...view.knownAhead.site.map((name) => known(name, '', day)),
        ...hourCells(sold.get(day)),
        stockoutFlags(empty),
      ]
    }
  }
}

const attributesOf = (view: DailyDemandView) =>
  [...new Set([...Object.keys(view.statics), ...view.groups])].filter((name) => name !== 'site' && name !== 'entity')

/** Sums of one product in one local day: by hour, and what lies in coarser windows. */
interface DaySums {
  readonly hours: Float64Array
  coarse: number
}

function byEntityAndDay(windows: Iterable<WindowSum>, calendar: Calendar): Map<string, Map<string, DaySums>> {
  const entities = new Map<string, Map<string, DaySums>>()
  // Windows of a site's products begin together: each moment is looked up once.
  const hours = new Map<number, { day: string; hour: number }>()
  const hourAt = (time: number) => ({ day: calendar.localDay(time), hour: Math.floor(calendar.localHour(time)) })
  for (const { entity, start, end, sum } of windows) {
    const { day, hour } = getOrAdd(hours, start, () => hourAt(start))
    const days = getOrAdd(entities, entity, () => new Map<string, DaySums>())
    const sums = getOrAdd(days, day, () => ({ hours: new Float64Array(HOURS), coarse: 0 }))
    if (end - start > HOUR_MS) sums.coarse += sum
    else sums.hours[hour]! += sum
  }
  return entities
}

function hourCells(sums: DaySums | undefined): string[] {
  if (sums && sums.coarse > 0) return Array.from({ length: HOURS }, () => '')
  // Sums of exact steps, added as doubles: twelve digits are more than any window holds, and hide the last bit's noise.
  return Array.from({ length: HOURS }, (_, hour) => {
    const sum = sums?.hours[hour] ?? 0
    return sum === 0 ? '0' : String(Number(sum.toPrecision(12)))
  })
}

/** Where only the day is known to have had a stock-out, every hour may have been it. */
function stockoutFlags(sums: DaySums | undefined): string {
  return Array.from({ length: HOURS }, (_, hour) => (sums && (sums.hours[hour]! > 0 || sums.coarse > 0) ? 1 : 0)).join(
    '',
  )
}

/** Reads issues in order and keeps, for each day, what was known when it began. */
function knownAtMidnight(issues: Iterable<CovariatesDocument>, calendar: Calendar) {
  const values = new Map<string, number>()
  const key = (name: string, entity: string, day: string) => `${name}\n${entity}\n${day}`
  const midnights = new Map<string, number>()
  for (const { issuedAt, days, site_values, entity_values } of issues) {
    const inTime = days.map((day) => issuedAt <= getOrAdd(midnights, day, () => calendar.daySpan(day).start))
    const take = (name: string, entity: string, column: readonly (number | null)[]) =>
      column.forEach((value, index) => {
        if (value !== null && inTime[index]) values.set(key(name, entity, days[index]!), value)
      })
    for (const [name, column] of Object.entries(site_values)) take(name, '', column)
    for (const [name, columns] of Object.entries(entity_values)) {
      for (const [entity, column] of Object.entries(columns)) take(name, entity, column)
    }
  }
  return (name: string, entity: string, day: string) => String(values.get(key(name, entity, day)) ?? '')
}
