import { useQuery } from '@tanstack/react-query'
import { api, ask } from '../api/client.ts'

const DAY_MS = 86_400_000

/** A span of the fleet's data, Unix ms. */
export interface DataSpan {
  readonly from: number
  readonly to: number
}

/**
 * The last days of which there is data: shops whose clock is another than this browser's, or that are all away, are looked at
 * where they are. Undefined while it is not known.
 */
export function useDataSpan(days: number): DataSpan | undefined {
  const { data } = useQuery({
    queryKey: ['newest-data'],
    queryFn: ({ signal }) => ask(api.GET('/v1/newest-data', { signal })),
    staleTime: 60_000,
  })
  if (data === undefined) return undefined
  const to = data.at ?? Date.now()
  return { from: to - days * DAY_MS, to }
}
