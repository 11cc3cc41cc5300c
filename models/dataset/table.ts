import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { PassThrough, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { CsvError, parse } from 'csv-parse'
import { DatasetError } from './errors.ts'

/** Caps on what is read, before it is parsed. */
export interface TableLimits {
  /** Bytes after decompression. */
  readonly bytes: number
  readonly rows: number
  /** Bytes of one record. */
  readonly record: number
}

const TABLE_LIMITS: TableLimits = { bytes: 4 * 1024 ** 3, rows: 20_000_000, record: 64 * 1024 }

export interface TableResult {
  readonly rows: number
  /** SHA-256 of the file as it lies on disk, in hex. */
  readonly sha256: string
}

/** Takes one record: its cells in the header's order, and its line in the file (from 1). */
export type RecordReader = (cells: readonly string[], line: number) => void

/**
 * Streams a CSV file, gzipped or not (told by its content, not its name). `header` gets the column names and returns
 * what reads the records; an error that either throws ends the reading and reaches the caller.
 *
 * @throws DatasetError `unreadable`, `not-csv`, `too-large`
 */
export async function readTable(
  path: string,
  header: (columns: readonly string[]) => RecordReader,
  limits: TableLimits = TABLE_LIMITS,
): Promise<TableResult> {
  const digest = createHash('sha256')
  let bytes = 0
  let rows = -1
  let read: RecordReader | undefined
  const parser = parse({
    bom: true,
    max_record_size: limits.record,
    skip_empty_lines: true,
    // Reads each record where it is parsed: nothing is queued, and the line is the record's own.
    on_record(cells: string[], { lines }) {
      if (++rows > limits.rows) throw new DatasetError('too-large', `over ${limits.rows} rows`)
      if (read) read(cells, lines)
      else read = header(cells.map((name) => name.trim()))
      return null
    },
  })
  try {
    const unpack = (await isGzip(path)) ? createGunzip() : new PassThrough()
    await pipeline(
      createReadStream(path),
      tap((chunk) => digest.update(chunk)),
      unpack,
      tap((chunk) => {
        bytes += chunk.length
        if (bytes > limits.bytes) throw new DatasetError('too-large', `over ${limits.bytes} bytes uncompressed`)
      }),
      parser.resume(),
    )
  } catch (cause) {
    throw asDatasetError(cause, path)
  }
  if (rows < 1) throw new DatasetError('not-csv', 'no header with rows under it')
  return { rows, sha256: digest.digest('hex') }
}

async function isGzip(path: string): Promise<boolean> {
  await using file: FileHandle = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
  return bytesRead === 2 && buffer.readUInt16BE() === 0x1f8b
}

const tap = (see: (chunk: Buffer) => void) =>
  new Transform({
    transform(chunk: Buffer, _, done) {
      try {
        see(chunk)
        done(null, chunk)
      } catch (error) {
        done(error as Error)
      }
    },
  })

function asDatasetError(cause: unknown, path: string): unknown {
  if (cause instanceof DatasetError) return cause
  if (cause instanceof CsvError) {
    const line = typeof cause.lines === 'number' ? { line: cause.lines } : {}
    return new DatasetError('not-csv', cause.message, line, { cause })
  }
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? ''
  if (/^Z_|^E[A-Z]+$/.test(code)) {
    return new DatasetError('unreadable', `${path}: ${(cause as Error).message}`, {}, { cause })
  }
  return cause
}
