import type { DailyDemandView } from '@storecast/shared/contracts'
import { type Calendar, fromSteps, type Span } from '@storecast/shared/windows'
import { readDefinitions } from '../buffer/index.ts'
import type { Connection } from '../platform/database.ts'

/** Where a view's target comes from. */
export type DemandSource = Pick<DailyDemandView, 'target' | 'censoredBy' | 'openHours'>

/** What one product sold on one day. */
export interface DayTotal {
  /** In the target's unit. */
  readonly units: number
  /** Hours of trade in which it was out of stock for any minute. */
  readonly stockoutHours: number
}

interface WindowSum extends Span {
  readonly sum: number
}

const HOUR = 3_600_000

/**
 * Reads daily totals from the stored windows. A window lies inside one local day, whatever its size, so sums stay exact
 * when fine windows have been merged into coarse ones. Of a merged stock-out window only the minutes are left: they are
 * taken as full hours.
 */
export class DayTotals {
  readonly #db: Connection
  readonly #source: DemandSource
  readonly #calendar: Calendar
  readonly #series = new Map<string, number>()
  readonly #resolutions = new Map<string, number>()

  constructor({ db, source, calendar }: { db: Connection; source: DemandSource; calendar: Calendar }) {
    this.#db = db
    this.#source = source
    this.#calendar = calendar
  }

  /** Of each day, whose spans ascend. */
  read(entity: string, days: readonly Span[]): DayTotal[] {
    const { target, censoredBy } = this.#source
    const sold = this.#windowsByDay(target, entity, days)
    const out = this.#windowsByDay(censoredBy, entity, days)
    return days.map((_, day) => ({
      units: this.#units(sold[day]!),
      stockoutHours: this.#stockoutHours(out[day]!),
    }))
  }

  /** When the first window of a product began; undefined where it has none. */
  firstHeard(entity: string): number | undefined {
    const starts = [this.#source.target, this.#source.censoredBy].flatMap((sensor) => {
      const series = this.#seriesOf(sensor, entity)
      if (series === undefined) return []
      const sql = 'SELECT start FROM windows WHERE series = ? ORDER BY start LIMIT 1'
      const start = this.#db.statement<[number], number>(sql).pluck().get(series)
      return start === undefined ? [] : [start]
    })
    return starts.length === 0 ? undefined : Math.min(...starts)
  }

  /** When the first window of any sensor began: since then the device has been here. */
  deviceHeard(): number | undefined {
    const sql = `SELECT min((SELECT start FROM windows w WHERE w.series = s.id ORDER BY start LIMIT 1))
      FROM series s WHERE s.id > 0`
    return this.#db.statement<[], number | null>(sql).pluck().get() ?? undefined
  }

  /** Whether any sensor measured something in a window that starts within. */
  anythingHeard({ start, end }: Span): boolean {
    const sql = `SELECT EXISTS(SELECT 1 FROM series s WHERE s.id > 0 AND EXISTS
      (SELECT 1 FROM windows w WHERE w.series = s.id AND w.start >= ? AND w.start < ? AND w.count > 0))`
    return this.#db.statement<[number, number], number>(sql).pluck().get(start, end) === 1
  }

  #units(windows: readonly WindowSum[]): number {
    let steps = 0
    for (const { sum } of windows) steps += sum
    return this.#inUnits(this.#source.target, steps)
  }

  #stockoutHours(windows: readonly WindowSum[]): number {
    const { censoredBy, openHours } = this.#source
    const [open, close] = openHours
    const out = new Set<number>()
    let merged = 0
    for (const { start, end, sum } of windows) {
      if (sum <= 0) continue
      if (end - start > HOUR) merged += this.#inUnits(censoredBy, sum) / 60
      else out.add(Math.floor(this.#calendar.localHour(start)))
    }
    const hours = [...out].filter((hour) => hour >= open && hour <= close).length
    return Math.min(close - open + 1, hours + Math.ceil(merged))
  }

  /** Nothing is stored of a sensor before it is defined. */
  #inUnits(sensor: string, steps: number): number {
    if (steps === 0) return 0
    let resolution = this.#resolutions.get(sensor)
    if (resolution === undefined) {
      resolution = readDefinitions(this.#db).get(sensor)!.resolution
      this.#resolutions.set(sensor, resolution)
    }
    return fromSteps(steps, resolution)
  }

  #windowsByDay(sensor: string, entity: string, days: readonly Span[]): WindowSum[][] {
    const byDay: WindowSum[][] = days.map(() => [])
    const series = this.#seriesOf(sensor, entity)
    if (series === undefined || days.length === 0) return byDay
    const windows = this.#db
      .statement<[number, number, number], WindowSum>(
        'SELECT start, "end", sum FROM windows WHERE series = ? AND start >= ? AND start < ? ORDER BY start',
      )
      .all(series, days[0]!.start, days.at(-1)!.end)
    let day = 0
    for (const window of windows) {
      while (window.start >= days[day]!.end) day++
      byDay[day]!.push(window)
    }
    return byDay
  }

  #seriesOf(sensor: string, entity: string): number | undefined {
    const key = `${sensor}/${entity}`
    const known = this.#series.get(key)
    if (known !== undefined) return known
    const sql = 'SELECT id FROM series WHERE sensor = ? AND entity = ?'
    const id = this.#db.statement<[string, string], number>(sql).pluck().get(sensor, entity)
    if (id !== undefined) this.#series.set(key, id)
    return id
  }
}
