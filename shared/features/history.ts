/**
 * What a site knows of its own products when the forecast of a local day is issued: the closed days before it. Typed
 * arrays, entity-major: the value of entity `i` on the `d`-th day of the history is at `i * stride + first + d`. A
 * device keeps exactly these; training points `first` into one array of all days and copies nothing.
 */
export interface DailyHistory {
  readonly entities: number
  /** Closed local days, oldest first; the last is the day before the one forecast. */
  readonly days: number
  readonly stride: number
  readonly first: number
  /** Units sold that day; NaN: not known (the product was not sold here yet, the device was not there). */
  readonly units: Float32Array
  /** Hours of trade without stock, 0 to 24; 0: sales are demand, above: sales are a lower bound of it. */
  readonly stockoutHours: Uint8Array
}

/**
 * What is known ahead, one array a name, for `days + 2` days: those of the history, the day forecast, and the next.
 * NaN, or a name that is absent: not known.
 */
export interface DailyKnownAhead {
  readonly stride: number
  readonly first: number
  /** By name: per entity and day, at `i * stride + first + d`. */
  readonly entity: Readonly<Record<string, Float32Array>>
  /** By name: per day, at `first + d`. */
  readonly site: Readonly<Record<string, Float32Array>>
  /** Of the day forecast: 0 Monday … 6 Sunday. */
  readonly weekday: number
}

/** Days of history that the features look back on; what is older changes nothing. */
export const DAILY_HISTORY_DAYS = 28

/** Products of one site: codes for the embeddings and, for each grouping attribute, the group of each product. */
export interface SiteEntities {
  readonly count: number
  /** [N×S], 0 where training had not seen the value. */
  readonly codes: BigInt64Array
  /** One array [N] a grouping attribute, and the number of groups in it. */
  readonly groups: ReadonlyArray<{ readonly of: Int32Array; readonly count: number }>
}
