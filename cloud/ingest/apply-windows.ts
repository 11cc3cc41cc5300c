import type { WindowRecord } from '@storecast/shared/contracts'
import { MAX_WINDOW_MS } from '@storecast/shared/wire'
import type { PoolClient } from 'pg'
import { openMonths } from '../platform/partitions.ts'
import { copyRows, stage } from './copy.ts'
import type { Incoming } from './incoming.ts'
import { internSeries, type SeriesIds } from './series.ts'
import {
  type Ends,
  isBeyond,
  outermost,
  type Stretch,
  stretchesOf,
  type Touched,
  touchedBy,
  WINDOW_COLUMNS,
  type WindowRow,
  windowLayout,
} from './window-rows.ts'

/**
 * Upserts windows where their (epoch, sequence) is greater; across epochs a smaller count never replaces a larger one.
 * Windows of a series stay free of nesting: a fine one inside a coarser one is superseded, a coarse one deletes the finer
 * ones it covers if it counts at least their sum, and else is noted as a conflict and left out.
 *
 * The devices' rows are locked. Returns the number of conflicts.
 */
export async function applyWindows(
  client: PoolClient,
  windows: readonly Incoming<WindowRecord>[],
  known: SeriesIds,
): Promise<number> {
  if (windows.length === 0) return 0
  await openMonths(
    client,
    'windows',
    windows.map(({ record }) => record.start),
  )
  const rows = outermost(await internSeries(client, windows, known))
  const ends = await noteChanges(client, touchedBy(rows))
  // Most windows are the first of their time: these need no comparing with what is stored.
  const free: WindowRow[] = []
  const earlier: WindowRow[] = []
  for (const row of rows) (isBeyond(row, ends) ? free : earlier).push(row)
  const stretches = stretchesOf(earlier)
  const met = await stretchesMet(client, stretches)
  const among: WindowRow[] = []
  for (const [place, stretch] of stretches.entries()) (met.has(place) ? among : free).push(...stretch.rows)
  await copyRows(client, 'windows', windowLayout(), free)
  return among.length === 0 ? 0 : applyAmongStored(client, among)
}

/**
 * Notes what is changed of which device, in whole hours: for whoever rolls windows up. Returns the ends of the devices' last
 * windows as they were before; a device that had none is absent.
 */
async function noteChanges(
  client: PoolClient,
  touched: ReadonlyMap<string, Touched>,
): Promise<ReadonlyMap<string, Ends>> {
  const devices = [...touched.keys()]
  const { rows } = await client.query<Ends & { device: string }>(
    'SELECT device, sensors, own FROM window_ends WHERE device = ANY($1)',
    [devices],
  )
  const changes = [...touched].flatMap(([device, { hours }]) => hours.map(([first, last]) => ({ device, first, last })))
  const end = (value: number) => Math.max(value, Number.MIN_SAFE_INTEGER)
  await client.query(
    `WITH changed AS (
       INSERT INTO window_changes (device, from_at, to_at)
       SELECT device, first * 3600000, (last + 1) * 3600000
       FROM unnest($1::text[], $2::int8[], $3::int8[]) AS changed(device, first, last)
     )
     INSERT INTO window_ends (device, sensors, own) SELECT * FROM unnest($4::text[], $5::int8[], $6::int8[])
     ON CONFLICT (device) DO UPDATE SET sensors = greatest(window_ends.sensors, excluded.sensors),
       own = greatest(window_ends.own, excluded.own)`,
    [
      changes.map(({ device }) => device),
      changes.map(({ first }) => first),
      changes.map(({ last }) => last),
      devices,
      [...touched.values()].map(({ ends }) => end(ends.sensors)),
      [...touched.values()].map(({ ends }) => end(ends.own)),
    ],
  )
  return new Map(rows.map(({ device, ...ends }) => [device, ends]))
}

/** Stretches that a stored window of the same series overlaps, by their place in the list. */
async function stretchesMet(client: PoolClient, stretches: readonly Stretch[]): Promise<ReadonlySet<number>> {
  if (stretches.length === 0) return new Set()
  // Stored windows do not nest: of those that start before the stretch ends, the last one ends last.
  const { rows } = await client.query<{ place: number }>(
    `SELECT place FROM unnest($1::int4[], $2::int8[], $3::int8[]) WITH ORDINALITY AS s(series, from_at, to_at, place)
     WHERE (SELECT w.end_at > s.from_at FROM windows w WHERE w.series = s.series AND w.start_at < s.to_at
       AND w.start_at > s.from_at - ${MAX_WINDOW_MS} ORDER BY w.start_at DESC LIMIT 1)`,
    [stretches.map(({ series }) => series), stretches.map(({ from }) => from), stretches.map(({ to }) => to)],
  )
  return new Set(rows.map(({ place }) => place - 1))
}

async function applyAmongStored(client: PoolClient, rows: readonly WindowRow[]): Promise<number> {
  await stage(client, 'windows', windowLayout(), rows)
  // Stored windows do not nest, so that only the last one that starts no later can cover another.
  await client.query(`
    DELETE FROM incoming_windows i WHERE (
      SELECT w.end_at > i.end_at OR (w.end_at = i.end_at AND w.start_at < i.start_at) FROM windows w
      WHERE w.series = i.series AND w.start_at <= i.start_at AND w.start_at > i.start_at - ${MAX_WINDOW_MS}
      ORDER BY w.start_at DESC LIMIT 1)`)
  const conflicts = await replaceFiner(client)
  await client.query(`
    INSERT INTO windows SELECT * FROM incoming_windows
    ON CONFLICT (series, start_at, end_at) DO UPDATE SET
      ${WINDOW_COLUMNS.slice(3)
        .map((column) => `${column} = excluded.${column}`)
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
