import type { DatasetColumns } from '@storecast/shared/contracts'
import { DatasetError } from './errors.ts'

/** Finds columns by their canonical name or one of the names that the definition accepts for it. */
export class Columns {
  readonly #header: readonly string[]
  readonly #accepted: DatasetColumns['columns']

  constructor(header: readonly string[], accepted: DatasetColumns['columns'] = {}) {
    this.#header = header
    this.#accepted = accepted
  }

  /** Position of the column, or −1. */
  find(name: string): number {
    const names = [name, ...[this.#accepted[name] ?? []].flat()]
    for (const candidate of names) {
      const at = this.#header.indexOf(candidate)
      if (at >= 0) return at
    }
    return -1
  }

  /** @throws DatasetError `missing-column` */
  require(name: string): number {
    const at = this.find(name)
    if (at >= 0) return at
    const also = [this.#accepted[name] ?? []].flat()
    const hint = also.length > 0 ? ` (nor ${also.join(', ')})` : ''
    throw new DatasetError('missing-column', `there is no column "${name}"${hint}; name its alias in the definition`, {
      line: 1,
    })
  }
}

/** A cell as a number; empty: NaN, not known. @throws DatasetError `invalid-value` */
export function numberCell(cell: string, place: { line: number; column: string }): number {
  if (cell === '') return Number.NaN
  const value = Number(cell)
  if (Number.isFinite(value) && cell.trim() !== '') return value
  throw new DatasetError('invalid-value', `${JSON.stringify(cell.slice(0, 40))} is not a number`, place)
}
