import { WireError } from './errors.ts'

/** A column as it is sent: left out where every row is zero. */
export const column = <T extends bigint | number>(values: T[]): T[] =>
  values.some((v) => Number(v) !== 0) ? values : []

/**
 * A column of `rows` cells; one that was left out is zeros. An integer beyond 2^53 becomes NaN: the gate then refuses its
 * row, not the message.
 * @throws WireError where it has another number of cells.
 */
export function numbers(values: readonly (number | bigint)[], rows: number, what: string): readonly number[] {
  if (values.length === 0) return new Array<number>(rows).fill(0)
  if (values.length !== rows) throw new WireError('malformed', `${what}: ${values.length} cells for ${rows} rows`)
  return values.every((value) => typeof value === 'number') ? values : values.map(toCell)
}

function toCell(value: number | bigint): number {
  const integer = Number(value)
  return typeof value === 'number' || Number.isSafeInteger(integer) ? integer : Number.NaN
}

/** `numbers`, by row. */
export function cells(values: readonly (number | bigint)[], rows: number, what: string): (row: number) => number {
  const column = numbers(values, rows, what)
  return (row) => column[row]!
}

/** Numbers things by first appearance. */
export class Dictionary<T> {
  readonly entries: T[] = []
  readonly #index = new Map<string, number>()

  indexOf(key: string, entry: T): number {
    const found = this.#index.get(key)
    if (found !== undefined) return found
    this.#index.set(key, this.entries.length)
    return this.entries.push(entry) - 1
  }
}

/** @throws WireError where a row names an entry that is not there. */
export function entryOf(dictionary: readonly string[], index: number, what: string): string {
  const found = dictionary[index]
  if (found === undefined) throw new WireError('malformed', `${what}: names entry ${index} of ${dictionary.length}`)
  return found
}

/** Ascending numbers from 1: the first as is, then the distance from the one before. */
export const packAscending = (numbers: readonly number[]): bigint[] =>
  numbers.map((number, i) => BigInt(number - (numbers[i - 1] ?? 0)))

/** @throws WireError where they do not ascend. */
export function unpackAscending(packed: readonly (number | bigint)[], what: string): number[] {
  let number = 0
  return packed.map((packedDistance, row) => {
    const distance = Number(packedDistance)
    number += distance
    if (distance === 0 || !Number.isSafeInteger(number)) {
      throw new WireError('malformed', `${what}: row ${row} does not ascend`)
    }
    return number
  })
}
