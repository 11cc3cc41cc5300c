export interface ShadowCandidate {
  readonly device: string
  readonly region: string
  readonly position: number
}

/**
 * Draws devices for the shadow: from each region its share (largest remainders), within a region the *last* by position, so
 * that those told first are others and evidence goes on while they are.
 *
 * @returns device ids, at most `count`
 */
export function drawShadow(candidates: readonly ShadowCandidate[], count: number): string[] {
  const take = Math.min(count, candidates.length)
  const regions = [...Map.groupBy(candidates, (one) => one.region)].map(([region, members]) => {
    const share = (take * members.length) / candidates.length
    return { region, members, whole: Math.floor(share), rest: share - Math.floor(share) }
  })
  let left = take - regions.reduce((sum, { whole }) => sum + whole, 0)
  const byRest = regions.toSorted((a, b) => b.rest - a.rest || (a.region < b.region ? -1 : 1))
  return byRest.flatMap(({ members, whole }) => {
    const more = left > 0 ? 1 : 0
    left -= more
    const last = members.toSorted((a, b) => b.position - a.position)
    return last.slice(0, whole + more).map(({ device }) => device)
  })
}
