import type { WindowQuality } from '@storecast/shared/contracts'
import { addQuality, type Calendar, NO_QUALITY, Sketch, type Span } from '@storecast/shared/windows'
import { monthOf } from '../../platform/partitions.ts'
import { bucketOf } from '../merged/buckets.ts'

/** What windows of one series over a span come to. A window itself is one, too. */
export interface Cell extends Span {
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly last: number
  readonly sketch: Sketch
  readonly quality: WindowQuality
  /** Times of the windows in it, ascending, disjoint, never touching. */
  readonly covered: readonly Span[]
}

/**
 * The hour or day that a window is rolled up into: the local one, cut where a month begins (UTC), so that what a partition
 * holds of a series is whole at every level. A window that does not fit stands for itself.
 */
export function cellSpan(calendar: Calendar, size: 'hour' | 'day', window: Span): Span {
  const { start, end } = window
  const bucket = bucketOf(calendar, size, window)
  const month = monthOf(start)
  const cut = { start: Math.max(bucket.start, month.from), end: Math.min(bucket.end, month.to) }
  return end <= cut.end ? cut : { start, end }
}

/** All of them as one over `span`; counts, sums, extremes and quality exactly. @param cells at least one, none overlapping */
export function mergeCells(cells: readonly Cell[], { start, end }: Span): Cell {
  const ordered = cells.toSorted((a, b) => lastCovered(a) - lastCovered(b))
  const sketch = new Sketch()
  let [count, sum, min, max, last, quality] = [0, 0, Infinity, -Infinity, 0, NO_QUALITY]
  for (const cell of ordered) {
    quality = addQuality(quality, cell.quality)
    if (cell.count === 0) continue
    count += cell.count
    sum += cell.sum
    min = Math.min(min, cell.min)
    max = Math.max(max, cell.max)
    last = cell.last
    sketch.merge(cell.sketch)
  }
  if (count === 0) [min, max] = [0, 0]
  const covered = joinSpans(ordered.flatMap((cell) => cell.covered))
  return { start, end, count, sum, min, max, last, sketch, quality, covered }
}

/** Cells of a series after rolling its windows up. @param windows none overlapping */
export function rollUp(windows: readonly Cell[], spanOf: (window: Span) => Span): Cell[] {
  const groups = Map.groupBy(windows, (window) => {
    const { start, end } = spanOf(window)
    return `${start} ${end}`
  })
  return [...groups.values()].map((group) => mergeCells(group, spanOf(group[0]!)))
}

export interface Folded {
  readonly cells: readonly Cell[]
  /** What the window would have replaced and counts more: the window is left out. */
  readonly conflict?: { readonly count: number }
}

/**
 * Adds a window that came after the windows of its time were dropped. What is known of these is the cells and the times they
 * cover: a window that meets none adds to its cell; one that holds all that it meets, and counts at least as much, replaces
 * that, as a coarse window does its finer ones; any other is left out, so that nothing counts twice and less never replaces
 * more.
 */
export function fold(cells: readonly Cell[], window: Cell, spanOf: (window: Span) => Span): Folded {
  const met = cells.filter((cell) => cell.covered.some((span) => span.start < window.end && window.start < span.end))
  const count = met.reduce((sum, cell) => sum + cell.count, 0)
  const holds = met.every((cell) => cell.covered[0]!.start >= window.start && lastCovered(cell) <= window.end)
  if (met.length > 0 && (!holds || window.count < count)) return { cells, conflict: { count } }
  const rest = cells.filter((cell) => !met.includes(cell))
  const span = spanOf(window)
  const same = rest.find((cell) => cell.start === span.start && cell.end === span.end)
  const merged = mergeCells(same ? [same, window] : [window], span)
  return { cells: [...rest.filter((cell) => cell !== same), merged] }
}

const lastCovered = (cell: Cell) => cell.covered.at(-1)!.end

export function joinSpans(spans: readonly Span[]): readonly Span[] {
  const joined: { start: number; end: number }[] = []
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    const open = joined.at(-1)
    if (open && start <= open.end) open.end = Math.max(open.end, end)
    else joined.push({ start, end })
  }
  return joined
}
