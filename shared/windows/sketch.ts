import type { SketchBins } from '../contracts/records.ts'
import { ByteReader, ByteWriter } from './bytes.ts'

/**
 * DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees",
 * VLDB 2019) of a sensor's deviations from its centre: bin i counts |value| in (γ^(i−1), γ^i], γ = (1 + α) / (1 − α),
 * apart for each sign. Counts are never collapsed: a 53-bit integer falls in one of 1,840 bins a side.
 */

/** The error of a quantile, relative to its true value. */
export const SKETCH_RELATIVE_ERROR = 0.01

const GAMMA = (1 + SKETCH_RELATIVE_ERROR) / (1 - SKETCH_RELATIVE_ERROR)
const BINS_PER_E = 1 / Math.log(GAMMA)
/** The point of a bin whose relative distance to both of its ends is α. */
const CENTRE = 2 / (1 + GAMMA)

/** Counts by bin index, ascending. */
interface Side {
  readonly indices: number[]
  readonly counts: number[]
}

export class Sketch {
  readonly #positive: Side = { indices: [], counts: [] }
  readonly #negative: Side = { indices: [], counts: [] }
  #zero = 0
  #count = 0

  static fromBins({ zero, positive, negative }: SketchBins): Sketch {
    const sketch = new Sketch()
    sketch.#zero = zero
    sketch.#count = zero
    for (const [side, bins] of [[sketch.#positive, positive] as const, [sketch.#negative, negative] as const]) {
      for (const [index, count] of bins) {
        addTo(side, index, count)
        sketch.#count += count
      }
    }
    return sketch
  }

  get count(): number {
    return this.#count
  }

  add(value: number, count = 1): void {
    if (value > 0) addTo(this.#positive, indexOf(value), count)
    else if (value < 0) addTo(this.#negative, indexOf(-value), count)
    else this.#zero += count
    this.#count += count
  }

  merge(other: Sketch): void {
    mergeSide(this.#positive, other.#positive)
    mergeSide(this.#negative, other.#negative)
    this.#zero += other.#zero
    this.#count += other.#count
  }

  /**
   * The value of rank ⌊q · (count − 1)⌋, within 1 % of the true one; NaN of an empty sketch.
   * @param q in [0, 1]
   */
  quantile(q: number): number {
    if (this.#count === 0) return Number.NaN
    let rank = Math.floor(q * (this.#count - 1))
    const { indices: low, counts: lows } = this.#negative
    for (let i = low.length - 1; i >= 0; i--) {
      rank -= lows[i]!
      if (rank < 0) return -magnitudeOf(low[i]!)
    }
    rank -= this.#zero
    if (rank < 0) return 0
    const { indices: high, counts: highs } = this.#positive
    for (let i = 0; i < high.length; i++) {
      rank -= highs[i]!
      if (rank < 0) return magnitudeOf(high[i]!)
    }
    return magnitudeOf(high[high.length - 1]!)
  }

  bins(): SketchBins {
    const pairs = ({ indices, counts }: Side) => indices.map((index, i) => [index, counts[i]!] as const)
    return { zero: this.#zero, positive: pairs(this.#positive), negative: pairs(this.#negative) }
  }

  /** Zero count, then for each side: number of bins, and (index as difference to the one before, count) of each. */
  writeTo(out: ByteWriter): void {
    out.unsigned(this.#zero)
    for (const { indices, counts } of [this.#positive, this.#negative]) {
      out.unsigned(indices.length)
      let previous = 0
      for (let i = 0; i < indices.length; i++) {
        out.signed(indices[i]! - previous)
        out.unsigned(counts[i]!)
        previous = indices[i]!
      }
    }
  }

  encode(): Uint8Array {
    const out = new ByteWriter(64)
    this.writeTo(out)
    return out.finish()
  }

  /** @throws RangeError where the bytes end too early */
  static readFrom(bytes: ByteReader): Sketch {
    const sketch = new Sketch()
    sketch.#zero = bytes.unsigned()
    sketch.#count = sketch.#zero
    for (const { indices, counts } of [sketch.#positive, sketch.#negative]) {
      let index = 0
      for (let bins = bytes.unsigned(); bins > 0; bins--) {
        index += bytes.signed()
        indices.push(index)
        const count = bytes.unsigned()
        counts.push(count)
        sketch.#count += count
      }
    }
    return sketch
  }

  static decode(bytes: Uint8Array): Sketch {
    return Sketch.readFrom(new ByteReader(bytes))
  }
}

/** Writes the bytes of `Sketch.fromBins(bins).encode()`, without making the sketch. */
export function writeSketch(out: ByteWriter, { zero, positive, negative }: SketchBins): void {
  out.unsigned(zero)
  writeBins(out, positive)
  writeBins(out, negative)
}

function writeBins(out: ByteWriter, bins: SketchBins['positive']): void {
  out.unsigned(bins.length)
  let previous = 0
  for (let i = 0; i < bins.length; i++) {
    const bin = bins[i]!
    out.signed(bin[0] - previous)
    out.unsigned(bin[1])
    previous = bin[0]
  }
}

/** The bin of a magnitude above 0. */
export function indexOf(magnitude: number): number {
  return Math.ceil(Math.log(magnitude) * BINS_PER_E)
}

/** The largest magnitude of a bin. */
export const upperEdge = (index: number): number => GAMMA ** index

function magnitudeOf(index: number): number {
  return CENTRE * GAMMA ** index
}

function addTo({ indices, counts }: Side, index: number, count: number): void {
  let low = 0
  let high = indices.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (indices[middle]! < index) low = middle + 1
    else high = middle
  }
  if (indices[low] === index) counts[low] = counts[low]! + count
  else {
    indices.splice(low, 0, index)
    counts.splice(low, 0, count)
  }
}

function mergeSide(into: Side, from: Side): void {
  for (let i = 0; i < from.indices.length; i++) addTo(into, from.indices[i]!, from.counts[i]!)
}
