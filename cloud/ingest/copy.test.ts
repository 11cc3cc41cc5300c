import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Database } from '../platform/database.ts'
import { testDatabase } from '../test/database.ts'
import { type Column, layoutOf, stage } from './copy.ts'

let database: Database
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

interface Row {
  readonly int4: number
  readonly int8: number
  readonly float8: number
  readonly bool: boolean
  readonly text: string
  readonly uuid: string
  readonly bytea: Uint8Array
  readonly floats: readonly number[]
  readonly json: unknown
}

const columns: readonly Column<Row>[] = [
  ['a', 'int4', (row) => row.int4],
  ['b', 'int8', (row) => row.int8],
  ['c', 'float8', (row) => row.float8],
  ['d', 'bool', (row) => row.bool],
  ['e', 'text', (row) => row.text],
  ['f', 'uuid', (row) => row.uuid],
  ['g', 'bytea', (row) => row.bytea],
  ['h', 'float4[]', (row) => row.floats],
  ['i', 'jsonb', (row) => row.json],
  ['j', 'int8', () => null],
]

it('every type arrives as it was given, and the table is empty after the transaction', async () => {
  await database.pool.query(
    'CREATE TABLE things (a int4, b int8, c float8, d bool, e text, f uuid, g bytea, h float4[], i jsonb, j int8)',
  )
  const rows: Row[] = [
    {
      int4: -(2 ** 31),
      int8: Number.MIN_SAFE_INTEGER,
      float8: -0.1,
      bool: true,
      text: 'Größe → 😀',
      uuid: '2b1c8a1e-6f0d-4f4e-9a52-8d5a4c1f0b11',
      bytea: Buffer.from([0, 255, 1]),
      floats: [1.5, -2.25, 0],
      json: { a: ['😀', 1.5, null], b: true },
    },
    {
      int4: 2 ** 31 - 1,
      int8: Number.MAX_SAFE_INTEGER,
      float8: 1e300,
      bool: false,
      text: '',
      uuid: '00000000-0000-4000-8000-000000000000',
      bytea: Buffer.alloc(0),
      floats: [],
      json: 'x'.repeat(5000),
    },
    {
      int4: 0,
      int8: -1,
      float8: 0,
      bool: false,
      text: 'a',
      uuid: crypto.randomUUID(),
      bytea: Buffer.alloc(0),
      floats: [],
      json: 0,
    },
  ]
  await using own = { client: await database.pool.connect(), [Symbol.asyncDispose]: async () => own.client.release() }
  const { client } = own
  await client.query('BEGIN')
  const table = await stage(client, 'things', layoutOf(columns), rows)
  const copied = await client.query(`SELECT * FROM ${table} ORDER BY a`)
  const expected = rows
    .toSorted((x, y) => x.int4 - y.int4)
    .map(({ int4: a, int8: b, float8: c, bool: d, text: e, uuid: f, bytea: g, floats: h, json: i }) => {
      return { a, b, c, d, e, f, g, h, i, j: null }
    })
  expect(copied.rows).toEqual(expected)
  await client.query('COMMIT')
  expect((await client.query(`SELECT count(*) FROM ${table}`)).rows).toEqual([{ count: 0 }])
})
