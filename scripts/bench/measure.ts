/** What a benchmark is given on the command line. */
export interface BenchOptions {
  /** `--data`: the data set to measure on, for the benchmarks that need one. */
  readonly data?: string
}

/** One row of the printed table each; ratios and absolute figures by their published names. */
export type BenchResult = Record<string, number | string>

/** Does the work once. What it returns is its own measurement (any unit); returning nothing, it is timed in milliseconds. */
type Run = () => number | undefined | Promise<number | undefined> | Promise<void>

export interface Alternated {
  /** Median of each side over the rounds. */
  readonly a: number
  readonly b: number
  /** Median over the rounds of a / b: what both sides suffer in one round (a busy neighbour) cancels out. */
  readonly ratio: number
  readonly rounds: number
}

/**
 * Measures `a` against its reference `b` side by side: an unmeasured round to warm up, then `rounds` (at least 5) in which
 * each runs once, in turns first and second.
 */
export async function alternate(options: { a: Run; b: Run; rounds?: number }): Promise<Alternated> {
  const { a, b, rounds = 5 } = options
  if (rounds < 5) throw new RangeError(`alternate: ${rounds} rounds; a median needs at least 5`)
  await measure(a)
  await measure(b)
  const as: number[] = []
  const bs: number[] = []
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) as.push(await measure(a))
    bs.push(await measure(b))
    if (round % 2 === 1) as.push(await measure(a))
  }
  return { a: median(as), b: median(bs), ratio: median(as.map((value, round) => value / bs[round]!)), rounds }
}

async function measure(run: Run): Promise<number> {
  const began = performance.now()
  const own = await run()
  return own ?? performance.now() - began
}

export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('median: no values')
  const sorted = values.toSorted((x, y) => x - y)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
