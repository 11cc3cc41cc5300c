import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { tablesInOrder } from '../backup-format.ts'

interface ColumnShape {
  readonly name: string
  /** As SQL says it, without what it is limited to: `int8` is `bigint`. */
  readonly type: string
  readonly nullable: boolean
}

interface Link {
  readonly columns: readonly string[]
  readonly parent: string
  readonly parentColumns: readonly string[]
}

interface Shape {
  readonly name: string
  readonly columns: readonly ColumnShape[]
  readonly links: readonly Link[]
  /** Values that a CHECK leaves, by column. */
  readonly choices: ReadonlyMap<string, readonly string[]>
}

/** What text formats break at. */
const AWKWARD = 'tab\t newline\n return\r back\\slash \\N \\. "quoted" \'it\' Käse 牛奶 🥛'

/**
 * Fills every table of the schema as the database itself describes it, so that none is forgotten when one is added: two rows
 * each, the second with NULL wherever it may be, one where a CHECK leaves no second.
 * @param object gives the digest of a stored object, another each time
 * @returns rows written, by table; triggers may have added others
 */
export async function fillEveryTable(
  pool: Pool,
  object: (of: string) => Promise<string>,
): Promise<Readonly<Record<string, number>>> {
  const written: Record<string, number> = {}
  const rows = new Map<string, Record<string, unknown>[]>()
  for (const { name } of await tablesInOrder(pool)) {
    const shape = await shapeOf(pool, name)
    const most = Math.min(2, ...[...shape.choices.values()].filter((c) => c.length < 2).map((c) => c.length))
    const inserted: Record<string, unknown>[] = []
    for (let n = 0; n < most; n++) {
      const linked = linkedValues(shape, n, rows)
      const values = new Map<string, unknown>()
      for (const [index, { name: column, type, nullable }] of shape.columns.entries()) {
        const sole = shape.choices.get(column)
        if (linked.has(column)) values.set(column, linked.get(column))
        else if (n === 1 && nullable) values.set(column, null)
        else if (sole) values.set(column, sole[n % sole.length])
        else values.set(column, await sampleOf({ table: name, column, type, n, index }, object))
      }
      const names = [...values.keys()]
      const { rows: back } = await pool.query(
        `INSERT INTO ${name} (${names.map((column) => `"${column}"`).join(', ')})
         VALUES (${names.map((_, i) => `$${i + 1}`).join(', ')}) RETURNING *`,
        [...values.values()],
      )
      inserted.push(back[0])
    }
    rows.set(name, inserted)
    written[name] = inserted.length
  }
  return written
}

function linkedValues({ links }: Shape, n: number, rows: ReadonlyMap<string, readonly Record<string, unknown>[]>) {
  const values = new Map<string, unknown>()
  for (const { columns, parent, parentColumns } of links) {
    const row = rows.get(parent)?.[n]
    for (const [i, column] of columns.entries()) if (row) values.set(column, row[parentColumns[i]!])
  }
  return values
}

async function shapeOf(pool: Pool, table: string): Promise<Shape> {
  const columns = await pool.query<ColumnShape>(
    `SELECT attname AS name, atttypid::regtype::text AS type, NOT attnotnull AS nullable FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND attgenerated = ''
     ORDER BY attnum`,
    [table],
  )
  const links = await pool.query<Link>(
    `SELECT array(SELECT a.attname::text FROM unnest(conkey) WITH ORDINALITY AS k(number, place)
         JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = k.number ORDER BY place) AS columns,
       confrelid::regclass::text AS parent,
       array(SELECT a.attname::text FROM unnest(confkey) WITH ORDINALITY AS k(number, place)
         JOIN pg_attribute a ON a.attrelid = confrelid AND a.attnum = k.number ORDER BY place) AS "parentColumns"
     FROM pg_constraint WHERE contype = 'f' AND conrelid = $1::regclass`,
    [table],
  )
  const checks = await pool.query<{ column: string; says: string }>(
    `SELECT a.attname AS column, pg_get_constraintdef(c.oid) AS says FROM pg_constraint c
     JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
     WHERE contype = 'c' AND conrelid = $1::regclass AND cardinality(conkey) = 1`,
    [table],
  )
  return {
    ...{ name: table, columns: columns.rows, links: links.rows },
    choices: new Map(checks.rows.flatMap(({ column, says }) => choicesIn(column, says))),
  }
}

/** Of `CHECK ((kind = ANY (ARRAY['a'::text, 'b'::text])))` both, of `CHECK ((id = 1))` the one. */
function choicesIn(column: string, says: string): [string, string[]][] {
  const listed = [...says.matchAll(/'([^']*)'::text/g)].map(([, value]) => value!)
  if (says.includes('ANY (ARRAY') && listed.length > 0) return [[column, listed]]
  const sole = /^CHECK \(\(\w+ = (\d+)\)\)$/.exec(says)?.[1]
  return sole === undefined ? [] : [[column, [sole]]]
}

interface Place {
  readonly table: string
  readonly column: string
  readonly type: string
  /** Of the row. */
  readonly n: number
  /** Of the column. */
  readonly index: number
}

async function sampleOf(place: Place, object: (of: string) => Promise<string>): Promise<unknown> {
  const { table, column, type, n, index } = place
  const label = `${table}.${column} ${n}`
  // Of the first row in a month that has a partition, of the second in none.
  const time = (n === 0 ? Date.UTC(2026, 2, 5) : Date.UTC(1971, 0)) + index
  switch (type) {
    case 'text':
      return column === 'sha256' ? object(label) : `${label} ${AWKWARD}`
    case 'bigint':
      return time
    case 'integer':
    case 'smallint':
      return 1000 * (n + 1) + index
    case 'numeric':
      return `${10n ** 20n + BigInt(index)}.00${n + 1}`
    case 'date':
      return new Date(time).toISOString().slice(0, 10)
    case 'real':
    case 'double precision':
      return 0.1 + index + 1e-9 * n
    case 'boolean':
      return n === 0
    case 'uuid':
      return randomUUID()
    case 'bytea':
      return Buffer.alloc(32, 250 + n)
    case 'json':
    case 'jsonb':
      return JSON.stringify({ label, text: AWKWARD, number: 1e-7, sha256: await object(label) })
    case 'text[]':
      return [AWKWARD, '', 'NULL', '{}']
    case 'integer[]':
      return [index, index + 1]
    case 'bigint[]':
      return [time, time + 1]
    case 'real[]':
      return [0.1, 1e-7, 3]
    case 'int8multirange':
      return '{[1,5),[7,9)}'
    case 'xid8':
      return '7'
    case 'timestamp with time zone':
      return new Date(time).toISOString()
    default:
      throw new Error(`${label}: no value of type ${type} is known here; say one`)
  }
}
