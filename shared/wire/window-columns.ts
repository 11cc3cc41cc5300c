import type { MessageInitShape } from '@bufbuild/protobuf'
import type { SketchBins, WindowQuality, WindowRecord } from '../contracts/index.ts'
import { column, Dictionary, numbers, packAscending, unpackAscending } from './columns.ts'
import { WireError } from './errors.ts'
import type { KnownNames } from './known-names.ts'
import { MAX_BATCH_RECORDS, MAX_BINS } from './limits.ts'
import { type Columns, columnReader } from './read-columns.ts'
import type { Sequenced } from './sequenced.ts'
import { type Windows, WindowsSchema } from './uplink_pb.ts'

type Bins = SketchBins['positive']

/** What the next row of a series is told against. */
interface Previous {
  readonly min: number
  readonly positive: number
  readonly negative: number
}
const NOTHING: Previous = { min: 0, positive: 0, negative: 0 }

export function packWindows(rows: readonly Sequenced<WindowRecord>[]): MessageInitShape<typeof WindowsSchema> {
  const series = new Dictionary<WindowRecord['series']>()
  const previous: Previous[] = []
  const unit = timeUnit(rows)
  const binIndex: number[] = []
  const binCount: bigint[] = []
  const sums: bigint[] = []
  const mins: bigint[] = []
  const seriesOf: number[] = []
  let last = -1
  for (const { record } of rows) {
    const { sensor, entity } = record.series
    const index = series.indexOf(`${sensor}/${entity}`, record.series)
    const own = previous[index] ?? NOTHING
    seriesOf.push(index - (last + 1))
    last = index
    mins.push(BigInt(record.min - own.min))
    sums.push(BigInt(record.sum) - BigInt(predictedSum(record.count, record.min)))
    const { positive, negative } = record.sketch
    packBins(positive, own.positive, binIndex, binCount)
    packBins(negative, own.negative, binIndex, binCount)
    previous[index] = {
      min: record.min,
      positive: positive[0]?.[0] ?? own.positive,
      negative: negative[0]?.[0] ?? own.negative,
    }
  }
  const big = (value: (record: WindowRecord, i: number) => number) =>
    column(rows.map(({ record }, i) => BigInt(value(record, i))))
  const small = (value: (record: WindowRecord) => number) => column(rows.map(({ record }) => value(record)))
  return {
    sequence: packAscending(rows.map(({ seq }) => seq)),
    sensor: series.entries.map((s) => s.sensor),
    entity: series.entries.map((s) => s.entity),
    series: column(seriesOf),
    timeUnit: BigInt(unit),
    start: big(({ start }, i) => (start - (rows[i - 1]?.record.start ?? 0)) / unit),
    length: big(({ start, end }) => (end - start) / unit),
    revision: small((r) => r.revision),
    count: big((r) => r.count),
    min: column(mins),
    max: big((r) => r.max - r.min),
    last: big((r) => r.last - r.min),
    sum: column(sums),
    zero: big((r) => r.sketch.zero),
    positive: small((r) => r.sketch.positive.length),
    negative: small((r) => r.sketch.negative.length),
    binIndex,
    binCount: column(binCount),
    missing: big((r) => r.quality.missing),
    late: big((r) => r.quality.late),
    outOfRange: big((r) => r.quality.outOfRange),
    flat: big((r) => r.quality.flat),
    duplicate: big((r) => r.quality.duplicate),
    wrongType: big((r) => r.quality.wrongType),
    wrongUnit: big((r) => r.quality.wrongUnit),
    untrusted: big((r) => r.quality.untrusted),
  }
}

const readWindows = columnReader(WindowsSchema)

/**
 * What the columns of a Windows message say; whether the rows make sense is `complaints.ts`'s to judge.
 * @throws WireError where columns contradict each other.
 */
export function unpackWindows(bytes: Uint8Array, known?: KnownNames): Sequenced<WindowRecord>[] {
  const windows = readWindows(bytes, known)
  const sequences = unpackAscending(windows.sequence, 'sequence')
  const rows = sequences.length
  if (rows > MAX_BATCH_RECORDS) throw new WireError('oversized', `${rows} windows; at most ${MAX_BATCH_RECORDS}`)
  const series = checkedSeries(windows)
  const of = (name: WindowColumn) => numbers(windows[name], rows, name)
  const [seriesOf, starts, lengths, revision] = [of('series'), of('start'), of('length'), of('revision')]
  const [count, min, max, last, zero] = [of('count'), of('min'), of('max'), of('last'), of('zero')]
  const [positive, negative] = [of('positive'), of('negative')]
  const qualityOf = qualityReader(windows, rows)
  const bins = new BinReader(windows)
  const unit = Number(windows.timeUnit)
  const sums = windows.sum.length === 0 ? undefined : windows.sum
  if (sums && sums.length !== rows) throw new WireError('malformed', `sum: ${sums.length} cells for ${rows} rows`)

  // Of each series, what its next row is told against.
  const ownMin = new Array<number>(series.length).fill(0)
  const ownPositive = ownMin.slice()
  const ownNegative = ownMin.slice()
  const decoded: Sequenced<WindowRecord>[] = []
  let index = -1
  let start = 0
  for (let row = 0; row < rows; row++) {
    index += seriesOf[row]! + 1
    const key = series[index]
    if (!key) throw new WireError('malformed', `series: row ${row} names series ${index} of ${series.length}`)
    start += starts[row]! * unit
    const low = ownMin[index]! + min[row]!
    const above = bins.take(positive[row]!, ownPositive[index]!)
    const below = bins.take(negative[row]!, ownNegative[index]!)
    ownMin[index] = low
    if (above.length > 0) ownPositive[index] = above[0]![0]
    if (below.length > 0) ownNegative[index] = below[0]![0]
    const record: WindowRecord = {
      series: key,
      start,
      end: start + lengths[row]! * unit,
      revision: revision[row]!,
      count: count[row]!,
      sum: addExactly(sums === undefined ? 0 : sums[row]!, predictedSum(count[row]!, low)),
      min: low,
      max: low + max[row]!,
      last: low + last[row]!,
      sketch: { zero: zero[row]!, positive: above, negative: below },
      quality: qualityOf(row),
    }
    decoded.push({ seq: sequences[row]!, record })
  }
  bins.finish()
  return decoded
}

const QUALITIES = [
  ...(['missing', 'late', 'outOfRange', 'flat', 'duplicate', 'wrongType', 'wrongUnit', 'untrusted'] as const),
] satisfies (keyof WindowQuality)[]
const SPOTLESS: WindowQuality = Object.freeze({
  ...{ missing: 0, late: 0, outOfRange: 0, flat: 0 },
  ...{ duplicate: 0, wrongType: 0, wrongUnit: 0, untrusted: 0 },
})

/** Most messages have nothing to tell here. */
function qualityReader(windows: Columns<Windows>, rows: number): (row: number) => WindowQuality {
  if (QUALITIES.every((name) => windows[name].length === 0)) return () => SPOTLESS
  const of = (name: WindowColumn) => numbers(windows[name], rows, name)
  const [missing, late, outOfRange, flat] = [of('missing'), of('late'), of('outOfRange'), of('flat')]
  const [duplicate, wrongType] = [of('duplicate'), of('wrongType')]
  const [wrongUnit, untrusted] = [of('wrongUnit'), of('untrusted')]
  return (row) => ({
    missing: missing[row]!,
    late: late[row]!,
    outOfRange: outOfRange[row]!,
    flat: flat[row]!,
    duplicate: duplicate[row]!,
    wrongType: wrongType[row]!,
    wrongUnit: wrongUnit[row]!,
    untrusted: untrusted[row]!,
  })
}

type WindowColumn = Exclude<
  { [K in keyof Windows]-?: Windows[K] extends (number | bigint)[] ? K : never }[keyof Windows],
  'sequence' | 'sum' | 'binIndex' | 'binCount'
>

/** The greatest step that all starts and ends are multiples of. */
function timeUnit(rows: readonly Sequenced<WindowRecord>[]): number {
  let unit = 0
  for (const { record } of rows) unit = divisor(divisor(unit, Math.abs(record.start)), record.end - record.start)
  return unit || 1
}

function divisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b]
  return a
}

/** Beyond 2^53 the sum is no safe integer, which is for the gate to see. */
function addExactly(a: number | bigint, b: number): number {
  return typeof a === 'number' ? a + b : Number(a + BigInt(b))
}

/** Most of a sum is count × min. Left out of the account where it would not be exact. */
function predictedSum(count: number, min: number): number {
  const product = count * min
  return Number.isSafeInteger(product) ? product : 0
}

function packBins(bins: Bins, own: number, binIndex: number[], binCount: bigint[]): void {
  for (const [i, [index, count]] of bins.entries()) {
    binIndex.push(i === 0 ? index - own : index - bins[i - 1]![0] - 1)
    binCount.push(BigInt(count - 1))
  }
}

/** Takes the bins of row after row. */
class BinReader {
  readonly #steps: readonly number[]
  readonly #counts: readonly number[]
  #at = 0

  constructor({ binIndex, binCount }: Columns<Windows>) {
    this.#steps = binIndex
    this.#counts = numbers(binCount, binIndex.length, 'bin_count')
  }

  /** @param own what the first is told against */
  take(bins: number, own: number): Bins {
    const steps = this.#steps
    const from = this.#at
    if (bins > MAX_BINS) throw new WireError('oversized', `${bins} bins in a sketch; at most ${MAX_BINS}`)
    if (from + bins > steps.length) throw new WireError('malformed', 'bin_index: fewer bins than the rows tell')
    const taken: (readonly [number, number])[] = []
    for (let i = 0, index = own; i < bins; i++) {
      const step = steps[from + i]!
      if (i > 0 && step < 0) throw new WireError('malformed', 'bin_index: does not ascend')
      index += i === 0 ? step : step + 1
      taken.push([index, this.#counts[from + i]! + 1])
    }
    this.#at = from + bins
    return taken
  }

  finish(): void {
    if (this.#at !== this.#steps.length) throw new WireError('malformed', 'bin_index: more bins than the rows tell')
  }
}

function checkedSeries({ sensor, entity }: Columns<Windows>): WindowRecord['series'][] {
  if (sensor.length !== entity.length) throw new WireError('malformed', 'sensor and entity differ in length')
  return sensor.map((name, i) => ({ sensor: name, entity: entity[i]! }))
}
