/**
 * How far somebody has heard: PostgreSQL's snapshot, as `pg_current_snapshot()` writes it, of all that was committed when they
 * were told last. Transactions end in another order than they begin, so that no one number would say it.
 */
export interface Position {
  /** Of the history that the transactions belong to. */
  readonly incarnation: string
  /** `xmin:xmax:those under way between` */
  readonly snapshot: string
}

const POSITION = /^([0-9a-f]{8})\.(\d{1,19}:\d{1,19}:(?:\d{1,19}(?:,\d{1,19})*)?)$/
/** Writers at once are far fewer than this would hold. */
export const LONGEST_POSITION = 8192

export const toText = ({ incarnation, snapshot }: Position): string => `${incarnation}.${snapshot}`

/** Undefined for what `toText` did not make. */
export function fromText(text: string): Position | undefined {
  const [, incarnation, snapshot] = (text.length <= LONGEST_POSITION && POSITION.exec(text)) || []
  if (incarnation === undefined || snapshot === undefined || !isSnapshot(snapshot)) return undefined
  return { incarnation, snapshot }
}

const bounds = (snapshot: string) => snapshot.split(':', 2).map(BigInt) as [xmin: bigint, xmax: bigint]

/** As PostgreSQL reads it: 0 < xmin <= xmax, and those between in their order. */
function isSnapshot(snapshot: string): boolean {
  const [xmin, xmax] = bounds(snapshot)
  const between = snapshot.split(':')[2]!.split(',').filter(Boolean).map(BigInt)
  const inOrder = between.every((one, i) => one >= xmin && one < xmax && (i === 0 || one >= between[i - 1]!))
  return xmin > 0n && xmin <= xmax && xmax < 2n ** 63n && inOrder
}

/** What there is to hear. */
export interface History extends Position {
  /** Changes of earlier transactions are not kept. */
  readonly floor: string
}

/** Whether nothing that has changed since the position is missing from the history. */
export function isKept(position: Position, { incarnation, snapshot, floor }: History): boolean {
  const [xmin, xmax] = bounds(position.snapshot)
  const [, newest] = bounds(snapshot)
  // One of the future is of a past that this database has lost.
  return position.incarnation === incarnation && xmin >= BigInt(floor) && xmax <= newest
}
