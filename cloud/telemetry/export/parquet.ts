import { DuckDBInstance } from '@duckdb/node-api'

/** What a day's file is made of; paths of files of this machine. */
interface DayParts {
  /** CSV of windows, in the columns of `CSV_COLUMNS`. */
  readonly windows: string
  /** The file as it is, where its day's windows are no longer in the database: `windows` then go over what they cover. */
  readonly before?: string
  readonly out: string
  /** A folder for what does not fit into memory. */
  readonly scratch: string
}

/** Of the CSV, with their types, in order. */
export const CSV_COLUMNS = {
  device: 'VARCHAR',
  site: 'VARCHAR',
  sensor: 'VARCHAR',
  entity: 'VARCHAR',
  start_ms: 'BIGINT',
  end_ms: 'BIGINT',
  count: 'BIGINT',
  sum: 'BIGINT',
  min: 'BIGINT',
  max: 'BIGINT',
  last: 'BIGINT',
  sketch: 'VARCHAR',
  missing: 'BIGINT',
  late: 'BIGINT',
  out_of_range: 'BIGINT',
  flat: 'BIGINT',
  duplicate: 'BIGINT',
  wrong_type: 'BIGINT',
  wrong_unit: 'BIGINT',
  untrusted: 'BIGINT',
  revision: 'BIGINT',
  received_ms: 'BIGINT',
  unit: 'VARCHAR',
  resolution: 'DOUBLE',
  centre: 'DOUBLE',
} as const

const ROW_GROUP = 122_880
const MEMORY = '512MB'

/**
 * Writes the Parquet file of a day: one row a window, by site, device, series and start. Values are whole steps: times
 * `resolution` they are in `unit`. `start` and `end` are timestamps, UTC. The sketch is as in `Sketch.encode`.
 */
export async function writeDay({ windows, before, out, scratch }: DayParts): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: MEMORY,
    threads: '2',
    temp_directory: scratch,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  try {
    const connection = await instance.connect()
    try {
      await connection.run(`COPY (${before === undefined ? fresh(windows) : over(before, windows)}
        ORDER BY site, device, sensor, entity, start) TO ${text(out)}
        (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP})`)
    } finally {
      connection.closeSync()
    }
  } finally {
    instance.closeSync()
  }
}

const fresh = (path: string) => `SELECT make_timestamp_ms(start_ms) AS start, make_timestamp_ms(end_ms) AS "end",
  make_timestamp_ms(received_ms) AS received, unhex(sketch) AS sketch, * EXCLUDE (sketch, received_ms)
  FROM read_csv(${text(path)}, header = false, auto_detect = false, columns = ${struct(CSV_COLUMNS)})`

/** What came late goes over what it covers of its series. */
const over = (before: string, windows: string) => `FROM (
  SELECT * FROM read_parquet(${text(before)}, hive_partitioning = false) b WHERE NOT EXISTS (
    SELECT 1 FROM (${fresh(windows)}) w WHERE (w.device, w.sensor, w.entity) = (b.device, b.sensor, b.entity)
      AND w.start_ms < b.end_ms AND b.start_ms < w.end_ms)
  UNION ALL BY NAME ${fresh(windows)})`

const text = (value: string) => `'${value.replaceAll("'", "''")}'`
const struct = (columns: Readonly<Record<string, string>>) =>
  `{${Object.entries(columns)
    .map(([name, type]) => `${text(name)}: ${text(type)}`)
    .join(', ')}}`
