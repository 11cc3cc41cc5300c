import type { WindowQuality, WindowRecord } from '../contracts/records.ts'
import type { Span } from './calendar.ts'
import { Sketch } from './sketch.ts'

/** What a window without readings counts. */
export const NO_QUALITY: WindowQuality = {
  missing: 0,
  late: 0,
  outOfRange: 0,
  flat: 0,
  duplicate: 0,
  wrongType: 0,
  wrongUnit: 0,
  untrusted: 0,
}

export function addQuality(a: WindowQuality, b: WindowQuality): WindowQuality {
  return {
    missing: a.missing + b.missing,
    late: a.late + b.late,
    outOfRange: a.outOfRange + b.outOfRange,
    flat: a.flat + b.flat,
    duplicate: a.duplicate + b.duplicate,
    wrongType: a.wrongType + b.wrongType,
    wrongUnit: a.wrongUnit + b.wrongUnit,
    untrusted: a.untrusted + b.untrusted,
  }
}

/**
 * One window over `span` from all the finer windows inside it: counts and sums add, extremes and sketches merge, `last`
 * is the last of the latest. Exact but for the sketch, which keeps its 1 %. A new key, so its revision is 1.
 * @param fine windows of one series inside `span`, at least one, in any order
 * @throws RangeError where there is none, one lies outside, or they are of different series
 */
export function mergeWindows(fine: readonly WindowRecord[], { start, end }: Span): WindowRecord {
  // By end: of a window and a part of it that came later, the whole one knows the last reading.
  const ordered = [...fine].sort((a, b) => a.end - b.end)
  const first = ordered[0]
  if (!first) throw new RangeError(`no windows to merge into [${start}, ${end})`)
  const sketch = new Sketch()
  let [count, sum, min, max, last, quality] = [0, 0, Infinity, -Infinity, 0, NO_QUALITY]
  for (const window of ordered) {
    if (window.start < start || window.end > end) {
      throw new RangeError(`window [${window.start}, ${window.end}) is not inside [${start}, ${end})`)
    }
    if (window.series.sensor !== first.series.sensor || window.series.entity !== first.series.entity) {
      throw new RangeError('windows of different series do not merge')
    }
    quality = addQuality(quality, window.quality)
    if (window.count === 0) continue
    count += window.count
    sum += window.sum
    min = Math.min(min, window.min)
    max = Math.max(max, window.max)
    last = window.last
    sketch.merge(Sketch.fromBins(window.sketch))
  }
  if (count === 0) [min, max] = [0, 0]
  return { series: first.series, start, end, revision: 1, count, sum, min, max, last, sketch: sketch.bins(), quality }
}
