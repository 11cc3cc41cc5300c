import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { PoolClient } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import type { Database } from '../../platform/database.ts'
import { mkdir, rm, spool } from '../../platform/files.ts'
import type { NamedFiles } from '../../platform/named-files.ts'
import type { Objects } from '../../platform/objects.ts'
import { type Floors, readFloors } from '../rollups/floors.ts'
import { readScales } from '../scales.ts'
import { CSV_COLUMNS, writeDay } from './parquet.ts'

export interface ExportOptions {
  readonly database: Database
  readonly objects: Objects
  readonly files: NamedFiles
  /** A folder of this machine, for what is on its way. */
  readonly scratch: string
  /** A day is written once nothing has changed in it for so long: late data comes together. */
  readonly settleMs: number
}

const DAY = 86_400_000

/** Where the windows of a day lie, UTC, by the start of the window: the layout that Hive made common. */
export const dayFile = (day: string): string => `windows/day=${day}/windows.parquet`

/**
 * Writes the file of one day that is over and has changed since it was written, oldest first. The file is made anew of all
 * the day's windows, so that it can be made again wherever a process was killed.
 * @returns the day, or undefined where there is none to write
 */
export async function exportNext(options: ExportOptions, now: number): Promise<string | undefined> {
  const { database, settleMs } = options
  return database.transaction(async (client) => {
    const { rows } = await client.query<{ day: string; start: number }>(
      `SELECT day, start_at AS start FROM export_days
       WHERE changed AND changed_at <= $1 AND start_at + ${DAY} <= $1 ORDER BY start_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
      [now - settleMs],
    )
    const next = rows[0]
    if (!next) return undefined
    // What changes while the file is written marks the day again: this row waits for us, or we see what it saw.
    await client.query('UPDATE export_days SET changed = false, exported_at = $2 WHERE day = $1', [next.day, now])
    await writeFile(client, options, next)
    return next.day
  })
}

async function writeFile(
  client: PoolClient,
  { objects, files, scratch }: ExportOptions,
  { day, start }: { readonly day: string; readonly start: number },
): Promise<void> {
  const folder = join(scratch, `export-${day}`)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  try {
    const [windows, before, out] = ['windows.csv', 'before.parquet', 'out.parquet'].map((name) => join(folder, name))
    const floors = await readFloors(client)
    const dropped = start < floors.windows
    const written = dropped && (await files.fetch(dayFile(day), before!))
    await stageScales(client, objects)
    const source = written ? 'window_latecomers' : dropped ? rolledUp(floors) : 'windows'
    await spool(client.query(copyTo(selectDay(source, start))), windows!)
    await writeDay({ windows: windows!, out: out!, scratch: folder, ...(written && { before: before! }) })
    await files.put(dayFile(day), out!)
    await client.query('DELETE FROM window_latecomers WHERE start_at >= $1 AND start_at < $2', [start, start + DAY])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const EXPRESSIONS: Partial<Record<keyof typeof CSV_COLUMNS, string>> = {
  device: 's.device',
  site: 'd.site',
  start_ms: 'w.start_at',
  end_ms: 'w.end_at',
  sketch: "encode(w.sketch, 'hex')",
  received_ms: 'w.received_at',
  unit: 'c.unit',
  resolution: 'coalesce(c.resolution, 1)',
  centre: 'coalesce(c.centre, 0)',
}

/** What there is of a time whose windows were dropped before there was a file. */
const rolledUp = ({ hours }: Floors) =>
  `(SELECT *, NULL::int8 AS revision, NULL::int8 AS received_at FROM window_hours WHERE start_at >= ${hours}
    UNION ALL SELECT *, NULL, NULL FROM window_days WHERE start_at < ${hours})`

const selectDay = (table: string, start: number) =>
  `COPY (SELECT ${Object.keys(CSV_COLUMNS)
    .map((name) => EXPRESSIONS[name as keyof typeof CSV_COLUMNS] ?? name)
    .join(', ')}
   FROM ${table} w JOIN series s ON s.id = w.series JOIN devices d ON d.id = s.device
   LEFT JOIN export_scales c ON c.of_site = d.site AND c.of_sensor = s.sensor
   WHERE w.start_at >= ${start} AND w.start_at < ${start + DAY}) TO STDOUT (FORMAT csv, FORCE_QUOTE (entity))`

/** Scales of all sites and sensors, for this transaction. */
async function stageScales(client: PoolClient, objects: Objects): Promise<void> {
  const { rows } = await client.query<{ site: string; sensor: string }>(
    'SELECT DISTINCT d.site, s.sensor FROM series s JOIN devices d ON d.id = s.device',
  )
  const scaleOf = await readScales(
    { client, objects },
    rows.map(({ site }) => site),
  )
  await client.query(`CREATE TEMP TABLE export_scales (of_site text, of_sensor text, unit text, resolution float8,
    centre float8) ON COMMIT DROP`)
  const lines = rows.map(({ site, sensor }) => {
    const { unit, resolution, centre } = scaleOf(site, sensor)
    return `${[site, sensor, unit, resolution, centre].map(field).join(',')}\n`
  })
  const target = client.query(copyFrom('COPY export_scales FROM STDIN (FORMAT csv)'))
  await new Promise<void>((resolve, reject) => {
    Readable.from(lines).on('error', reject).pipe(target).on('finish', resolve).on('error', reject)
  })
}

const field = (value: string | number | null) =>
  value === null ? '' : typeof value === 'number' ? String(value) : `"${value.replaceAll('"', '""')}"`
