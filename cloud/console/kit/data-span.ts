import { useQuery } from '@tanstack/react-query'
import { api, ask } from '../api/client.ts'

const DAY_MS = 86_400_000

/** A span of the fleet's data, Unix ms. */
export interface DataSpan {
  readonly from: number
  readonly to: number
}

/** How far the data reaches, by the shops' clocks, and what the cloud's clock says, Unix ms. */
export interface Newest {
  readonly at: number
  readonly now: number
}

/** Undefined while it is not known, and where it is not `enabled`. */
export function useNewest(enabled = true): Newest | undefined {
  const { data } = useQuery({
    enabled,
    queryKey: ['newest-data'],
    queryFn: ({ signal }) => ask(api.GET('/v1/newest-data', { signal })),
    staleTime: 60_000,
  })
  return data && { at: data.at ?? data.now, now: data.now }
}

/**
 * The last days of which there is data: shops whose clock is another than this browser's, or that are all away, are looked at
 * where they are. Undefined while it is not known.
 */
export function useDataSpan(days: number): DataSpan | undefined {
  const newest = useNewest()
  return newest && { from: newest.at - days * DAY_MS, to: newest.at }
}

/** Whether shops live in another time than the cloud, or have long sent nothing: then it has to be said which of the two is meant. */
export const isElsewhere = ({ at, now }: Newest): boolean => Math.abs(now - at) >= DAY_MS
