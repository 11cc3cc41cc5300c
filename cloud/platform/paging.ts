import type { z } from 'zod'
import { InvalidError } from './errors.ts'

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

/** A position of several parts as the text of a page's `next`. */
export const toCursor = (position: readonly unknown[]): string =>
  Buffer.from(JSON.stringify(position)).toString('base64url')

/** @throws InvalidError `cursor` for what `toCursor` did not make. */
export function fromCursor<T extends z.ZodType>(cursor: string, position: T): z.output<T> {
  try {
    return position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
  } catch (cause) {
    throw new InvalidError({
      code: 'cursor',
      message: 'The cursor is not one that a page of this list gave. Use the "next" of the page before, unchanged.',
      cause,
    })
  }
}
