import type { WindowRecord } from '@storecast/shared/contracts'
import { Sketch } from '@storecast/shared/windows'
import type { PoolClient } from 'pg'
import { type Column, stage } from './copy.ts'
import { type Incoming, newestByKey } from './incoming.ts'

interface Row {
  readonly series: number
  readonly incoming: Incoming<WindowRecord>
}

const COLUMNS: readonly Column<Row>[] = [
  ['series', 'int4', (r) => r.series],
  ['start_at', 'int8', (r) => r.incoming.record.start],
  ['end_at', 'int8', (r) => r.incoming.record.end],
  ['revision', 'int8', (r) => r.incoming.record.revision],
  ['count', 'int8', (r) => r.incoming.record.count],
  ['sum', 'int8', (r) => r.incoming.record.sum],
  ['min', 'int8', (r) => r.incoming.record.min],
  ['max', 'int8', (r) => r.incoming.record.max],
  ['last', 'int8', (r) => r.incoming.record.last],
  ['sketch', 'bytea', (r) => Sketch.fromBins(r.incoming.record.sketch).encode()],
  ['missing', 'int8', (r) => r.incoming.record.quality.missing],
  ['late', 'int8', (r) => r.incoming.record.quality.late],
  ['out_of_range', 'int8', (r) => r.incoming.record.quality.outOfRange],
  ['flat', 'int8', (r) => r.incoming.record.quality.flat],
  ['duplicate', 'int8', (r) => r.incoming.record.quality.duplicate],
  ['wrong_type', 'int8', (r) => r.incoming.record.quality.wrongType],
  ['wrong_unit', 'int8', (r) => r.incoming.record.quality.wrongUnit],
  ['untrusted', 'int8', (r) => r.incoming.record.quality.untrusted],
  ['epoch', 'int8', (r) => r.incoming.epoch],
  ['seq', 'int8', (r) => r.incoming.seq],
  ['received_at', 'int8', (r) => r.incoming.receivedAt],
]

/**
 * Upserts windows where their (epoch, sequence) is greater; across epochs a smaller count never replaces a larger one.
 * Windows of a series stay free of nesting: a fine one inside a coarser one is superseded, a coarse one deletes the finer
 * ones it covers if it counts at least their sum, and else is noted as a conflict and left out.
 *
 * The devices' rows are locked. Returns the number of conflicts.
 */
export async function applyWindows(client: PoolClient, windows: readonly Incoming<WindowRecord>[]): Promise<number> {
  if (windows.length === 0) return 0
  const series = await internSeries(client, windows)
  const rows = withoutNested(
    newestByKey(
      windows.map((incoming) => ({ series: series.get(seriesKey(incoming))!, incoming })),
      ({ series, incoming: { record } }) => `${series} ${record.start} ${record.end}`,
      ({ incoming }) => incoming.seq,
    ),
  )
  await stage(client, 'windows', COLUMNS, rows)
  // Stored windows do not nest, so that only the last one that starts no later can cover another.
  await client.query(`
    DELETE FROM incoming_windows i WHERE (
      SELECT w.end_at > i.end_at OR (w.end_at = i.end_at AND w.start_at < i.start_at) FROM windows w
      WHERE w.series = i.series AND w.start_at <= i.start_at ORDER BY w.start_at DESC LIMIT 1)`)
  const conflicts = await replaceFiner(client)
  await client.query(`
    INSERT INTO windows SELECT * FROM incoming_windows
    ON CONFLICT (series, start_at, end_at) DO UPDATE SET
      ${COLUMNS.slice(3)
        .map(([column]) => `${column} = excluded.${column}`)
        .join(', ')}
    WHERE (excluded.epoch, excluded.seq) > (windows.epoch, windows.seq)
      AND (excluded.epoch = windows.epoch OR excluded.count >= windows.count)`)
  return conflicts
}

/** Deletes the stored windows inside incoming ones, or the incoming one where it counts less than they do. */
async function replaceFiner(client: PoolClient): Promise<number> {
  // LATERAL: always by the index, a range of it for each incoming window, whatever the planner thinks of the table.
  const { rows } = await client.query<{ conflicts: number }>(`
    WITH finer AS MATERIALIZED (
      SELECT i.series, i.start_at, i.end_at, i.count, i.epoch, i.seq, i.received_at,
        least(f.count, 9007199254740991)::int8 AS finer_count
      FROM incoming_windows i CROSS JOIN LATERAL (
        SELECT sum(w.count) AS count FROM windows w
        WHERE w.series = i.series AND w.start_at >= i.start_at AND w.start_at < i.end_at AND w.end_at <= i.end_at
          AND (w.start_at, w.end_at) <> (i.start_at, i.end_at)
      ) f WHERE f.count IS NOT NULL
    ), replaced AS (
      DELETE FROM windows w USING finer f WHERE f.count >= f.finer_count
        AND w.series = f.series AND w.start_at >= f.start_at AND w.start_at < f.end_at AND w.end_at <= f.end_at
        AND (w.start_at, w.end_at) <> (f.start_at, f.end_at)
    ), refused AS (
      DELETE FROM incoming_windows i USING finer f WHERE f.count < f.finer_count
        AND (i.series, i.start_at, i.end_at) = (f.series, f.start_at, f.end_at)
    ), noted AS (
      INSERT INTO window_conflicts (series, start_at, end_at, count, finer_count, epoch, seq, noticed_at)
      SELECT series, start_at, end_at, count, finer_count, epoch, seq, received_at FROM finer WHERE count < finer_count
      ON CONFLICT (series, start_at, end_at) DO UPDATE SET count = excluded.count, finer_count = excluded.finer_count,
        epoch = excluded.epoch, seq = excluded.seq, noticed_at = excluded.noticed_at
      RETURNING 1
    ) SELECT count(*) AS conflicts FROM noted`)
  return rows[0]!.conflicts
}

/** Drops the windows that lie inside another one that came with them. */
function withoutNested(rows: readonly Row[]): readonly Row[] {
  const ordered = rows.toSorted(
    ({ series: a, incoming: { record: x } }, { series: b, incoming: { record: y } }) =>
      a - b || x.start - y.start || y.end - x.end,
  )
  let outer: Row | undefined
  return ordered.filter((row) => {
    if (outer?.series === row.series && row.incoming.record.end <= outer.incoming.record.end) return false
    outer = row
    return true
  })
}

const seriesKey = ({ device, record: { series } }: Incoming<WindowRecord>) =>
  `${device} ${series.sensor} ${series.entity}`

/** Numbers of the series, new ones added. The devices' rows are locked, so that nobody else adds the same. */
async function internSeries(
  client: PoolClient,
  windows: readonly Incoming<WindowRecord>[],
): Promise<ReadonlyMap<string, number>> {
  const wanted = new Map(windows.map((w) => [seriesKey(w), { device: w.device, ...w.record.series }]))
  const known = new Map<string, number>()
  const query = async (sql: string) => {
    const missing = [...wanted].filter(([key]) => !known.has(key)).map(([, series]) => series)
    if (missing.length === 0) return
    const { rows } = await client.query<{ id: number; device: string; sensor: string; entity: string }>(sql, [
      missing.map((s) => s.device),
      missing.map((s) => s.sensor),
      missing.map((s) => s.entity),
    ])
    for (const { id, device, sensor, entity } of rows) known.set(`${device} ${sensor} ${entity}`, id)
  }
  const given = 'unnest($1::text[], $2::text[], $3::text[]) AS given(device, sensor, entity)'
  await query(`SELECT s.id, device, sensor, entity FROM ${given} JOIN series s USING (device, sensor, entity)`)
  await query(`INSERT INTO series (device, sensor, entity) SELECT * FROM ${given} RETURNING id, device, sensor, entity`)
  return known
}
