/** A record on its way into its table. */
export interface Incoming<T> {
  readonly device: string
  readonly epoch: number
  readonly seq: number
  readonly receivedAt: number
  readonly record: T
}

/** Of each key the row with the highest sequence: one statement changes a row once. All rows of a key are of one epoch. */
export function newestByKey<Row>(
  rows: readonly Row[],
  key: (row: Row) => string,
  sequence: (row: Row) => number,
): Row[] {
  const newest = new Map<string, Row>()
  for (const row of rows) {
    const held = newest.get(key(row))
    if (held === undefined || sequence(row) > sequence(held)) newest.set(key(row), row)
  }
  return [...newest.values()]
}
