import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import rooms from '../lib/rooms.json' with { type: 'json' }
import { linksOf } from './markdown.ts'
import { GENERATED, referenceFiles } from './reference.ts'

const root = join(import.meta.dirname, '../..')
let files: ReadonlyMap<string, string>
beforeAll(async () => {
  files = await referenceFiles()
})

it('the reference is what the code says: "npm run schemas" writes it', () => {
  const stale = [...files].filter(([path, text]) => readFileSync(join(root, path), 'utf8') !== text)
  expect(stale.map(([path]) => path)).toEqual([])
})

it('holds nothing that the code no longer says', () => {
  const written = GENERATED.flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
  expect(written.filter((path) => !files.has(path))).toEqual([])
})

it('the page of the architecture tells of every stage', () => {
  const page = readFileSync(join(root, 'docs/contributor/architecture.md'), 'utf8')
  const told = new Set(linksOf(page).map(({ target }) => target))
  const stages = [rooms.stages.agent, rooms.stages.cloud]
  const expected = ['agent', 'cloud'].flatMap((room, index) => stages[index]!.map((stage) => `../../${room}/${stage}`))
  expect(expected.filter((target) => !told.has(target))).toEqual([])
})
