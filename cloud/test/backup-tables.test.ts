import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { writeBackup } from '../backup.ts'
import type { BackupManifest } from '../backup-format.ts'
import type { Database } from '../platform/database.ts'
import { folderObjects } from '../platform/folder-objects.ts'
import type { Objects } from '../platform/objects.ts'
import { openMonths } from '../platform/partitions.ts'
import { readBackup } from '../restore.ts'
import { MIGRATIONS } from '../storage.ts'
import { temporaryFolder, testDatabase } from './database.ts'
import { fillEveryTable } from './every-table.ts'

const NOW = Date.UTC(2026, 6, 1)
const clock = { now: () => NOW }
const stack = new AsyncDisposableStack()
/** What a restore changes on purpose, and so is not compared. */
const CHANGED: Readonly<Record<string, readonly string[]>> = {
  // Devices take them for new, and nothing is published yet.
  desired_states: ['generation', 'published', 'previous'],
  // Their links ended with the cloud.
  devices: ['online', 'presence_at', 'presence_forgotten'],
  // When this database was migrated.
  schema_migrations: ['applied_at'],
  // Transactions of another database mean nothing here: a history of its own begins.
  change_history: ['incarnation', 'floor'],
}
/** Tables whose digests name no stored object, but what the row holds itself, or what is still coming in. */
const NO_OBJECTS = new Set(['enrolment_roots', 'trust_targets', 'uploads'])
/** Begun anew for the same reason. */
const EMPTIED = ['changes']

let first: { readonly database: Database; readonly objects: Objects }
let second: { readonly database: Database; readonly objects: Objects }
let manifest: BackupManifest
let before: Content
let filled: Readonly<Record<string, number>>
const digests = new Map<string, string>()

type Content = Readonly<Record<string, readonly string[]>>

/** All rows of all tables, each as its text, partitions of a table among them. */
async function contentOf({ pool }: Database): Promise<Content> {
  const { rows: tables } = await pool.query<{ name: string; columns: string[] }>(
    `SELECT table_name AS name, array_agg(column_name::text ORDER BY ordinal_position) AS columns
     FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE' GROUP BY 1 ORDER BY 1`,
  )
  const content: Record<string, string[]> = {}
  for (const { name, columns } of tables) {
    const compared = columns.filter((column) => !CHANGED[name]?.includes(column)).map((column) => `"${column}"`)
    const { rows } = await pool.query<{ row: string }>(
      `SELECT ROW(${compared.join(', ')})::text AS row FROM ${name} ORDER BY 1`,
    )
    content[name] = rows.map(({ row }) => row)
  }
  return content
}

beforeAll(async () => {
  const folder = stack.use(await temporaryFolder()).path
  const open = async (name: string, migrations: typeof MIGRATIONS) => ({
    database: stack.use(await testDatabase(migrations)),
    objects: await folderObjects(join(folder, name)),
  })
  first = await open('first', MIGRATIONS)
  second = await open('second', [])
  await first.database.transaction(async (client) => {
    for (const table of ['windows', 'window_hours']) await openMonths(client, table, [Date.UTC(2026, 2, 5)])
  })
  filled = await fillEveryTable(first.database.pool, async (of) => {
    const { sha256 } = await first.objects.put([Buffer.from(of)], 1000)
    digests.set(of, sha256)
    return sha256
  })
  const directory = join(folder, 'saved')
  manifest = await writeBackup({ ...first, directory, storecast: '0.1.0', clock })
  before = await contentOf(first.database)
  await readBackup({ ...second, directory, migrations: MIGRATIONS, clock })
})
afterAll(() => stack.disposeAsync())

it('every table has rows to lose', () => {
  const empty = Object.keys(before).filter((name) => before[name]!.length === 0)
  expect(empty).toEqual([])
  expect(Object.keys(filled).length).toBeGreaterThan(60)
})

it('every row of every table comes back as it was, in the partition that it was in', async () => {
  const after = await contentOf(second.database)
  expect(Object.keys(after)).toEqual(Object.keys(before))
  for (const name of Object.keys(before)) {
    expect({ [name]: after[name] }).toEqual({ [name]: EMPTIED.includes(name) ? [] : before[name] })
  }
})

it('every object that a row names comes back with it', async () => {
  const named = [...digests].filter(([of]) => of.includes('.sha256 ') && !NO_OBJECTS.has(of.split('.')[0]!))
  const within = [
    'desired_states.body 0',
    'desired_states.body 1',
    'desired_states.previous 0',
    'training_runs.dataset 0',
  ]
  const expected = [...named, ...within.map((of) => [of, digests.get(of)!] as const)]
  expect(named.length).toBeGreaterThan(6)
  for (const [of, sha256] of expected) expect([of, await second.objects.size(sha256)]).toEqual([of, of.length])
  expect(manifest.objects.toSorted()).toEqual(expected.map(([, sha256]) => sha256).sort())
})
