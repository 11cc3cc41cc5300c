import { Sketch } from '@storecast/shared/windows'
import type { Connection } from '../platform/database.ts'
import { forecastsOf } from './runs.ts'
import { SHADOW } from './tables.ts'

/** The local day that a shadow forecast counts for, and the site's region. */
export interface Day {
  readonly day: string
  readonly region: string
}

interface ModelPair extends Day {
  readonly model: string
  /** Versions. */
  readonly champion: number
  readonly candidate: number
}

/** Sums over the pairs of a day, as the evidence's record tells them. */
interface PairSums {
  rows: number
  excluded: number
  difference: number
  differenceSquared: number
  largestDifference: number
  championAbsolute: number
  candidateAbsolute: number
  championError: number
  candidateError: number
  actual: number
  moved: number
  intervals: number
  championCovered: number
  candidateCovered: number
}

/** What a candidate and the version that served said of the same product and span, and what came of it. */
interface Pair {
  readonly champion: number
  readonly candidate: number
  /** Lowest and highest quantile of each; null where they are of other levels, or there is one alone. */
  readonly intervals: { readonly champion: Interval; readonly candidate: Interval } | null
  readonly actual: number | null
  readonly censored: boolean
}

type Interval = readonly [low: number, high: number]

export interface Latency extends Day {
  readonly model: string
  readonly version: number
  readonly issuedAt: number
  readonly latencyMs: number
}

/**
 * Brings the evidence of the day up to date for which a run was made, in the transaction that stored the forecasts or their
 * actuals. Nothing where there is no run in shadow beside it, or no actual yet.
 */
export function settleEvidence(db: Connection, { model, issuedAt }: { model: string; issuedAt: number }): void {
  const sql = `SELECT r.version AS champion, s.version AS candidate, s.day FROM shadow_runs s
    JOIN forecast_runs r ON r.model = s.model AND r.issued_at = s.issued_at WHERE s.model = ? AND s.issued_at = ?`
  const pair = db.statement<[string, number], Omit<ModelPair, 'model' | 'region'>>(sql).get(model, issuedAt)
  if (!pair) return
  const sums = sumPairs(pairsOf(db, { model, ...pair }))
  if (sums.rows + sums.excluded === 0) return
  const columns = Object.entries(SUM_COLUMNS)
  // Nothing is told anew where it says the same.
  db.statement(
    `UPDATE evidence SET ${columns.map(([name, column]) => `${column} = :${name}`).join(', ')}
     WHERE model = :model AND champion = :champion AND candidate = :candidate AND day = :day
       AND (${columns.map(([, column]) => column).join(', ')}) IS NOT (${columns.map(([name]) => `:${name}`).join(', ')})`,
  ).run({ model, ...pair, ...sums })
}

/** Notes how long a run in shadow took. */
export function timed(db: Connection, { model, version, issuedAt, latencyMs, ...day }: Latency): void {
  const champion = db
    .statement<[string, number], number>('SELECT version FROM forecast_runs WHERE model = ? AND issued_at = ?')
    .pluck()
    .get(model, issuedAt)
  if (champion === undefined) return
  const pair = { model, champion, candidate: version, day: day.day, region: day.region }
  open(db, pair)
  const where = 'model = ? AND champion = ? AND candidate = ? AND day = ?'
  const key = [model, champion, version, day.day] as const
  const bytes = db
    .statement<readonly [string, number, number, string] & unknown[], Uint8Array>(
      `SELECT latency FROM evidence WHERE ${where}`,
    )
    .pluck()
    .get(...key)!
  const sketch = Sketch.decode(bytes)
  sketch.add(latencyMs)
  db.statement(`UPDATE evidence SET latency = ? WHERE ${where}`).run(sketch.encode(), ...key)
}

/** Notes that a candidate ended its host. */
export function crashed(db: Connection, pair: ModelPair): void {
  open(db, pair)
  db.statement(
    `UPDATE evidence SET crashes = crashes + 1
     WHERE model = :model AND champion = :champion AND candidate = :candidate AND day = :day`,
  ).run(pair)
}

const SUM_COLUMNS: Readonly<Record<keyof PairSums, string>> = {
  rows: 'rows',
  excluded: 'excluded',
  difference: 'difference',
  differenceSquared: 'difference_squared',
  largestDifference: 'largest_difference',
  championAbsolute: 'champion_absolute',
  candidateAbsolute: 'candidate_absolute',
  championError: 'champion_error',
  candidateError: 'candidate_error',
  actual: 'actual',
  moved: 'moved',
  intervals: 'intervals',
  championCovered: 'champion_covered',
  candidateCovered: 'candidate_covered',
}

function open(db: Connection, { model, champion, candidate, day, region }: ModelPair): void {
  db.statement(
    `INSERT INTO evidence(model, champion, candidate, day, region, latency, at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  ).run(model, champion, candidate, day, region, new Sketch().encode(), Date.parse(`${day}T00:00:00Z`))
}

/** Of forecasts of one span and product the ones issued last, by both. */
function pairsOf(db: Connection, { model, champion, candidate, day }: Omit<ModelPair, 'region'>): Iterable<Pair> {
  const runs = db
    .statement<[string, string, number, number], { issuedAt: number; start: number; end: number; alike: number }>(
      `SELECT s.issued_at AS issuedAt, s.start, s."end",
         s.levels ->> 0 IS r.levels ->> 0 AND s.levels ->> '$[#-1]' IS r.levels ->> '$[#-1]'
           AND json_array_length(r.levels) > 1 AS alike
       FROM shadow_runs s
         JOIN forecast_runs r ON r.model = s.model AND r.issued_at = s.issued_at
       WHERE s.model = ? AND s.day = ? AND s.version = ? AND r.version = ? ORDER BY s.issued_at`,
    )
    .all(model, day, candidate, champion)
  const pairs = new Map<string, Pair>()
  for (const { issuedAt, start, end, alike } of runs) {
    const shadows = forecastsOf(db, { model, version: candidate, issuedAt }, { tables: SHADOW })
    const candidates = new Map(Array.from(shadows, ({ entity, quantiles }) => [entity, quantiles]))
    for (const { entity, quantiles, actual, censored } of forecastsOf(db, { model, version: champion, issuedAt })) {
      const other = candidates.get(entity)
      if (other === undefined) continue
      const intervals = alike ? { champion: outer(quantiles), candidate: outer(other) } : null
      const points = { champion: middle(quantiles), candidate: middle(other) }
      pairs.set(`${entity} ${start} ${end}`, { ...points, intervals, actual, censored })
    }
  }
  return pairs.values()
}

const middle = (quantiles: Float32Array): number => quantiles[Math.floor(quantiles.length / 2)]!

const outer = (quantiles: Float32Array): Interval => [quantiles[0]!, quantiles[quantiles.length - 1]!]
const covers = ([low, high]: Interval, actual: number) => Number(low <= actual && actual <= high)

export function sumPairs(pairs: Iterable<Pair>): PairSums {
  const sums = Object.fromEntries(Object.keys(SUM_COLUMNS).map((name) => [name, 0])) as unknown as PairSums
  for (const { champion, candidate, intervals, actual, censored } of pairs) {
    if (actual === null) continue
    if (censored) {
      sums.excluded++
      continue
    }
    const [championError, candidateError] = [champion - actual, candidate - actual]
    const difference = Math.abs(candidateError) - Math.abs(championError)
    sums.rows++
    sums.difference += difference
    sums.differenceSquared += difference ** 2
    sums.largestDifference = Math.max(sums.largestDifference, Math.abs(difference))
    sums.championAbsolute += Math.abs(championError)
    sums.candidateAbsolute += Math.abs(candidateError)
    sums.championError += championError
    sums.candidateError += candidateError
    sums.actual += actual
    sums.moved += Math.abs(candidate - champion)
    if (!intervals) continue
    sums.intervals++
    sums.championCovered += covers(intervals.champion, actual)
    sums.candidateCovered += covers(intervals.candidate, actual)
  }
  return sums
}
