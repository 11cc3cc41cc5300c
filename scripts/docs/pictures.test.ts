import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fileOf, LARGEST, PICTURES } from './pictures.ts'

const root = join(import.meta.dirname, '../..')

it('the pictures are those that the script takes, none too large: "npm run screenshots" takes them', () => {
  const taken = new Set(PICTURES.flatMap((picture) => picture.themes.map((theme) => fileOf(picture, theme))))
  const there = readdirSync(join(root, 'docs/images')).map((name) => `docs/images/${name}`)
  expect(there.filter((file) => !taken.has(file))).toEqual([])
  expect(there.filter((file) => statSync(join(root, file)).size > LARGEST)).toEqual([])
})
