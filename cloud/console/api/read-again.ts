import type { InvalidateQueryFilters, Query, QueryClient } from '@tanstack/react-query'

/**
 * Has what has changed read again. What is only just being read for the first time is read once more after that: the client
 * would join the two, and an answer that was made before the change may come after it. So is a list of which somebody asked
 * for more, which would be forgotten over it.
 */
export function readAgain(client: QueryClient, isMeant: (query: Query) => boolean): void {
  const late = client.getQueryCache().findAll({ predicate: (query) => isMeant(query) && isJoined(query) })
  void read(client, { predicate: (query) => isMeant(query) && !late.includes(query) })
  for (const query of late) afterwards(client, query)
}

const isJoined = ({ state }: Query): boolean =>
  state.fetchStatus === 'fetching' && (state.data === undefined || state.fetchMeta?.fetchMore !== undefined)

function afterwards(client: QueryClient, query: Query): void {
  const end = client.getQueryCache().subscribe(({ type, query: changed }) => {
    if (changed !== query || (type !== 'removed' && query.state.fetchStatus === 'fetching')) return
    end()
    // What failed says so, and is asked for again by who reads it.
    if (type !== 'removed' && query.state.status === 'success') {
      void read(client, { queryKey: query.queryKey, exact: true })
    }
  })
}

/** When what the cloud told of was last read again, Unix ms. */
interface ReadAgain {
  readonly from: number
  readonly to: number
}
const LAST = ['read-again']

/** Whether what was read at `at` was read because the cloud told of a change, and not because somebody here asked for it. */
export function wasReadAgain(client: QueryClient, at: number): boolean {
  const last = client.getQueryData<ReadAgain>(LAST)
  return last !== undefined && last.from <= at && at <= last.to
}

async function read(client: QueryClient, filters: InvalidateQueryFilters): Promise<void> {
  const from = Date.now()
  client.setQueryData<ReadAgain>(LAST, { from, to: Number.POSITIVE_INFINITY })
  await client.invalidateQueries(filters)
  client.setQueryData<ReadAgain>(LAST, (last) => (last?.from === from ? { from, to: Date.now() } : last))
}
