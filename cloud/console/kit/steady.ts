/** A row as it stands while somebody is at the table. */
export interface SteadyRow<T> {
  readonly row: T
  /** It is in the list no more: as it was last. */
  readonly isGone: boolean
}

export interface SteadyRows<T> {
  readonly rows: readonly SteadyRow<T>[]
  /** What is held back: rows that would come between, that would go, and whether those that stay would change places. */
  readonly added: number
  readonly gone: number
  readonly isMoved: boolean
}

interface SteadyOptions<T> {
  /** As they stood when nothing was held back. */
  readonly before: readonly T[]
  readonly now: readonly T[]
  readonly rowId: (row: T) => string
  /** The list goes on behind `now`: what fell behind its end is not gone. */
  readonly hasMore: boolean
}

/**
 * The rows of `before` where they stood, with what is known of them now. What has come behind all of them follows them: it
 * moves nothing.
 */
export function steadyRows<T>({ before, now, rowId, hasMore }: SteadyOptions<T>): SteadyRows<T> {
  const places = new Map(now.map((row, place) => [rowId(row), place]))
  const kept = before.flatMap((row) => places.get(rowId(row)) ?? [])
  const known = new Set(before.map(rowId))
  const end = Math.max(-1, ...kept)
  const fresh = now.filter((row) => !known.has(rowId(row)))
  const behind = fresh.filter((row) => places.get(rowId(row))! > end)
  const lastKept = before.findLastIndex((row) => places.has(rowId(row)))
  const missing = before.filter((row, place) => !places.has(rowId(row)) && (!hasMore || place < lastKept))
  return {
    rows: [
      ...before.map((row) => {
        const place = places.get(rowId(row))
        return place === undefined ? { row, isGone: missing.includes(row) } : { row: now[place]!, isGone: false }
      }),
      ...behind.map((row) => ({ row, isGone: false })),
    ],
    added: fresh.length - behind.length,
    gone: missing.length,
    isMoved: kept.some((place, at) => at > 0 && place < kept[at - 1]!),
  }
}

/** "2 new, 1 gone"; undefined where nothing is held back. */
export function heldText({ added, gone, isMoved }: Omit<SteadyRows<unknown>, 'rows'>): string | undefined {
  const parts = [...(added > 0 ? [`${added} new`] : []), ...(gone > 0 ? [`${gone} gone`] : [])]
  if (parts.length > 0) return parts.join(', ')
  return isMoved ? 'another order' : undefined
}
