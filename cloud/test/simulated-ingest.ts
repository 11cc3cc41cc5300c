import type { DecisionRecord, EvidenceRecord, WindowRecord } from '@storecast/shared/contracts'
import { Sketch } from '@storecast/shared/windows'
import type { Sequenced } from '@storecast/shared/wire'
import type { Pool } from 'pg'
import { deviceMigrations } from '../devices/index.ts'
import { arrive } from '../ingest/arrivals.ts'
import { createQuarantine, ingest, ingestMigrations } from '../ingest/index.ts'
import { ArrivalQueue } from '../ingest/queue.ts'
import type { Database } from '../platform/database.ts'
import { testDatabase } from './database.ts'

export interface Message {
  readonly device: string
  readonly payload: Uint8Array
}

export interface SeriesTotals {
  readonly sensor: string
  readonly entity: string
  readonly count: number
  readonly sum: number
  readonly windows: number
  /** End of the newest window. */
  readonly until: number
}

/** What the cloud has of some devices. */
export interface StoredState {
  readonly windows: readonly (WindowRecord & { readonly device: string })[]
  readonly conflicts: readonly { device: string; sensor: string; start_at: number; end_at: number }[]
  readonly forecasts: readonly (Record<string, unknown> & { device: string })[]
  readonly events: readonly { device: string; id: string; message: string }[]
  readonly evidence: readonly (EvidenceRecord & { readonly device: string })[]
  readonly decisions: readonly (DecisionRecord & { readonly device: string })[]
  readonly reported: readonly { device: string; body: unknown }[]
  readonly gaps: readonly { device: string; epoch: number; cause: string; first_seq: number; last_seq: number }[]
  readonly epochs: readonly {
    readonly device: string
    readonly epoch: number
    readonly quarantined: boolean
    readonly reason: string
    readonly told: number
    readonly dropped: number
  }[]
  readonly kept: readonly Message[]
}

/** Tables in the order in which rows may be inserted, and how their rows belong to devices. */
const OF_DEVICE = 'device = ANY(devices)'
const OF_SERIES = 'series IN (SELECT id FROM series WHERE device = ANY(devices))'
const TABLES: readonly (readonly [table: string, where: string])[] = [
  ['series', OF_DEVICE],
  ['device_epochs', OF_DEVICE],
  ['device_links', OF_DEVICE],
  ['device_challenges', OF_DEVICE],
  ['windows', OF_SERIES],
  ['window_conflicts', OF_SERIES],
  ['forecasts', OF_DEVICE],
  ['events', OF_DEVICE],
  ['evidence', OF_DEVICE],
  ['decisions', OF_DEVICE],
  ['reported', OF_DEVICE],
  ['gaps', OF_DEVICE],
  ['quarantined_batches', OF_DEVICE],
]

/** The cloud's real ingest on a real PostgreSQL, without a broker: groups of messages in, replies out. */
export class SimulatedIngest implements AsyncDisposable {
  readonly #database: Database

  private constructor(database: Database) {
    this.#database = database
  }

  static async start(): Promise<SimulatedIngest> {
    const database = await testDatabase([...deviceMigrations, ...ingestMigrations])
    const { pool } = database
    await pool.query("INSERT INTO sites VALUES ('s1', 'Europe/Berlin', '{}', 0, 0)")
    await pool.query('CREATE SCHEMA backup')
    const copy = (into: string, from: string) =>
      TABLES.map(([table, where]) => {
        const rows = where.replaceAll('series WHERE', `${from}.series WHERE`)
        return `INSERT INTO ${into}.${table} OVERRIDING SYSTEM VALUE SELECT * FROM ${from}.${table} WHERE ${rows};`
      }).join('\n')
    const clear = (schema: string) =>
      TABLES.toReversed()
        .map(([table, where]) => {
          const rows = where.replaceAll('series WHERE', `${schema}.series WHERE`)
          return `DELETE FROM ${schema}.${table} WHERE ${rows};`
        })
        .join('\n')
    const routine = (name: string, body: string) =>
      pool.query(`CREATE FUNCTION ${name}(devices text[]) RETURNS void LANGUAGE plpgsql AS $$ BEGIN ${body} END $$`)
    for (const [table] of TABLES)
      await pool.query(`CREATE TABLE backup.${table} (LIKE public.${table} INCLUDING INDEXES)`)
    await routine('take_backup', `${clear('backup')} ${copy('backup', 'public')}`)
    await routine('restore_backup', `${clear('public')} ${copy('public', 'backup')}`)
    return new SimulatedIngest(database)
  }

  /** For workers in processes of their own. */
  get databaseUrl(): string {
    return this.#database.url
  }

  async enrol(devices: readonly string[]): Promise<void> {
    await this.#database.pool.query(
      `INSERT INTO devices (id, site, labels, token_hash, enrolled_at)
       SELECT id, 's1', '{}', sha256(id::bytea), 0 FROM unnest($1::text[]) AS id`,
      [devices],
    )
  }

  /** As a worker does that has all these messages waiting. */
  async take(messages: readonly Message[], now: number): Promise<readonly Message[]> {
    const queue = new ArrivalQueue()
    for (const { device, payload } of messages) queue.add(arrive(device, payload))
    const replies: Message[] = []
    for (let group = queue.takeGroup(); group.length > 0; group = queue.takeGroup()) {
      const work = group
      const done = await this.#database.transaction((client) => ingest(client, work, { now, pauseMs: 0 }))
      replies.push(...done.replies)
    }
    return replies
  }

  async backup(devices: readonly string[]): Promise<void> {
    await this.#database.pool.query('SELECT take_backup($1)', [devices])
  }

  async restore(devices: readonly string[]): Promise<void> {
    await this.#database.pool.query('SELECT restore_backup($1)', [devices])
  }

  async release(device: string, epoch: number, now: number): Promise<void> {
    await createQuarantine({ database: this.#database, clock: { now: () => now } }).release(device, epoch)
  }

  /** Counts and sums of all windows of a device, by series, and how many there are. */
  async totals(device: string): Promise<readonly SeriesTotals[]> {
    const { rows } = await this.#database.pool.query<SeriesTotals>(
      `SELECT s.sensor, s.entity, sum(w.count)::int8 AS count, sum(w.sum)::int8 AS sum, count(*) AS windows,
         max(w.end_at) AS until FROM series s JOIN windows w ON w.series = s.id WHERE s.device = $1
       GROUP BY s.sensor, s.entity`,
      [device],
    )
    return rows
  }

  /** How often a device's records contradicted each other, what it lacks, and what it told to have dropped (ranges). */
  async faults(device: string): Promise<Readonly<Record<'conflicts' | 'gaps' | 'dropped', number>>> {
    const { rows } = await this.#database.pool.query<Readonly<Record<'conflicts' | 'gaps' | 'dropped', number>>>(
      `SELECT (SELECT count(*) FROM window_conflicts c JOIN series s ON s.id = c.series WHERE s.device = $1) AS conflicts,
         (SELECT count(*) FROM gaps WHERE device = $1 AND cause <> 'dropped') AS gaps,
         (SELECT count(*) FROM gaps WHERE device = $1 AND cause = 'dropped') AS dropped`,
      [device],
    )
    return rows[0]!
  }

  read(devices: readonly string[]): Promise<StoredState> {
    return readStored(this.#database.pool, devices)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database[Symbol.asyncDispose]()
  }
}

const EVIDENCE = `SELECT device, model, champion, candidate, day, region, rows, excluded, difference,
  difference_squared AS "differenceSquared", largest_difference AS "largestDifference",
  champion_absolute AS "championAbsolute", candidate_absolute AS "candidateAbsolute", champion_error AS "championError",
  candidate_error AS "candidateError", actual, moved, intervals,
  champion_covered AS "championCovered", candidate_covered AS "candidateCovered", crashes, latency FROM evidence WHERE device = ANY($1)`

/** As the records are, what is not known left out. */
const DECISIONS = `SELECT device, id, decision, model, version, entity, issued_at AS "issuedAt", start_at AS start, end_at AS end,
  quantiles, stock, on_order AS "onOrder", action, quantity,
  CASE WHEN chosen_at IS NOT NULL THEN jsonb_build_object('kind', choice, 'chosenAt', chosen_at, 'quantity', chosen_quantity,
    'reason', reason) END AS choice,
  CASE WHEN judged_at IS NOT NULL THEN jsonb_build_object('judgedAt', judged_at, 'actual', actual, 'stockOut', stock_out,
    'correct', correct) END AS outcome
  FROM decisions WHERE device = ANY($1)`

/** What the tables of ingest hold of these devices. */
export async function readStored(pool: Pool, devices: readonly string[]): Promise<StoredState> {
  const query = async <Row>(sql: string) => (await pool.query(sql, [devices])).rows as Row[]
  const windows = await query<Record<string, number> & { device: string; sensor: string; sketch: Buffer }>(
    'SELECT * FROM windows w JOIN series s ON s.id = w.series WHERE device = ANY($1)',
  )
  return {
    windows: windows.map((w) => ({
      device: w.device,
      series: { sensor: w.sensor, entity: '' },
      start: w.start_at!,
      end: w.end_at!,
      revision: w.revision!,
      count: w.count!,
      sum: w.sum!,
      min: w.min!,
      max: w.max!,
      last: w.last!,
      sketch: Sketch.decode(w.sketch).bins(),
      quality: {
        missing: w.missing!,
        late: w.late!,
        outOfRange: w.out_of_range!,
        flat: w.flat!,
        duplicate: w.duplicate!,
        wrongType: w.wrong_type!,
        wrongUnit: w.wrong_unit!,
        untrusted: w.untrusted!,
      },
    })),
    conflicts: await query(
      'SELECT device, sensor, start_at, end_at FROM window_conflicts c JOIN series s ON s.id = c.series WHERE device = ANY($1)',
    ),
    forecasts: await query('SELECT * FROM forecasts WHERE device = ANY($1)'),
    events: await query('SELECT device, id, message FROM events WHERE device = ANY($1)'),
    evidence: (await query<StoredState['evidence'][number] & { latency: Buffer }>(EVIDENCE)).map((row) => ({
      ...row,
      latency: Sketch.decode(row.latency).bins(),
    })),
    decisions: (await query<StoredState['decisions'][number]>(DECISIONS)).map(({ choice, outcome, ...made }) => ({
      ...made,
      ...(choice && { choice }),
      ...(outcome && { outcome }),
    })),
    reported: await query('SELECT device, body FROM reported WHERE device = ANY($1)'),
    gaps: await query('SELECT * FROM gaps WHERE device = ANY($1)'),
    epochs: await query(
      `SELECT device, epoch, quarantined, reason, records + revised + coarsened + dropped AS told, dropped
         FROM device_epochs WHERE device = ANY($1)`,
    ),
    kept: await query('SELECT device, payload FROM quarantined_batches WHERE device = ANY($1)'),
  }
}

/** The records in batches that are kept apart. */
export function decodeBatches(messages: readonly Message[]): readonly Sequenced<unknown>[] {
  return messages.flatMap(({ device, payload }) => {
    const arrival = arrive(device, payload)
    const decoded = arrival.kind === 'batch' ? arrival.records() : undefined
    if (!decoded || decoded instanceof Error) throw new Error('a kept batch that cannot be read')
    const { windows, forecasts, events, evidence, decisions, reported } = decoded.records
    return [...windows, ...forecasts, ...events, ...evidence, ...decisions, ...(reported ? [reported] : [])]
  })
}
