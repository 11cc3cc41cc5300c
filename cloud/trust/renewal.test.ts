import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Database } from '../platform/database.ts'
import { quiet, temporaryFolder, testDatabase } from '../test/database.ts'
import { operators, rootOf, signed, targetsFor } from '../test/operators.ts'
import { startTrust, type Trust, trustMigrations } from './index.ts'

const stack = new AsyncDisposableStack()
const START = Date.UTC(2026, 2, 29, 12)
const HOUR_MS = 3_600_000
let now = START
let database: Database
let keys: string
beforeAll(async () => {
  database = stack.use(await testDatabase(trustMigrations))
  keys = join(stack.use(await temporaryFolder()).path, 'keys')
})
afterAll(() => stack.disposeAsync())

const start = () =>
  startTrust({ mode: 'production', keys, database, clock: { now: () => now }, log: quiet, everyMs: 20 })
const versions = async (trust: Trust) => {
  const { snapshot, timestamp } = await trust.status()
  return { snapshot: snapshot!.version, timestamp: timestamp!.version }
}

it('signs timestamp and snapshot anew at half their life, and both anew after a start', async () => {
  const people = operators(3, 2)
  const later = { expires: START + 365 * 24 * HOUR_MS }
  const seconds = START / 1000
  {
    await using trust = await start()
    const { cloudKeys } = await trust.status()
    const { metadata, files } = targetsFor(cloudKeys, later)
    const root = signed(rootOf(people, cloudKeys, later), people.root)
    await trust.push({ roots: [root], targets: signed(metadata, people.targets), files })
    expect(await versions(trust)).toEqual({ snapshot: seconds, timestamp: seconds })
    const first = await trust.metadata('timestamp.json')
    now = START + 12 * HOUR_MS - 1
    await trust.renew()
    expect(await trust.metadata('timestamp.json')).toEqual(first)
    now = START + 12 * HOUR_MS
    await vi.waitFor(async () => expect((await versions(trust)).timestamp).toBe(seconds + 12 * 3600))
    expect((await versions(trust)).snapshot).toBe(seconds)
    now = START + 84 * HOUR_MS
    await vi.waitFor(async () => expect((await versions(trust)).snapshot).toBe(seconds + 84 * 3600))
  }
  // The clock of the machine may have gone back meanwhile: versions do not.
  now = START
  await using again = await start()
  expect(await versions(again)).toEqual({ snapshot: seconds + 84 * 3600 + 1, timestamp: seconds + 84 * 3600 + 1 })
})

it('puts together what approvers send at the same moment', async () => {
  now = START + 100 * HOUR_MS
  await using other = await testDatabase(trustMigrations)
  await using fresh = await startTrust({
    mode: 'production',
    keys,
    database: other,
    clock: { now: () => now },
    log: quiet,
  })
  const { cloudKeys } = await fresh.status()
  const people = operators(4, 4)
  const later = { expires: now + 24 * HOUR_MS }
  const root = signed(rootOf(people, cloudKeys, later), people.root)
  const each = people.targets.map((person) => {
    const { metadata, files } = targetsFor(cloudKeys, later)
    return { targets: signed(metadata, [person]), files }
  })
  await fresh.push({ roots: [root] })
  const standings = await Promise.all(each.map((one) => fresh.push(one)))
  expect(standings.map(({ targets }) => targets!.signedBy.length).sort()).toEqual([1, 2, 3, 4])
  expect((await fresh.status()).state).toBe('ready')
})
