import type { Stream } from './corpus.ts'

/**
 * The scoring rules of the Numenta Anomaly Benchmark (Lavin, Ahmad: "Evaluating Real-time Anomaly Detection Algorithms",
 * ICMLA 2015; `nab/sweeper.py` and `nab/scorer.py` of the project), standard profile.
 */
export const STANDARD = { tp: 1, fp: 0.11, fn: 1 } as const

const PROBATION = 0.15
const PROBATION_ROWS = 5000

/** Rows at the beginning that are not scored. */
export const probationOf = (rows: number): number => Math.min(Math.floor(PROBATION * rows), PROBATION * PROBATION_ROWS)

/** @param position in the window, −1 its first row and 0 behind its last; beyond 0 in widths of the window behind it */
export const scaledSigmoid = (position: number): number => (position >= 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1)

/** What a detection in each row is worth, and the window that it is in (−1: none). */
function worthOf({ times, windows }: Pick<Stream, 'times' | 'windows'>): { worth: Float64Array; inside: Int32Array } {
  const worth = new Float64Array(times.length)
  const inside = new Int32Array(times.length).fill(-1)
  let before: readonly [number, number] | undefined
  let next = 0
  for (let row = 0; row < times.length; row++) {
    const window = windows[next]
    if (window && row >= window[0]) {
      const [first, last] = window
      const position = -(last - row + 1) / (last - first + 1)
      worth[row] = (STANDARD.tp * scaledSigmoid(position)) / scaledSigmoid(-1)
      inside[row] = next
      if (row === last) {
        before = window
        next++
      }
    } else {
      const past = before ? (row - before[1]) / (before[1] - before[0]) : 3
      worth[row] = STANDARD.fp * scaledSigmoid(past)
    }
  }
  return { worth, inside }
}

/** Raw score of a file at each threshold: a row with a score at or above it is a detection, the best in a window counts. */
export function rawScores(
  stream: Pick<Stream, 'times' | 'windows'>,
  scores: ArrayLike<number>,
  thresholds: readonly number[],
): number[] {
  const { worth, inside } = worthOf(stream)
  const rows = Array.from({ length: stream.times.length }, (_, row) => row)
    .slice(probationOf(stream.times.length))
    .sort((a, b) => scores[b]! - scores[a]!)
  const descending = thresholds.map((_, i) => i).sort((a, b) => thresholds[b]! - thresholds[a]!)
  const best = stream.windows.map(() => -STANDARD.fn)
  const result = new Array<number>(thresholds.length)
  let total = best.reduce((sum, one) => sum + one, 0)
  let at = 0
  for (const i of descending) {
    for (; at < rows.length && scores[rows[at]!]! >= thresholds[i]!; at++) {
      const row = rows[at]!
      const window = inside[row]!
      if (window < 0) total += worth[row]!
      else if (worth[row]! > best[window]!) {
        total += worth[row]! - best[window]!
        best[window] = worth[row]!
      }
    }
    result[i] = total
  }
  return result
}

/** 0 for a detector that finds nothing, 100 for one that finds every window at its first row and nothing else. */
export function normalised(raw: number, windows: number): number {
  const nothing = -STANDARD.fn * windows
  return (100 * (raw - nothing)) / (STANDARD.tp * windows - nothing)
}

export interface Evaluation {
  /** Each file at the threshold that is best over the other files. */
  readonly leaveOneOut: number
  /** All files at the one threshold that is best over all: known only in hindsight. */
  readonly hindsight: number
  readonly threshold: number
  readonly files: readonly { readonly name: string; readonly raw: number; readonly windows: number }[]
}

/** Designs to choose from: of each, the scores of every row, by file. */
export type Designs = Readonly<Record<string, readonly ArrayLike<number>[]>>

/** Chooses threshold (and design, where there are several) for each file by the other files alone. */
export function evaluate(streams: readonly Stream[], designs: Designs): Evaluation {
  const curves = Object.values(designs).flatMap((scores) => {
    const thresholds = thresholdsOf(streams, scores)
    const byFile = streams.map((stream, i) => rawScores(stream, scores[i]!, thresholds))
    return thresholds.map((threshold, t) => ({ threshold, raw: byFile.map((file) => file[t]!) }))
  })
  const windows = streams.reduce((sum, stream) => sum + stream.windows.length, 0)
  const sum = (raw: readonly number[]) => raw.reduce((total, one) => total + one, 0)
  const best = (worth: (curve: (typeof curves)[number]) => number) =>
    curves.reduce((a, b) => (worth(b) > worth(a) ? b : a))
  const files = streams.map((stream, i) => {
    const { raw } = best((curve) => sum(curve.raw) - curve.raw[i]!)
    return { name: stream.name, raw: raw[i]!, windows: stream.windows.length }
  })
  const hindsight = best((curve) => sum(curve.raw))
  return {
    leaveOneOut: normalised(sum(files.map(({ raw }) => raw)), windows),
    hindsight: normalised(sum(hindsight.raw), windows),
    threshold: hindsight.threshold,
    files,
  }
}

const MOST_THRESHOLDS = 3000

/** The scores that there are, the highest of them one by one; and one above all. */
function thresholdsOf(streams: readonly Stream[], scores: readonly ArrayLike<number>[]): number[] {
  const found = new Set<number>()
  for (const [i, { times }] of streams.entries()) {
    for (let row = probationOf(times.length); row < times.length; row++) found.add(scores[i]![row]!)
  }
  const ordered = [...found].sort((a, b) => b - a)
  const step = Math.max(1, Math.ceil(ordered.length / MOST_THRESHOLDS))
  return [Infinity, ...ordered.filter((_, i) => i < MOST_THRESHOLDS / 2 || i % step === 0)]
}
