import type { CovariatesDocument, DailyDemandView } from '@storecast/shared/contracts'
import { DAILY_HISTORY_DAYS, type DailyKnownAhead } from '@storecast/shared/features'
import { dayNumber, weekdayOf } from './days.ts'

/** Of the history, the day forecast, and the next. */
const DAYS = DAILY_HISTORY_DAYS + 2

/** A covariates document as arrays in the order of a view's names and a site's products; NaN: not known. */
export class KnownAhead {
  /** Column of a day number. */
  readonly #columns: ReadonlyMap<number, number>
  readonly #width: number
  readonly #entity: Readonly<Record<string, Float32Array>>
  readonly #site: Readonly<Record<string, Float32Array>>
  /** What `at` gives out, written anew each time. */
  readonly #window: { entity: Record<string, Float32Array>; site: Record<string, Float32Array> }
  readonly #count: number

  constructor(options: {
    document: CovariatesDocument | undefined
    names: DailyDemandView['knownAhead']
    entities: readonly string[]
  }) {
    const { document, names, entities } = options
    const { days = [], entity_values = {}, site_values = {} } = document ?? {}
    this.#columns = new Map(days.map((day, column) => [dayNumber(day), column]))
    this.#width = days.length
    this.#count = entities.length
    const row = (values: ReadonlyArray<number | null> | undefined) =>
      Float32Array.from(days, (_, column) => values?.[column] ?? Number.NaN)
    this.#site = table(names.site, (name) => row(own(site_values, name)))
    this.#entity = table(names.entity, (name) => {
      const given = own(entity_values, name) ?? {}
      const all = new Float32Array(entities.length * days.length)
      entities.forEach((entity, i) => {
        all.set(row(own(given, entity)), i * days.length)
      })
      return all
    })
    this.#window = {
      entity: table(names.entity, () => new Float32Array(entities.length * DAYS)),
      site: table(names.site, () => new Float32Array(DAYS)),
    }
  }

  /** For a forecast of `day`; the arrays are good until the next call. */
  at(day: number): DailyKnownAhead {
    const columns = Int32Array.from({ length: DAYS }, (_, d) => this.#columns.get(day - DAILY_HISTORY_DAYS + d) ?? -1)
    for (const [name, into] of Object.entries(this.#window.site))
      copyRow(this.#site[name]!, 0, { columns, into, to: 0 })
    for (const [name, into] of Object.entries(this.#window.entity)) {
      const from = this.#entity[name]!
      for (let i = 0; i < this.#count; i++) copyRow(from, i * this.#width, { columns, into, to: i * DAYS })
    }
    return { stride: DAYS, first: 0, ...this.#window, weekday: weekdayOf(day) }
  }
}

function copyRow(
  from: Float32Array,
  at: number,
  target: { columns: Int32Array; into: Float32Array; to: number },
): void {
  const { columns, into, to } = target
  for (let d = 0; d < columns.length; d++) into[to + d] = columns[d]! < 0 ? Number.NaN : from[at + columns[d]!]!
}

const table = <T>(names: readonly string[], make: (name: string) => T): Record<string, T> =>
  Object.fromEntries(names.map((name) => [name, make(name)]))

const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined
