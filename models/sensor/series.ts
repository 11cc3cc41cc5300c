import type { DatasetColumns, SequenceView } from '@storecast/shared/contracts'
import { Columns, numberCell } from '../dataset/columns.ts'
import { DatasetError } from '../dataset/errors.ts'
import { readTable, type TableLimits } from '../dataset/table.ts'

/** A multichannel series on a regular step, as a data set holds it. */
export interface SensorSeries {
  /** Channel names in column order. */
  readonly channels: readonly string[]
  /** Time stamps as written, [T]. */
  readonly times: readonly string[]
  /** [T × C], in the sensors' units. A value that is missing repeats its channel's last one. */
  readonly values: Float32Array
  /** Values that were missing and repeated. */
  readonly filled: number
  readonly sha256: string
}

/** Cap on T × C. */
const MAX_VALUES = 50_000_000

/**
 * Reads a `sequence` data set, CSV(.gz): the first column is the time, rows in its order and one step apart; the others
 * are numeric channels. The view's channels select columns by name or alias; `*` takes every one.
 *
 * @throws DatasetError
 */
export async function readSensorSeries(
  path: string,
  options: { view: SequenceView; dataset?: DatasetColumns; limits?: TableLimits },
): Promise<SensorSeries> {
  const { view, dataset, limits } = options
  const times: string[] = []
  const values: number[] = []
  let channels: readonly string[] = []
  let filled = 0
  const { sha256 } = await readTable(
    path,
    (header) => {
      const named = view.channels === '*' ? header.slice(1) : view.channels
      if (named.length === 0)
        throw new DatasetError('missing-column', 'there is no channel beside the time', { line: 1 })
      channels = named
      const columns = new Columns(header, dataset?.columns)
      const at = named.map((name) => columns.require(name))
      return (cells, line) => {
        if (values.length >= MAX_VALUES) throw new DatasetError('too-large', `over ${MAX_VALUES} values`, { line })
        times.push(cells[0]!)
        for (const [channel, column] of at.entries()) {
          const value = numberCell(cells[column]!, { line, column: named[channel]! })
          const before = values[values.length - named.length]
          if (Number.isNaN(value) && before === undefined) {
            throw new DatasetError('invalid-value', 'the first value of a channel is missing', {
              line,
              column: named[channel]!,
            })
          }
          if (Number.isNaN(value)) filled++
          values.push(Number.isNaN(value) ? before! : value)
        }
      }
    },
    limits,
  )
  return { channels, times, values: Float32Array.from(values), filled, sha256 }
}

/** Mean and standard deviation of each channel over the first `rows` rows, both [C]; a flat channel has deviation 1. */
export function channelScale({ values, channels }: SensorSeries, rows: number): { mean: number[]; sd: number[] } {
  const count = channels.length
  const mean = channels.map((_, c) => {
    let sum = 0
    for (let t = 0; t < rows; t++) sum += values[t * count + c]!
    return sum / rows
  })
  const sd = channels.map((_, c) => {
    let sum = 0
    for (let t = 0; t < rows; t++) sum += (values[t * count + c]! - mean[c]!) ** 2
    return Math.sqrt(sum / rows) || 1
  })
  return { mean, sd }
}

/** (x − mean) / sd by channel, [T × C]. */
export function standardised(
  { values, channels }: SensorSeries,
  scale: { mean: number[]; sd: number[] },
): Float32Array {
  const count = channels.length
  return values.map((value, i) => (value - scale.mean[i % count]!) / scale.sd[i % count]!)
}
