import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { PoolClient } from 'pg'
import { from } from 'pg-copy-streams'

/** The binary form of each PostgreSQL type that ingest writes. */
interface Forms {
  readonly int4: number
  readonly int8: number
  readonly float8: number
  readonly bool: boolean
  readonly text: string
  /** RFC 9562 text. */
  readonly uuid: string
  readonly bytea: Uint8Array
  readonly 'float4[]': readonly number[]
  /** What is written is the value's JSON. */
  readonly jsonb: unknown
}

/** A column of a table with how to take its value from a row; null is NULL. */
export type Column<Row> = {
  [T in keyof Forms]: readonly [name: string, type: T, value: (row: Row) => Forms[T] | null]
}[keyof Forms]

/**
 * Copies rows into a temporary table like `table`, in PostgreSQL's binary format, and returns its name. It is empty again
 * after the transaction.
 */
export async function stage<Row>(
  client: PoolClient,
  table: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Promise<string> {
  const name = `incoming_${table}`
  await client.query(`CREATE TEMP TABLE IF NOT EXISTS ${name} (LIKE ${table}) ON COMMIT DELETE ROWS`)
  await copyRows(client, name, columns, rows)
  return name
}

/** Copies rows into a table, in PostgreSQL's binary format. */
export async function copyRows<Row>(
  client: PoolClient,
  table: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return
  const sql = `COPY ${table} (${columns.map(([column]) => column).join(', ')}) FROM STDIN (FORMAT binary)`
  await pipeline(Readable.from(encodeRows(columns, rows)), client.query(from(sql)))
}

/** Rows that go out at once: the server stores them while the next are encoded. */
const CHUNK_ROWS = 500

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const END = Buffer.from([0xff, 0xff])
const FLOAT4_OID = 700

/** PostgreSQL, "COPY": signature, flags and extension; rows of counted fields with their lengths; −1. */
function* encodeRows<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Generator<Buffer> {
  const writers = columns.map(writerOf)
  yield SIGNATURE
  for (let at = 0; at < rows.length; at += CHUNK_ROWS) {
    const chunk = rows.slice(at, at + CHUNK_ROWS)
    const out = new Out(chunk.length * columns.length * 16)
    for (const row of chunk) {
      out.int16(columns.length)
      for (const write of writers) write(out, row)
    }
    yield out.finish()
  }
  yield END
}

function writerOf<Row>([, type, read]: Column<Row>): (out: Out, row: Row) => void {
  const write = FORMS[type] as (out: Out, value: unknown) => void
  return (out, row) => {
    const value = read(row)
    if (value === null) out.int32(-1)
    else write(out, value)
  }
}

/** Each with its length in front. */
const FORMS: { readonly [T in keyof Forms]: (out: Out, value: Forms[T]) => void } = {
  int4(out, value) {
    out.int32(4)
    out.int32(value)
  },
  int8(out, value) {
    out.int32(8)
    out.int64(value)
  },
  float8(out, value) {
    out.int32(8)
    out.float64(value)
  },
  bool(out, value) {
    out.counted(Uint8Array.of(value ? 1 : 0))
  },
  text(out, value) {
    out.counted(Buffer.from(value))
  },
  uuid(out, value) {
    out.counted(Buffer.from(value.replaceAll('-', ''), 'hex'))
  },
  bytea(out, value) {
    out.counted(value)
  },
  'float4[]': writeFloats,
  // Format version 1, then the text.
  jsonb(out, value) {
    out.counted(Buffer.from(`\x01${JSON.stringify(value)}`))
  },
}

/** One dimension from 1, no NULLs; an empty array has none. */
function writeFloats(out: Out, values: readonly number[]): void {
  const head = values.length > 0 ? [1, 0, FLOAT4_OID, values.length, 1] : [0, 0, FLOAT4_OID]
  out.int32(head.length * 4 + values.length * 8)
  for (const field of head) out.int32(field)
  for (const value of values) {
    out.int32(4)
    out.float32(value)
  }
}

const HALF = 2 ** 32

/** A growing buffer, big-endian. */
class Out {
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView
  #at = 0

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  int16(value: number): void {
    this.#room(2)
    this.#view.setInt16(this.#at, value)
    this.#at += 2
  }

  int32(value: number): void {
    this.#room(4)
    this.#view.setInt32(this.#at, value)
    this.#at += 4
  }

  /** An integer within 2^53. */
  int64(value: number): void {
    this.#room(8)
    const high = Math.floor(value / HALF)
    this.#view.setInt32(this.#at, high)
    this.#view.setUint32(this.#at + 4, value - high * HALF)
    this.#at += 8
  }

  float32(value: number): void {
    this.#room(4)
    this.#view.setFloat32(this.#at, value)
    this.#at += 4
  }

  float64(value: number): void {
    this.#room(8)
    this.#view.setFloat64(this.#at, value)
    this.#at += 8
  }

  counted(bytes: Uint8Array): void {
    this.int32(bytes.length)
    this.raw(bytes)
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  finish(): Buffer {
    return Buffer.from(this.#bytes.buffer, 0, this.#at)
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + bytes))
    larger.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }
}
