/**
 * What is wrong with a data set, and where. The data have to change before another try.
 *
 * - `unreadable`: the file cannot be opened, or its compression is damaged.
 * - `not-csv`: not a table with a header, or a row that does not fit it.
 * - `missing-column`: a column that the definition needs.
 * - `invalid-value`: a cell that is not what its column holds.
 * - `duplicate-row`: a second row with the same key.
 * - `too-large`: over a size cap.
 * - `too-little`: not enough to train on.
 */
export type DatasetErrorCode =
  | 'unreadable'
  | 'not-csv'
  | 'missing-column'
  | 'invalid-value'
  | 'duplicate-row'
  | 'too-large'
  | 'too-little'

export interface DatasetPlace {
  /** From 1, the header's line. */
  readonly line?: number
  readonly column?: string
}

export class DatasetError extends Error {
  override readonly name = 'DatasetError'
  readonly code: DatasetErrorCode
  readonly place: DatasetPlace

  constructor(code: DatasetErrorCode, message: string, place: DatasetPlace = {}, options?: ErrorOptions) {
    const where = [
      place.line !== undefined ? `line ${place.line}` : '',
      place.column !== undefined ? `column ${place.column}` : '',
    ]
    super(`data set${where.map((part) => part && `, ${part}`).join('')}: ${message}`, options)
    this.code = code
    this.place = place
  }
}
