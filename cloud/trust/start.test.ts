import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { quiet, temporaryFolder, testDatabase } from '../test/database.ts'
import { operators, rootOf, signed, targetsFor } from '../test/operators.ts'
import { startTrust, type TrustMode, trustMigrations } from './index.ts'

const stack = new AsyncDisposableStack()
let folder: string
beforeAll(async () => {
  folder = stack.use(await temporaryFolder()).path
})
afterAll(() => stack.disposeAsync())

const start = (database: Database, mode: TrustMode, more: { root?: string; keys?: string } = {}) =>
  startTrust({ mode, keys: join(folder, 'keys'), database, clock: systemClock, log: quiet, ...more })

describe('a start', () => {
  it('takes the root that a file names, and none that another brings', async () => {
    await using database = await testDatabase(trustMigrations)
    await expect(start(database, 'production', { root: join(folder, 'absent') })).rejects.toMatchObject({
      code: 'trust-root-missing',
    })
    const people = operators(2, 2)
    const path = join(folder, '1.root.json')
    {
      await using waiting = await start(database, 'production')
      await writeFile(path, signed(rootOf(people, (await waiting.status()).cloudKeys), people.root))
    }
    for (let time = 0; time < 2; time++) {
      await using pinned = await start(database, 'production', { root: path })
      const { state, cloudKeys } = await pinned.status()
      expect(state).toBe('waiting-for-targets')
      const thieves = operators(1, 1)
      const theirs = signed(rootOf(thieves, cloudKeys), thieves.root)
      await expect(pinned.push({ roots: [theirs] })).rejects.toMatchObject({ code: 'metadata-conflict' })
    }
    const others = operators(1, 1)
    await using keys = await start(database, 'production')
    await writeFile(path, signed(rootOf(others, (await keys.status()).cloudKeys), others.root))
    await expect(start(database, 'production', { root: path })).rejects.toMatchObject({ code: 'metadata-conflict' })
  })

  it('does not go back to development where operators sign, nor on without the keys of development', async () => {
    await using database = await testDatabase(trustMigrations)
    const people = operators(1, 1)
    {
      await using trust = await start(database, 'production')
      const { cloudKeys } = await trust.status()
      const { metadata, files } = targetsFor(cloudKeys)
      const root = signed(rootOf(people, cloudKeys), people.root)
      await trust.push({ roots: [root], targets: signed(metadata, people.targets), files })
    }
    await expect(start(database, 'development')).rejects.toMatchObject({ code: 'trust-mode' })
    await using other = await testDatabase(trustMigrations)
    {
      await using development = await start(other, 'development', { keys: join(folder, 'one') })
      expect((await development.status()).root).toMatchObject({ version: 1, development: true })
    }
    await expect(start(other, 'development', { keys: join(folder, 'two') })).rejects.toMatchObject({
      code: 'trust-keys-lost',
    })
    // The keys that sign online may be lost alone: the next development root names new ones.
    await rm(join(folder, 'one', 'timestamp.pem'))
    await using again = await start(other, 'development', { keys: join(folder, 'one') })
    expect(await again.status()).toMatchObject({ state: 'ready', root: { version: 2 } })
  })
})
