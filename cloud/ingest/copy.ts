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
  const sql = `COPY ${name} (${columns.map(([column]) => column).join(', ')}) FROM STDIN (FORMAT binary)`
  await pipeline(Readable.from([encodeRows(columns, rows)]), client.query(from(sql)))
  return name
}

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const FLOAT4_OID = 700

/** PostgreSQL, "COPY": signature, flags and extension; rows of counted fields with their lengths; −1. */
function encodeRows<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Buffer {
  const out = new Out(SIGNATURE.length + 2 + rows.length * columns.length * 12)
  out.raw(SIGNATURE)
  for (const row of rows) {
    out.int16(columns.length)
    for (const column of columns) writeField(out, column, row)
  }
  out.int16(-1)
  return out.finish()
}

function writeField<Row>(out: Out, [, type, read]: Column<Row>, row: Row): void {
  const value = read(row)
  if (value === null) out.int32(-1)
  else out.counted(FORMS[type](value as never))
}

const FORMS: { readonly [T in keyof Forms]: (value: Forms[T]) => Uint8Array } = {
  int4: (value) => fixed(4, (out) => out.writeInt32BE(value)),
  int8: (value) => fixed(8, (out) => out.writeBigInt64BE(BigInt(value))),
  float8: (value) => fixed(8, (out) => out.writeDoubleBE(value)),
  bool: (value) => Uint8Array.of(value ? 1 : 0),
  text: (value) => Buffer.from(value),
  uuid: (value) => Buffer.from(value.replaceAll('-', ''), 'hex'),
  bytea: (value) => value,
  'float4[]': floats,
  // Format version 1, then the text.
  jsonb: (value) => Buffer.from(`\x01${JSON.stringify(value)}`),
}

function fixed(size: number, write: (out: Buffer) => void): Buffer {
  const out = Buffer.allocUnsafe(size)
  write(out)
  return out
}

/** One dimension from 1, no NULLs; an empty array has none. */
function floats(values: readonly number[]): Buffer {
  const head = values.length > 0 ? [1, 0, FLOAT4_OID, values.length, 1] : [0, 0, FLOAT4_OID]
  return fixed(head.length * 4 + values.length * 8, (out) => {
    let at = 0
    for (const field of head) at = out.writeInt32BE(field, at)
    for (const value of values) {
      at = out.writeInt32BE(4, at)
      at = out.writeFloatBE(value, at)
    }
  })
}

/** A growing buffer, big-endian. */
class Out {
  #bytes: Buffer
  #at = 0

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity)
  }

  int16(value: number): void {
    this.#room(2)
    this.#at = this.#bytes.writeInt16BE(value, this.#at)
  }

  int32(value: number): void {
    this.#room(4)
    this.#at = this.#bytes.writeInt32BE(value, this.#at)
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
    return this.#bytes.subarray(0, this.#at)
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + bytes))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}
