import type { EventRecord, ForecastRecord, ReportedState } from '@storecast/shared/contracts'
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
