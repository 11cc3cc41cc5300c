import type {
  DecisionRecord,
  EventRecord,
  EvidenceRecord,
  ForecastRecord,
  ReportedState,
} from '@storecast/shared/contracts'
import { Sketch } from '@storecast/shared/windows'
import type { PoolClient } from 'pg'
import { type Column, layoutOf, stage } from './copy.ts'
import { type Incoming, newestByKey } from './incoming.ts'

/** How records of a kind lie in their table. */
interface Table<T> {
  readonly name: string
  readonly key: readonly Column<Incoming<T>>[]
  readonly values: readonly Column<Incoming<T>>[]
  readonly keyOf: (record: T) => string
  /** On top of the greater (epoch, sequence). */
  readonly replacesIf?: string
  /** Values that are known together, by whether the first is null, and for good: a row without them leaves those that are there. */
  readonly kept?: readonly (readonly string[])[]
}

const FORECASTS: Table<ForecastRecord> = {
  name: 'forecasts',
  key: [
    ['device', 'text', (r) => r.device],
    ['model', 'text', (r) => r.record.model],
    ['version', 'int8', (r) => r.record.version],
    ['entity', 'text', (r) => r.record.entity],
    ['issued_at', 'int8', (r) => r.record.issuedAt],
  ],
  values: [
    ['start_at', 'int8', (r) => r.record.start],
    ['end_at', 'int8', (r) => r.record.end],
    ['quantiles', 'float4[]', (r) => r.record.quantiles],
    ['mean', 'float8', (r) => r.record.mean],
    ['baseline', 'float8', (r) => r.record.baseline],
    ['scored_at', 'int8', (r) => r.record.score?.scoredAt ?? null],
    ['actual', 'float8', (r) => r.record.score?.actual ?? null],
    ['censored', 'bool', (r) => r.record.score?.censored ?? null],
  ],
  keyOf: ({ model, version, entity, issuedAt }) => `${model} ${version} ${entity} ${issuedAt}`,
  // A device restored from an image may know less: as with windows, less never replaces more.
  replacesIf: `(excluded.epoch = forecasts.epoch OR excluded.scored_at IS NOT NULL OR forecasts.scored_at IS NULL)`,
}

const EVENTS: Table<EventRecord> = {
  name: 'events',
  key: [
    ['device', 'text', (r) => r.device],
    ['id', 'uuid', (r) => r.record.id],
  ],
  values: [
    ['at', 'int8', (r) => r.record.at],
    ['severity', 'text', (r) => r.record.severity],
    ['code', 'text', (r) => r.record.code],
    ['message', 'text', (r) => r.record.message],
    ['detail', 'jsonb', (r) => r.record.detail],
  ],
  keyOf: ({ id }) => id,
}

const EVIDENCE: Table<EvidenceRecord> = {
  name: 'evidence',
  key: [
    ['device', 'text', (r) => r.device],
    ['model', 'text', (r) => r.record.model],
    ['champion', 'int8', (r) => r.record.champion],
    ['candidate', 'int8', (r) => r.record.candidate],
    ['day', 'text', (r) => r.record.day],
  ],
  values: [
    ['region', 'text', (r) => r.record.region],
    ['rows', 'int8', (r) => r.record.rows],
    ['excluded', 'int8', (r) => r.record.excluded],
    ['difference', 'float8', (r) => r.record.difference],
    ['difference_squared', 'float8', (r) => r.record.differenceSquared],
    ['largest_difference', 'float8', (r) => r.record.largestDifference],
    ['champion_absolute', 'float8', (r) => r.record.championAbsolute],
    ['candidate_absolute', 'float8', (r) => r.record.candidateAbsolute],
    ['champion_error', 'float8', (r) => r.record.championError],
    ['candidate_error', 'float8', (r) => r.record.candidateError],
    ['actual', 'float8', (r) => r.record.actual],
    ['moved', 'float8', (r) => r.record.moved],
    ['intervals', 'int8', (r) => r.record.intervals],
    ['champion_covered', 'int8', (r) => r.record.championCovered],
    ['candidate_covered', 'int8', (r) => r.record.candidateCovered],
    ['crashes', 'int8', (r) => r.record.crashes],
    ['latency', 'bytea', (r) => Sketch.fromBins(r.record.latency).encode()],
  ],
  keyOf: ({ model, champion, candidate, day }) => `${model} ${champion} ${candidate} ${day}`,
  // A device restored from an image may know less of a day: less never replaces more.
  replacesIf: `(excluded.epoch = evidence.epoch OR excluded.rows + excluded.excluded >= evidence.rows + evidence.excluded)`,
}

const DECISIONS: Table<DecisionRecord> = {
  name: 'decisions',
  key: [
    ['device', 'text', (r) => r.device],
    ['id', 'uuid', (r) => r.record.id],
  ],
  values: [
    ['decision', 'text', (r) => r.record.decision],
    ['model', 'text', (r) => r.record.model],
    ['version', 'int8', (r) => r.record.version],
    ['entity', 'text', (r) => r.record.entity],
    ['issued_at', 'int8', (r) => r.record.issuedAt],
    ['start_at', 'int8', (r) => r.record.start],
    ['end_at', 'int8', (r) => r.record.end],
    ['quantiles', 'float4[]', (r) => r.record.quantiles],
    ['stock', 'float8', (r) => r.record.stock],
    ['on_order', 'float8', (r) => r.record.onOrder],
    ['action', 'text', (r) => r.record.action],
    ['quantity', 'float8', (r) => r.record.quantity],
    ['chosen_at', 'int8', (r) => r.record.choice?.chosenAt ?? null],
    ['choice', 'text', (r) => r.record.choice?.kind ?? null],
    ['chosen_quantity', 'float8', (r) => r.record.choice?.quantity ?? null],
    ['reason', 'text', (r) => r.record.choice?.reason ?? null],
    ['judged_at', 'int8', (r) => r.record.outcome?.judgedAt ?? null],
    ['actual', 'float8', (r) => r.record.outcome?.actual ?? null],
    ['stock_out', 'bool', (r) => r.record.outcome?.stockOut ?? null],
    ['correct', 'bool', (r) => r.record.outcome?.correct ?? null],
  ],
  keyOf: ({ id }) => id,
  // A device restored from an image may have lost what staff chose, and may still judge what came of it.
  kept: [
    ['chosen_at', 'choice', 'chosen_quantity', 'reason'],
    ['judged_at', 'actual', 'stock_out', 'correct'],
  ],
}

const REPORTED: Table<ReportedState> = {
  name: 'reported',
  key: [['device', 'text', (r) => r.device]],
  values: [['body', 'jsonb', (r) => r.record]],
  keyOf: () => '',
}

const STAMPS: readonly Column<Incoming<unknown>>[] = [
  ['epoch', 'int8', (r) => r.epoch],
  ['seq', 'int8', (r) => r.seq],
  ['received_at', 'int8', (r) => r.receivedAt],
]

export const applyForecasts = (client: PoolClient, rows: readonly Incoming<ForecastRecord>[]) =>
  apply(client, FORECASTS, rows)
export const applyEvents = (client: PoolClient, rows: readonly Incoming<EventRecord>[]) => apply(client, EVENTS, rows)
export const applyEvidence = (client: PoolClient, rows: readonly Incoming<EvidenceRecord>[]) =>
  apply(client, EVIDENCE, rows)
export const applyDecisions = (client: PoolClient, rows: readonly Incoming<DecisionRecord>[]) =>
  apply(client, DECISIONS, rows)
export const applyReported = (client: PoolClient, rows: readonly Incoming<ReportedState>[]) =>
  apply(client, REPORTED, rows)

/** Upserts by key where (epoch, sequence) is greater. The devices' rows are locked. */
async function apply<T>(client: PoolClient, table: Table<T>, rows: readonly Incoming<T>[]): Promise<void> {
  if (rows.length === 0) return
  const { name, key, values, keyOf, replacesIf, kept = [] } = table
  const newest = newestByKey(
    rows,
    ({ device, record }) => `${device} ${keyOf(record)}`,
    ({ seq }) => seq,
  )
  const columns = [...key, ...values, ...STAMPS]
  const incoming = await stage(client, name, layoutOf(columns), newest)
  const assignment = (column: string) => {
    const [known] = kept.find((together) => together.includes(column)) ?? []
    if (known === undefined) return `${column} = excluded.${column}`
    return `${column} = CASE WHEN excluded.${known} IS NULL THEN ${name}.${column} ELSE excluded.${column} END`
  }
  await client.query(`
    INSERT INTO ${name} SELECT * FROM ${incoming}
    ON CONFLICT (${key.map(([column]) => column).join(', ')}) DO UPDATE SET
      ${[...values, ...STAMPS].map(([column]) => assignment(column)).join(', ')}
    WHERE (excluded.epoch, excluded.seq) > (${name}.epoch, ${name}.seq) ${replacesIf ? `AND ${replacesIf}` : ''}`)
}
