import type { DecisionRecord, EvidenceRecord, ForecastRecord, WindowRecord } from '@storecast/shared/contracts'
import { Sketch } from '@storecast/shared/windows'
import type { Pool } from 'pg'

/** Rows as ingest leaves them, for tests of what reads them. Values and the sensor's centre in whole steps. */
export interface WindowRow {
  readonly entity?: string
  readonly start: number
  readonly end: number
  readonly values: readonly number[]
  readonly centre?: number
}

export async function addWindows(
  pool: Pool,
  device: string,
  sensor: string,
  rows: readonly WindowRow[],
): Promise<void> {
  for (const [entity, windows] of Map.groupBy(rows, (row) => row.entity ?? '')) {
    const { rows: found } = await pool.query<{ id: number }>(
      `INSERT INTO series (device, sensor, entity) VALUES ($1, $2, $3)
       ON CONFLICT (device, sensor, entity) DO UPDATE SET entity = $3 RETURNING id`,
      [device, sensor, entity],
    )
    const packed = windows.map(({ start, end, values, centre = 0 }) => {
      const sketch = new Sketch()
      for (const value of values) sketch.add(value - centre)
      const sum = values.reduce((a, b) => a + b, 0)
      const [min, max, last] = [Math.min(...values), Math.max(...values), values.at(-1)]
      return {
        start,
        end,
        count: values.length,
        sum,
        min,
        max,
        last,
        sketch: Buffer.from(sketch.encode()).toString('hex'),
      }
    })
    await pool.query(
      `INSERT INTO windows (series, start_at, end_at, revision, count, sum, min, max, last, sketch, missing, late,
         out_of_range, flat, duplicate, epoch, seq, received_at)
       SELECT $1, start, "end", 0, count, sum, min, max, last, decode(sketch, 'hex'), 0, 0, 0, 0, 0, 1, 1, 0
       FROM jsonb_to_recordset($2::jsonb) AS w
         (start int8, "end" int8, count int8, sum int8, min int8, max int8, last int8, sketch text)`,
      [found[0]!.id, JSON.stringify(packed)],
    )
    await noteChanges(pool, device, windows)
  }
}

/** As ingest does with each commit: what is rolled up is rolled up anew. */
async function noteChanges(
  pool: Pool,
  device: string,
  windows: readonly { readonly start: number; readonly end: number }[],
): Promise<void> {
  await pool.query('INSERT INTO window_changes (device, from_at, to_at) VALUES ($1, $2, $3)', [
    device,
    Math.min(...windows.map(({ start }) => start)),
    Math.max(...windows.map(({ end }) => end)),
  ])
}

/** Windows of devices as they are. */
export async function addWindowRecords(pool: Pool, device: string, records: readonly WindowRecord[]): Promise<void> {
  for (const [name, windows] of Map.groupBy(records, ({ series }) => `${series.sensor}/${series.entity}`)) {
    const [sensor, entity] = name.split('/') as [string, string]
    const { rows } = await pool.query<{ id: number }>(
      'INSERT INTO series (device, sensor, entity) VALUES ($1, $2, $3) RETURNING id',
      [device, sensor, entity],
    )
    const packed = windows.map(({ start, end, revision, count, sum, min, max, last, sketch, quality }) => ({
      ...{ start, end, revision, count, sum, min, max, last, missing: quality.missing },
      sketch: Buffer.from(Sketch.fromBins(sketch).encode()).toString('hex'),
    }))
    await pool.query(
      `INSERT INTO windows (series, start_at, end_at, revision, count, sum, min, max, last, sketch, missing, late,
         out_of_range, flat, duplicate, epoch, seq, received_at)
       SELECT $1, start, "end", revision, count, sum, min, max, last, decode(sketch, 'hex'), missing, 0, 0, 0, 0, 1, 1, 0
       FROM jsonb_to_recordset($2::jsonb) AS w (start int8, "end" int8, revision int8, count int8, sum int8, min int8,
         max int8, last int8, sketch text, missing int8)`,
      [rows[0]!.id, JSON.stringify(packed)],
    )
    await noteChanges(pool, device, windows)
  }
}

export async function addForecasts(pool: Pool, device: string, records: readonly ForecastRecord[]): Promise<void> {
  for (const one of records) {
    await pool.query(
      `INSERT INTO forecasts (device, model, version, entity, issued_at, start_at, end_at, quantiles, mean, baseline,
         scored_at, actual, censored, epoch, seq, received_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, 1, 0)`,
      [
        ...[device, one.model, one.version, one.entity, one.issuedAt, one.start, one.end, one.quantiles, one.mean],
        ...[one.baseline, one.score?.scoredAt ?? null, one.score?.actual ?? null, one.score?.censored ?? null],
      ],
    )
  }
}

export async function addDecisions(pool: Pool, device: string, records: readonly DecisionRecord[]): Promise<void> {
  for (const { choice, outcome, ...one } of records) {
    await pool.query(
      `INSERT INTO decisions (device, id, decision, model, version, entity, issued_at, start_at, end_at, quantiles, stock,
         on_order, action, quantity, chosen_at, choice, chosen_quantity, reason, judged_at, actual, stock_out, correct,
         epoch, seq, received_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, 1, 1, 0)`,
      [
        ...[device, one.id, one.decision, one.model, one.version, one.entity, one.issuedAt, one.start, one.end],
        ...[one.quantiles, one.stock, one.onOrder, one.action, one.quantity],
        ...[choice?.chosenAt ?? null, choice?.kind ?? null, choice?.quantity ?? null, choice?.reason ?? null],
        ...[outcome?.judgedAt ?? null, outcome?.actual ?? null, outcome?.stockOut ?? null, outcome?.correct ?? null],
      ],
    )
  }
}

export async function addEvidence(pool: Pick<Pool, 'query'>, device: string, evidence: EvidenceRecord): Promise<void> {
  const { latency, ...record } = evidence
  const columns = Object.entries(record)
  const names = columns.map(([name]) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
  await pool.query(
    `INSERT INTO evidence (device, latency, ${names.join(', ')}, epoch, seq, received_at)
     VALUES ($1, $2, ${columns.map((_, i) => `$${i + 3}`).join(', ')}, 1, 1, 0)`,
    [device, Buffer.from(Sketch.fromBins(latency).encode()), ...columns.map(([, value]) => value)],
  )
}
