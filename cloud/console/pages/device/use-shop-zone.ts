import { useQuery } from '@tanstack/react-query'
import { api, ask } from '../../api/client.ts'

/** By whose clock a shop's days begin and end. */
export interface ShopZone {
  readonly isPending: boolean
  /** As IANA names it; undefined where it is not to be had, or is newer than this browser. */
  readonly timeZone: string | undefined
}

export function useShopZone(site: string): ShopZone {
  const { data, isPending } = useQuery({
    queryKey: ['site', site],
    queryFn: ({ signal }) => ask(api.GET('/v1/sites/{site}', { params: { path: { site } }, signal })),
    staleTime: 60_000,
  })
  return { isPending, timeZone: data && knownZone(data.timeZone) }
}

function knownZone(timeZone: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return timeZone
  } catch {
    return undefined
  }
}
