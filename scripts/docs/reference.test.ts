import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
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
