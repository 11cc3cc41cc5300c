import type { WindowQuality } from '@storecast/shared/contracts'
import { Sketch, type Span } from '@storecast/shared/windows'
import type { PoolClient } from 'pg'
import { type Column, layoutOf, stage } from '../../ingest/index.ts'
import type { Cell } from './cells.ts'

/** Tables of one shape: windows by month, and what they are rolled up into. */
export type CellTable = 'window_hours' | 'window_days'

export interface SeriesCell {
  readonly series: number
  readonly cell: Cell
}

interface Row extends WindowQuality, Span {
  readonly series: number
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly last: number
  readonly sketch: Buffer
  readonly covered: readonly (readonly [number, number])[] | null
}

const VALUES = `series, start_at AS start, end_at AS end, count, sum, min, max, last, sketch, missing, late,
  out_of_range AS "outOfRange", flat, duplicate, wrong_type AS "wrongType", wrong_unit AS "wrongUnit", untrusted`

/** Cells of these series that begin in `[from, to)`; of windows, each is its own. */
export async function readCells(
  client: PoolClient,
  table: CellTable | 'windows',
  { series, start, end }: Span & { readonly series: readonly number[] },
): Promise<SeriesCell[]> {
  const covered = table === 'windows' ? 'NULL AS covered' : 'covered'
  const { rows } = await client.query<Row>(
    `SELECT ${VALUES}, ${covered} FROM ${table} WHERE series = ANY($1) AND start_at >= $2 AND start_at < $3`,
    [series, start, end],
  )
  return rows.map(({ series, start, end, count, sum, min, max, last, sketch, covered, ...quality }) => ({
    series,
    cell: {
      ...{ start, end, count, sum, min, max, last, quality },
      sketch: Sketch.decode(sketch),
      covered: covered === null ? [{ start, end }] : covered.map(([start, end]) => ({ start, end })),
    },
  }))
}

const COLUMNS: readonly Column<SeriesCell>[] = [
  ['series', 'int4', (r) => r.series],
  ['start_at', 'int8', (r) => r.cell.start],
  ['end_at', 'int8', (r) => r.cell.end],
  ['count', 'int8', (r) => r.cell.count],
  ['sum', 'int8', (r) => r.cell.sum],
  ['min', 'int8', (r) => r.cell.min],
  ['max', 'int8', (r) => r.cell.max],
  ['last', 'int8', (r) => r.cell.last],
  ['sketch', 'bytea', (r) => r.cell.sketch.encode()],
  ['missing', 'int8', (r) => r.cell.quality.missing],
  ['late', 'int8', (r) => r.cell.quality.late],
  ['out_of_range', 'int8', (r) => r.cell.quality.outOfRange],
  ['flat', 'int8', (r) => r.cell.quality.flat],
  ['duplicate', 'int8', (r) => r.cell.quality.duplicate],
  ['wrong_type', 'int8', (r) => r.cell.quality.wrongType],
  ['wrong_unit', 'int8', (r) => r.cell.quality.wrongUnit],
  ['untrusted', 'int8', (r) => r.cell.quality.untrusted],
  ['covered', 'jsonb', (r) => (isWhole(r.cell) ? null : r.cell.covered.map(({ start, end }) => [start, end]))],
]

function isWhole({ start, end, covered }: Cell): boolean {
  return covered.length === 1 && covered[0]!.start === start && covered[0]!.end === end
}

/** Makes `cells` all that these series have of what begins in `[start, end)`. The month's partitions are open. */
export async function replaceCells(
  client: PoolClient,
  table: CellTable,
  { series, start, end, cells }: Span & { readonly series: readonly number[]; readonly cells: readonly SeriesCell[] },
): Promise<void> {
  const incoming = await stage(client, table, layoutOf(COLUMNS), cells)
  await client.query(
    `DELETE FROM ${table} c WHERE c.series = ANY($1) AND c.start_at >= $2 AND c.start_at < $3 AND NOT EXISTS (
       SELECT 1 FROM ${incoming} i WHERE (i.series, i.start_at, i.end_at) = (c.series, c.start_at, c.end_at))`,
    [series, start, end],
  )
  await client.query(
    `INSERT INTO ${table} SELECT * FROM ${incoming} ON CONFLICT (series, start_at, end_at) DO UPDATE SET
       ${COLUMNS.slice(3)
         .map(([column]) => `${column} = excluded.${column}`)
         .join(', ')}`,
  )
  // Another range of the same transaction may follow.
  await client.query(`TRUNCATE ${incoming}`)
}
