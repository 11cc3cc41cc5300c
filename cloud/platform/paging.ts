/** A page of a list ordered by a key: `next` is the key to give as `after`, absent on the last page. */
export interface Page<T> {
  readonly items: T[]
  readonly next?: string
}

export interface PageRequest {
  /** The `next` of the page before. */
  readonly after?: string | undefined
  readonly limit: number
}

/** Turns `limit + 1` rows, ordered by key, into a page. */
export function toPage<T>(rows: T[], limit: number, key: (row: T) => string): Page<T> {
  if (rows.length <= limit) return { items: rows }
  const items = rows.slice(0, limit)
  return { items, next: key(items.at(-1)!) }
}
