import { hashKey, infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'

interface Paged<T> {
  readonly items: readonly T[]
  readonly next?: string
}

/** Most items that an export reads: beyond it one wants the API, or the Parquet files. */
export const MOST_EXPORTED = 50_000

export interface Listing<T> {
  readonly items: readonly T[] | undefined
  readonly error: Error | null
  /** Names what was asked for, and when its answer was read, Unix ms. */
  readonly source: string
  readonly readAt: number
  readonly isLoadingMore: boolean
  readonly hasMore: boolean
  more(): void
  retry(): void
  /** Every item, page after page, at most MOST_EXPORTED. */
  all(): Promise<T[]>
}

interface ListOptions<T> {
  /** Its first part is the kind by which live changes find it. */
  readonly queryKey: readonly unknown[]
  /**
   * @param at goes into the query: `next` of the page before, nothing for the first
   * @param init goes into the call
   */
  readonly page: (at: { cursor?: string }, init: { signal?: AbortSignal }) => Promise<Paged<T>>
}

/** A list of the API, paged by its cursors. */
export function useListing<T>({ queryKey, page }: ListOptions<T>): Listing<T> {
  const query = useInfiniteQuery(
    infiniteQueryOptions({
      queryKey: [...queryKey, 'pages'],
      queryFn: ({ pageParam, signal }) => page(pageParam, { signal }),
      initialPageParam: {} as { cursor?: string },
      getNextPageParam: ({ next }) => (next === undefined ? undefined : { cursor: next }),
      placeholderData: (before) => before,
    }),
  )
  const items = useMemo(() => query.data?.pages.flatMap((one) => one.items), [query.data])
  return {
    items,
    error: query.error,
    // What stands in for an answer that is awaited is of another question.
    source: query.isPlaceholderData ? '' : hashKey(queryKey),
    readAt: query.dataUpdatedAt,
    isLoadingMore: query.isFetchingNextPage,
    hasMore: query.hasNextPage,
    more: () => void query.fetchNextPage(),
    retry: () => void query.refetch(),
    all: () => readAll(page),
  }
}

async function readAll<T>(page: ListOptions<T>['page']): Promise<T[]> {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const { items: some, next } = await page(cursor === undefined ? {} : { cursor }, {})
    items.push(...some)
    cursor = next
  } while (cursor !== undefined && items.length < MOST_EXPORTED)
  return items.slice(0, MOST_EXPORTED)
}
