import type { WindowRow } from './rows.ts'

/** Window rows as they cross from the writer thread: numbers by row, sketches behind one another. */
export interface PackedRows {
  readonly length: number
  readonly numbers: Float64Array
  readonly sketches: Uint8Array
  /** Where each row's sketch begins; one more than there are rows. */
  readonly offsets: Uint32Array
}

const FIELDS = 17

export function packRows(rows: readonly WindowRow[]): PackedRows {
  const numbers = new Float64Array(rows.length * FIELDS)
  const offsets = new Uint32Array(rows.length + 1)
  for (const [i, row] of rows.entries()) {
    offsets[i + 1] = offsets[i]! + row.sketch.length
    const n = i * FIELDS
    numbers[n] = row.series
    numbers[n + 1] = row.start
    numbers[n + 2] = row.end
    numbers[n + 3] = row.revision
    numbers[n + 4] = row.count
    numbers[n + 5] = row.sum
    numbers[n + 6] = row.min
    numbers[n + 7] = row.max
    numbers[n + 8] = row.last
    numbers[n + 9] = row.missing
    numbers[n + 10] = row.late
    numbers[n + 11] = row.out_of_range
    numbers[n + 12] = row.flat
    numbers[n + 13] = row.duplicate
    numbers[n + 14] = row.wrong_type
    numbers[n + 15] = row.wrong_unit
    numbers[n + 16] = row.untrusted
  }
  const sketches = new Uint8Array(offsets[rows.length]!)
  for (const [i, row] of rows.entries()) sketches.set(row.sketch, offsets[i])
  return { length: rows.length, numbers, sketches, offsets }
}

export function unpackRows({ length, numbers, sketches, offsets }: PackedRows): WindowRow[] {
  const rows: WindowRow[] = []
  for (let i = 0, n = 0; i < length; i++, n += FIELDS) {
    rows.push({
      series: numbers[n]!,
      start: numbers[n + 1]!,
      end: numbers[n + 2]!,
      revision: numbers[n + 3]!,
      count: numbers[n + 4]!,
      sum: numbers[n + 5]!,
      min: numbers[n + 6]!,
      max: numbers[n + 7]!,
      last: numbers[n + 8]!,
      missing: numbers[n + 9]!,
      late: numbers[n + 10]!,
      out_of_range: numbers[n + 11]!,
      flat: numbers[n + 12]!,
      duplicate: numbers[n + 13]!,
      wrong_type: numbers[n + 14]!,
      wrong_unit: numbers[n + 15]!,
      untrusted: numbers[n + 16]!,
      sketch: sketches.subarray(offsets[i], offsets[i + 1]),
    })
  }
  return rows
}
