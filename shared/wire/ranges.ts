import { WireError } from './errors.ts'

/** Sequences as ascending, disjoint ranges, both ends included; neighbours are never adjacent. */
export type Ranges = readonly Range[]
export type Range = readonly [first: number, last: number]

/** @param sequences ascending, without repeats. */
export function rangesOf(sequences: Iterable<number>): Ranges {
  const ranges: [number, number][] = []
  let open: [number, number] | undefined
  for (const sequence of sequences) {
    if (open && sequence === open[1] + 1) {
      open[1] = sequence
    } else {
      open = [sequence, sequence]
      ranges.push(open)
    }
  }
  return ranges
}

/** How many sequences. */
export const sizeOf = (ranges: Ranges): number => ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)

/** Sequences that are in any of the given. */
export function union(...all: readonly Ranges[]): Ranges {
  const ranges: [number, number][] = []
  let open: [number, number] | undefined
  for (const [first, last] of all.flat().sort((a, b) => a[0] - b[0])) {
    if (open && first <= open[1] + 1) {
      open[1] = Math.max(open[1], last)
    } else {
      open = [first, last]
      ranges.push(open)
    }
  }
  return ranges
}

/** Sequences of `ranges` that are not in `without`. */
export function subtract(ranges: Ranges, without: Ranges): Ranges {
  const rest: Range[] = []
  let i = 0
  for (const [first, last] of ranges) {
    let from = first
    while (i < without.length && without[i]![1] < from) i++
    for (let j = i; j < without.length && without[j]![0] <= last; j++) {
      if (without[j]![0] > from) rest.push([from, without[j]![0] - 1])
      from = Math.max(from, without[j]![1] + 1)
    }
    if (from <= last) rest.push([from, last])
  }
  return rest
}

/** Binary search. */
export function includes(ranges: Ranges, sequence: number): boolean {
  let low = 0
  let high = ranges.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const [first, last] = ranges[middle]!
    if (sequence < first) high = middle - 1
    else if (sequence > last) low = middle + 1
    else return true
  }
  return false
}

/** As on the wire: pairs (distance from the end of the range before, length − 1). */
export function packRanges(ranges: Ranges): bigint[] {
  const packed: bigint[] = []
  let end = 0
  for (const [first, last] of ranges) {
    packed.push(BigInt(first - end), BigInt(last - first))
    end = last
  }
  return packed
}

/** @throws WireError where the pairs are not ascending ranges of sequences from 1 to 2^53 − 1. */
export function unpackRanges(packed: readonly bigint[]): Ranges {
  if (packed.length % 2 !== 0) throw new WireError('malformed', 'ranges: an odd number of values')
  const ranges: Range[] = []
  let end = 0
  for (let i = 0; i < packed.length; i += 2) {
    const first = end + Number(packed[i])
    const last = first + Number(packed[i + 1])
    if (!Number.isSafeInteger(last) || first < (i === 0 ? 1 : end + 2)) {
      throw new WireError('malformed', `ranges: pair ${i / 2} is out of order or beyond 2^53`)
    }
    ranges.push([first, last])
    end = last
  }
  return ranges
}
