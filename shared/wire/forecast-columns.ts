import type { MessageInitShape } from '@bufbuild/protobuf'
import type { ForecastRecord } from '../contracts/index.ts'
import { cells, column, Dictionary, entryOf, packAscending, unpackAscending } from './columns.ts'
import { WireError } from './errors.ts'
import { MAX_BATCH_RECORDS, MAX_QUANTILES } from './limits.ts'
import type { Sequenced } from './sequenced.ts'
import type { Forecasts, ForecastsSchema } from './uplink_pb.ts'

export function packForecasts(rows: readonly Sequenced<ForecastRecord>[]): MessageInitShape<typeof ForecastsSchema> {
  const models = new Dictionary<string>()
  const entities = new Dictionary<string>()
  const modelOf = rows.map(({ record }) => models.indexOf(record.model, record.model))
  const entityOf = rows.map(({ record }) => entities.indexOf(record.entity, record.entity))
  const scores = rows.flatMap(({ record }) => record.score ?? [])
  const steps = (time: (record: ForecastRecord) => number) =>
    column(rows.map(({ record }, i) => BigInt(time(record) - (i === 0 ? 0 : time(rows[i - 1]!.record)))))
  return {
    sequence: packAscending(rows.map(({ seq }) => seq)),
    model: models.entries,
    entity: entities.entries,
    modelOf: column(modelOf.map((index, i) => index - (modelOf[i - 1] ?? 0))),
    entityOf: column(entityOf.map((index, i) => index - (entityOf[i - 1] ?? -1) - 1)),
    version: rows.map(({ record }) => record.version),
    issuedAt: steps((r) => r.issuedAt),
    start: steps((r) => r.start),
    length: rows.map(({ record }) => BigInt(record.end - record.start)),
    quantiles: column(rows.map(({ record }) => record.quantiles.length)),
    quantile: rows.flatMap(({ record }) => record.quantiles),
    mean: rows.map(({ record }) => record.mean),
    baseline: rows.map(({ record }) => record.baseline),
    scored: column(rows.map(({ record: { score } }) => (score === undefined ? 0 : score.censored ? 2 : 1))),
    scoredAt: scores.map(({ scoredAt }, i) => BigInt(scoredAt - (scores[i - 1]?.scoredAt ?? 0))),
    actual: scores.map(({ actual }) => actual),
  }
}

/**
 * What the columns say; whether the rows make sense is `complaints.ts`'s to judge.
 * @throws WireError where columns contradict each other.
 */
export function unpackForecasts(forecasts: Forecasts): Sequenced<ForecastRecord>[] {
  const sequences = unpackAscending(forecasts.sequence, 'sequence')
  const rows = sequences.length
  if (rows > MAX_BATCH_RECORDS) throw new WireError('oversized', `${rows} forecasts; at most ${MAX_BATCH_RECORDS}`)
  const modelOf = cells(forecasts.modelOf, rows, 'model_of')
  const entityOf = cells(forecasts.entityOf, rows, 'entity_of')
  const version = cells(forecasts.version, rows, 'version')
  const issuedAt = cells(forecasts.issuedAt, rows, 'issued_at')
  const start = cells(forecasts.start, rows, 'start')
  const length = cells(forecasts.length, rows, 'length')
  const quantiles = cells(forecasts.quantiles, rows, 'quantiles')
  const mean = cells(forecasts.mean, rows, 'mean')
  const baseline = cells(forecasts.baseline, rows, 'baseline')
  const scored = cells(forecasts.scored, rows, 'scored')
  const takeScore = scoreReader(forecasts)
  let [model, entity, issued, from, taken] = [0, -1, 0, 0, 0]
  const decoded = sequences.map((seq, row): Sequenced<ForecastRecord> => {
    model += modelOf(row)
    entity += entityOf(row) + 1
    issued += issuedAt(row)
    from += start(row)
    const wanted = quantiles(row)
    if (wanted > MAX_QUANTILES || taken + wanted > forecasts.quantile.length) {
      throw new WireError('malformed', `quantiles: row ${row} takes ${wanted}`)
    }
    const score = takeScore(scored(row))
    const record: ForecastRecord = {
      model: entryOf(forecasts.model, model, 'model'),
      version: version(row),
      entity: entryOf(forecasts.entity, entity, 'entity'),
      issuedAt: issued,
      start: from,
      end: from + length(row),
      quantiles: forecasts.quantile.slice(taken, taken + wanted),
      mean: mean(row),
      baseline: baseline(row),
      ...(score && { score }),
    }
    taken += wanted
    return { seq, record }
  })
  if (taken !== forecasts.quantile.length) throw new WireError('malformed', 'quantile: more than the rows tell')
  return decoded
}

/** Takes the score of row after row: `scored` is 0 without, 1 with, 2 with a censored one. */
function scoreReader({ scored, scoredAt, actual }: Forecasts) {
  const scores = scored.filter((s) => s !== 0).length
  if (scoredAt.length !== scores || actual.length !== scores || scored.some((s) => s > 2)) {
    throw new WireError('malformed', `scored: ${scores} rows, ${scoredAt.length} times, ${actual.length} actuals`)
  }
  const step = cells(scoredAt, scores, 'scored_at')
  let [at, time] = [0, 0]
  return (kind: number): ForecastRecord['score'] => {
    if (kind === 0) return undefined
    time += step(at)
    return { scoredAt: time, actual: actual[at++]!, censored: kind === 2 }
  }
}
