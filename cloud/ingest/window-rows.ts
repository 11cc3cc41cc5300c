import { isSelfMeasured, type WindowRecord } from '@storecast/shared/contracts'
import { packSketch } from '@storecast/shared/windows'
import { type Ranges, union } from '@storecast/shared/wire'
import type { Column } from './copy.ts'
import type { Incoming } from './incoming.ts'

/** A window on its way into its table. */
export interface WindowRow {
  readonly series: number
  readonly incoming: Incoming<WindowRecord>
}

export const WINDOW_COLUMNS: readonly Column<WindowRow>[] = [
  ['series', 'int4', (r) => r.series],
  ['start_at', 'int8', (r) => r.incoming.record.start],
  ['end_at', 'int8', (r) => r.incoming.record.end],
  ['revision', 'int8', (r) => r.incoming.record.revision],
  ['count', 'int8', (r) => r.incoming.record.count],
  ['sum', 'int8', (r) => r.incoming.record.sum],
  ['min', 'int8', (r) => r.incoming.record.min],
  ['max', 'int8', (r) => r.incoming.record.max],
  ['last', 'int8', (r) => r.incoming.record.last],
  ['sketch', 'bytea', (r) => packSketch(r.incoming.record.sketch)],
  ['missing', 'int8', (r) => r.incoming.record.quality.missing],
  ['late', 'int8', (r) => r.incoming.record.quality.late],
  ['out_of_range', 'int8', (r) => r.incoming.record.quality.outOfRange],
  ['flat', 'int8', (r) => r.incoming.record.quality.flat],
  ['duplicate', 'int8', (r) => r.incoming.record.quality.duplicate],
  ['wrong_type', 'int8', (r) => r.incoming.record.quality.wrongType],
  ['wrong_unit', 'int8', (r) => r.incoming.record.quality.wrongUnit],
  ['untrusted', 'int8', (r) => r.incoming.record.quality.untrusted],
  ['epoch', 'int8', (r) => r.incoming.epoch],
  ['seq', 'int8', (r) => r.incoming.seq],
  ['received_at', 'int8', (r) => r.incoming.receivedAt],
]

/**
 * By series and start, without those that lie inside another one that came with them; of one key, the one with the highest
 * sequence. All rows of a series are of one epoch.
 */
export function outermost(rows: readonly WindowRow[]): readonly WindowRow[] {
  const ordered = rows.toSorted(
    (a, b) =>
      a.series - b.series ||
      a.incoming.record.start - b.incoming.record.start ||
      b.incoming.record.end - a.incoming.record.end ||
      b.incoming.seq - a.incoming.seq,
  )
  let outer: WindowRow | undefined
  return ordered.filter((row) => {
    if (outer?.series === row.series && row.incoming.record.end <= outer.incoming.record.end) return false
    outer = row
    return true
  })
}

/** Rows of one series that follow one another, and the time from the first to the last. */
export interface Stretch {
  readonly series: number
  readonly from: number
  to: number
  readonly rows: WindowRow[]
}

const HOUR = 3_600_000

/** Rows in stretches without an hour's gap. @param rows as from `outermost` */
export function stretchesOf(rows: readonly WindowRow[]): readonly Stretch[] {
  const stretches: Stretch[] = []
  let open: Stretch | undefined
  for (const row of rows) {
    const { start, end } = row.incoming.record
    if (open?.series === row.series && start - open.to < HOUR) {
      open.to = end
      open.rows.push(row)
    } else {
      open = { series: row.series, from: start, to: end, rows: [row] }
      stretches.push(open)
    }
  }
  return stretches
}

/** What one device's windows change: the hours, counted from 1970, in which they lie, and the ends of the last ones. */
export interface Touched {
  readonly hours: Ranges
  readonly ends: Ends
}

/** Of the last window of any sensor of a device, and of any series that it measures of itself; −∞ for none. */
export interface Ends {
  readonly sensors: number
  readonly own: number
}

const isOwn = ({ incoming }: WindowRow) => isSelfMeasured(incoming.record.series)

/** By device. @param rows as from `outermost` */
export function touchedBy(rows: readonly WindowRow[]): ReadonlyMap<string, Touched> {
  const touched = new Map<string, { hours: [number, number][]; ends: { sensors: number; own: number } }>()
  for (const row of rows) {
    const { device, record } = row.incoming
    const found = touched.get(device) ?? { hours: [], ends: { sensors: -Infinity, own: -Infinity } }
    if (found.hours.length === 0) touched.set(device, found)
    const [first, last] = [Math.floor(record.start / HOUR), Math.ceil(record.end / HOUR) - 1]
    const open = found.hours.at(-1)
    if (open && first >= open[0] && first <= open[1] + 1) open[1] = Math.max(open[1], last)
    else found.hours.push([first, last])
    const lane = isOwn(row) ? 'own' : 'sensors'
    found.ends[lane] = Math.max(found.ends[lane], record.end)
  }
  return new Map([...touched].map(([device, { hours, ends }]) => [device, { hours: union(hours), ends }]))
}

/** Whether a row begins where its device's last window had ended, so that nothing that is stored can meet it. */
export function isBeyond(row: WindowRow, ends: ReadonlyMap<string, Ends>): boolean {
  const known = ends.get(row.incoming.device)
  return known === undefined || row.incoming.record.start >= (isOwn(row) ? known.own : known.sensors)
}
