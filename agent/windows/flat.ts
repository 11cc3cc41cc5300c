import { MARK, markOf, type SeriesEntries } from '../buffer/index.ts'
import type { Connection } from '../platform/database.ts'

/** The value that a gauge shows, since when it has shown no other, and when it last did. */
export interface Standing {
  readonly value: number
  readonly since: number
  readonly time: number
}

/**
 * Marks in `entries`, which are in time order, the readings that repeat a value which has stood for longer than `after`
 * milliseconds. Readings behind the newest known one tell nothing of it.
 * @returns what stands at their end
 */
export function markFlat(entries: SeriesEntries, before: Standing | undefined, after: number): Standing | undefined {
  const flat = new Uint8Array(entries.length)
  let standing = before
  for (let i = 0; i < entries.length; i++) {
    const time = entries.times[i]!
    if (markOf(entries.flags[i]!) !== MARK.reading || (standing && time < standing.time)) continue
    const value = entries.values[i]!
    if (standing?.value !== value) standing = { value, since: time, time }
    else {
      standing = { ...standing, time }
      if (time - standing.since > after) flat[i] = 1
    }
  }
  entries.flat = flat
  return standing
}

export function readStanding(db: Connection, series: number): Standing | undefined {
  return db.statement<[number], Standing>('SELECT value, since, time FROM standing WHERE series = ?').get(series)
}

export function saveStanding(db: Connection, series: number, { value, since, time }: Standing): void {
  db.statement('INSERT OR REPLACE INTO standing(series, value, since, time) VALUES (?, ?, ?, ?)').run(
    series,
    value,
    since,
    time,
  )
}
