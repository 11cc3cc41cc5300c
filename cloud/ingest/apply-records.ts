import type { EventRecord, EvidenceRecord, ForecastRecord, ReportedState } from '@storecast/shared/contracts'
import { Sketch } from '@storecast/shared/windows'
import type { PoolClient } from 'pg'
import { type Column, stage } from './copy.ts'
import { type Incoming, newestByKey } from './incoming.ts'

/** How records of a kind lie in their table. */
interface Table<T> {
  readonly name: string
  readonly key: readonly Column<Incoming<T>>[]
  readonly values: readonly Column<Incoming<T>>[]
  readonly keyOf: (record: T) => string
  /** On top of the greater (epoch, sequence). */
  readonly replacesIf?: string
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
export const applyReported = (client: PoolClient, rows: readonly Incoming<ReportedState>[]) =>
  apply(client, REPORTED, rows)

/** Upserts by key where (epoch, sequence) is greater. The devices' rows are locked. */
async function apply<T>(client: PoolClient, table: Table<T>, rows: readonly Incoming<T>[]): Promise<void> {
  if (rows.length === 0) return
  const { name, key, values, keyOf, replacesIf } = table
  const newest = newestByKey(
    rows,
    ({ device, record }) => `${device} ${keyOf(record)}`,
    ({ seq }) => seq,
  )
  const columns = [...key, ...values, ...STAMPS]
  const incoming = await stage(client, name, columns, newest)
  await client.query(`
    INSERT INTO ${name} SELECT * FROM ${incoming}
    ON CONFLICT (${key.map(([column]) => column).join(', ')}) DO UPDATE SET
      ${[...values, ...STAMPS].map(([column]) => `${column} = excluded.${column}`).join(', ')}
    WHERE (excluded.epoch, excluded.seq) > (${name}.epoch, ${name}.seq) ${replacesIf ? `AND ${replacesIf}` : ''}`)
}
