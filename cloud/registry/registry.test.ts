import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../platform/database.ts'
import { folderObjects } from '../platform/folder-objects.ts'
import { readWhole } from '../platform/objects.ts'
import { testBundle } from '../test/bundle.ts'
import { temporaryFolder, testDatabase } from '../test/database.ts'
import { createRegistry, parseModelUri, type Registry, registryMigrations } from './index.ts'

const stack = new AsyncDisposableStack()
let database: Database
let objects: Awaited<ReturnType<typeof folderObjects>>
let registry: Registry
let folder: string
let now = 1000
beforeAll(async () => {
  database = stack.use(await testDatabase(registryMigrations))
  folder = join(stack.use(await temporaryFolder()).path, 'objects')
  objects = await folderObjects(folder)
  registry = createRegistry({ database, objects, clock: { now: () => now++ } })
})
afterAll(() => stack.disposeAsync())

const upload = { kind: 'upload' } as const
const register = (name: string, salt: string) =>
  registry.register({ model: name, content: [testBundle({ name, salt })], source: upload })

describe('registry', () => {
  it('numbers versions from 1 and keeps their bytes, metrics and lineage', async () => {
    const first = await register('demand', 'one')
    expect(first).toMatchObject({
      model: 'demand',
      version: 1,
      source: upload,
      aliases: [],
      manifest: { metrics: { wape: 0.3 }, baseline: { wape: 0.4 }, lineage: { dataset: { rows: 1 } } },
    })
    expect(new Uint8Array(await readWhole(objects, first.bundle.sha256))).toEqual(
      testBundle({ name: 'demand', salt: 'one' }),
    )
    expect((await register('demand', 'two')).version).toBe(2)
    expect(await register('demand', 'one')).toEqual(first)
    const page = await registry.versions('demand', { limit: 1 })
    expect([page.items.map((v) => v.version), page.next]).toEqual([[2], '2'])
    expect((await registry.versions('demand', { limit: 1, after: '2' })).items.map((v) => v.version)).toEqual([1])
  })

  it('gives every upload its own number, however many come at once', async () => {
    const all = await Promise.all(Array.from({ length: 12 }, (_, n) => register('crowd', String(n % 8))))
    expect(new Set(all.map((v) => v.version))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8]))
  })

  it.each([
    ['not-a-bundle', new TextEncoder().encode('hello')],
    ['not-a-bundle', testBundle({ name: 'refused' }).subarray(0, 700)],
    ['model-name', testBundle({ name: 'another' })],
  ])('refuses an upload that is %s, and keeps none of it', async (code, bytes) => {
    const before = await readdir(folder, { recursive: true })
    await expect(registry.register({ model: 'refused', content: [bytes], source: upload })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/build it again|send it to/i),
    })
    expect(await readdir(folder, { recursive: true })).toEqual(before)
    await expect(registry.model('refused')).rejects.toMatchObject({ code: 'model-unknown' })
  })

  it('moves aliases and writes down when, from where and why', async () => {
    await register('aliased', 'one')
    await register('aliased', 'two')
    const set = (version: number | null, reason: string) =>
      registry.setAlias({ model: 'aliased', alias: 'champion', version, reason })
    await set(1, 'first')
    await set(2, 'better')
    await set(2, 'again')
    expect(await registry.resolve('models:/aliased@champion')).toMatchObject({ version: 2, aliases: ['champion'] })
    expect((await registry.resolve('models:/aliased/1')).version).toBe(1)
    await set(null, 'withdrawn')
    await expect(registry.resolve('models:/aliased@champion')).rejects.toMatchObject({ code: 'alias-unknown' })
    const history = await registry.aliasHistory('aliased', { limit: 2 })
    expect(history.items).toMatchObject([
      { alias: 'champion', version: null, previous: 2, reason: 'withdrawn' },
      { alias: 'champion', version: 2, previous: 1, reason: 'better' },
    ])
    expect((await registry.aliasHistory('aliased', { limit: 2, after: history.next })).items).toMatchObject([
      { version: 1, previous: null, reason: 'first' },
    ])
    await expect(set(3, 'no')).rejects.toMatchObject({ code: 'version-unknown', message: expect.stringContaining('2') })
  })

  it('says what is missing', async () => {
    await expect(registry.resolve('models:/absent/1')).rejects.toMatchObject({ code: 'model-unknown' })
    await expect(registry.resolve('models:/demand/99')).rejects.toMatchObject({ code: 'version-unknown' })
    await expect(registry.versions('absent', { limit: 1 })).rejects.toMatchObject({ code: 'model-unknown' })
  })

  it('changes tags and nothing else of a version', async () => {
    const before = await register('tagged', 'one')
    expect(await registry.setTags('tagged', 1, { reviewed: 'yes' })).toEqual({ ...before, tags: { reviewed: 'yes' } })
  })
})

describe('parseModelUri', () => {
  it('reads versions and aliases', () => {
    expect(parseModelUri('models:/demand/3')).toEqual({ model: 'demand', version: 3 })
    expect(parseModelUri('models:/demand@champion')).toEqual({ model: 'demand', alias: 'champion' })
  })

  it.each([
    'models:/demand',
    'models:/demand/0',
    'models:/demand/-1',
    'models:/Demand/1',
    'models:/a/b/1',
    'models:/demand@',
    'models:/demand@3',
    'http://demand/1',
    'models:/demand/99999999999',
    '',
  ])('refuses %s', (uri) => {
    expect(() => parseModelUri(uri)).toThrow(expect.objectContaining({ code: 'model-uri' }))
  })

  it('answers any text with a reference or its own error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `models:/${text}`),
        ),
        (text) => {
          try {
            parseModelUri(text)
          } catch (error) {
            expect(error).toMatchObject({ code: 'model-uri' })
          }
        },
      ),
    )
  })
})
