import { isSelfMeasured, type WindowRecord } from '@storecast/shared/contracts'
import { ByteWriter, writeSketch } from '@storecast/shared/windows'
import { type Ranges, union } from '@storecast/shared/wire'
import type { Layout } from './copy.ts'
import type { Incoming } from './incoming.ts'

/** A window on its way into its table. */
export interface WindowRow {
  readonly series: number
  readonly incoming: Incoming<WindowRecord>
}

export const WINDOW_COLUMNS = [
  ...['series', 'start_at', 'end_at', 'revision', 'count', 'sum', 'min', 'max', 'last', 'sketch'],
  ...['missing', 'late', 'out_of_range', 'flat', 'duplicate', 'wrong_type', 'wrong_unit', 'untrusted'],
  ...['epoch', 'seq', 'received_at'],
] as const

/** By hand, since most of what comes are windows: three times as fast as by a list of columns. */
export function windowLayout(): Layout<WindowRow> {
  const sketch = new ByteWriter()
  return {
    columns: WINDOW_COLUMNS,
    write(out, { series, incoming }) {
      const { record, epoch, seq, receivedAt } = incoming
      const { quality } = record
      out.int4(series)
      out.int8(record.start)
      out.int8(record.end)
      out.int8(record.revision)
      out.int8(record.count)
      out.int8(record.sum)
      out.int8(record.min)
      out.int8(record.max)
      out.int8(record.last)
      sketch.clear()
      writeSketch(sketch, record.sketch)
      out.bytea(sketch.written())
      out.int8(quality.missing)
      out.int8(quality.late)
      out.int8(quality.outOfRange)
      out.int8(quality.flat)
      out.int8(quality.duplicate)
      out.int8(quality.wrongType)
      out.int8(quality.wrongUnit)
      out.int8(quality.untrusted)
      out.int8(epoch)
      out.int8(seq)
      out.int8(receivedAt)
    },
  }
}

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
