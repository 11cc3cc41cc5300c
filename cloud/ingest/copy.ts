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

/** How rows go into a table: the names of the columns, and what writes a row's fields, in their order. */
export interface Layout<Row> {
  readonly columns: readonly string[]
  write(out: FieldWriter, row: Row): void
}

export function layoutOf<Row>(columns: readonly Column<Row>[]): Layout<Row> {
  const writers = columns.map(writerOf)
  return {
    columns: columns.map(([name]) => name),
    write(out, row) {
      for (const write of writers) write(out, row)
    },
  }
}

/**
 * Copies rows into a temporary table like `table`, in PostgreSQL's binary format, and returns its name. It is empty again
 * after the transaction.
 */
export async function stage<Row>(
  client: PoolClient,
  table: string,
  layout: Layout<Row>,
  rows: readonly Row[],
): Promise<string> {
  const name = `incoming_${table}`
  await client.query(`CREATE TEMP TABLE IF NOT EXISTS ${name} (LIKE ${table}) ON COMMIT DELETE ROWS`)
  await copyRows(client, name, layout, rows)
  return name
}

/** Copies rows into a table, in PostgreSQL's binary format. */
export async function copyRows<Row>(
  client: PoolClient,
  table: string,
  layout: Layout<Row>,
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return
  const sql = `COPY ${table} (${layout.columns.join(', ')}) FROM STDIN (FORMAT binary)`
  await pipeline(Readable.from(encodeRows(layout, rows)), client.query(from(sql)))
}

/** Rows that go out at once: the server stores them while the next are encoded. */
const CHUNK_ROWS = 500

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const END = Buffer.from([0xff, 0xff])
const FLOAT4_OID = 700

/** PostgreSQL, "COPY": signature, flags and extension; rows of counted fields with their lengths; −1. */
function* encodeRows<Row>({ columns, write }: Layout<Row>, rows: readonly Row[]): Generator<Buffer> {
  yield SIGNATURE
  for (let at = 0; at < rows.length; at += CHUNK_ROWS) {
    const chunk = rows.slice(at, at + CHUNK_ROWS)
    const out = new FieldWriter(chunk.length * columns.length * 16)
    for (const row of chunk) {
      out.fields(columns.length)
      write(out, row)
    }
    yield out.finish()
  }
  yield END
}

function writerOf<Row>([, type, read]: Column<Row>): (out: FieldWriter, row: Row) => void {
  const write = FORMS[type] as (out: FieldWriter, value: unknown) => void
  return (out, row) => {
    const value = read(row)
    if (value === null) out.none()
    else write(out, value)
  }
}

const FORMS: { readonly [T in keyof Forms]: (out: FieldWriter, value: Forms[T]) => void } = {
  int4: (out, value) => out.int4(value),
  int8: (out, value) => out.int8(value),
  float8: (out, value) => out.float8(value),
  bool: (out, value) => out.bytea(Uint8Array.of(value ? 1 : 0)),
  text: (out, value) => out.bytea(Buffer.from(value)),
  uuid: (out, value) => out.bytea(Buffer.from(value.replaceAll('-', ''), 'hex')),
  bytea: (out, value) => out.bytea(value),
  'float4[]': (out, value) => out.float4s(value),
  // Format version 1, then the text.
  jsonb: (out, value) => out.bytea(Buffer.from(`\x01${JSON.stringify(value)}`)),
}

const HALF = 2 ** 32

/** Writes fields in PostgreSQL's binary format, big-endian, each with its length in front, into a buffer that grows. */
export class FieldWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView
  #at = 0

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** Begins a row of so many. */
  fields(count: number): void {
    const at = this.#take(2)
    this.#view.setInt16(at, count)
  }

  /** NULL. */
  none(): void {
    const at = this.#take(4)
    this.#view.setInt32(at, -1)
  }

  int4(value: number): void {
    const at = this.#take(8)
    this.#view.setInt32(at, 4)
    this.#view.setInt32(at + 4, value)
  }

  /** An integer within 2^53. */
  int8(value: number): void {
    const at = this.#take(12)
    const view = this.#view
    const high = Math.floor(value / HALF)
    view.setInt32(at, 8)
    view.setInt32(at + 4, high)
    view.setUint32(at + 8, value - high * HALF)
  }

  float8(value: number): void {
    const at = this.#take(12)
    this.#view.setInt32(at, 8)
    this.#view.setFloat64(at + 4, value)
  }

  bytea(value: Uint8Array): void {
    const at = this.#take(4 + value.length)
    this.#view.setInt32(at, value.length)
    this.#bytes.set(value, at + 4)
  }

  /** One dimension from 1, no NULLs; an empty array has none. */
  float4s(values: readonly number[]): void {
    const head = values.length > 0 ? [1, 0, FLOAT4_OID, values.length, 1] : [0, 0, FLOAT4_OID]
    let at = this.#take(4 + head.length * 4 + values.length * 8)
    const int32 = (value: number) => {
      this.#view.setInt32(at, value)
      at += 4
    }
    int32(head.length * 4 + values.length * 8)
    for (const field of head) int32(field)
    for (const value of values) {
      int32(4)
      this.#view.setFloat32(at, value)
      at += 4
    }
  }

  finish(): Buffer {
    return Buffer.from(this.#bytes.buffer, 0, this.#at)
  }

  /** Room for so many bytes; where it begins. */
  #take(bytes: number): number {
    const at = this.#at
    this.#at = at + bytes
    if (this.#at > this.#bytes.length) this.#grow()
    return at
  }

  #grow(): void {
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at))
    larger.set(this.#bytes)
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }
}
