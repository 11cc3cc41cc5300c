import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from './desk.ts'
import { boldOf } from './quotes.ts'

/** Its commands are typed where the story is told. */
it('the cloud team’s tutorial names places of the console as they are called there', async () => {
  const files = globSync(['app/navigation.ts', 'pages/*/*-tabs.tsx'], { cwd: join(ROOT, 'cloud/console') })
  const sources = await Promise.all(files.map((file) => readFile(join(ROOT, 'cloud/console', file), 'utf8')))
  const places = new Set(sources.flatMap((text) => [...text.matchAll(/label: '([^']+)'/g)].map(([, label]) => label!)))
  expect(places.size).toBeGreaterThan(10)
  const quoted = boldOf(await readFile(join(ROOT, 'docs/cloud-team/tutorial.md'), 'utf8'))
  expect(quoted.length).toBeGreaterThan(3)
  expect(quoted.flatMap((words) => words.split(' → ')).filter((one) => !places.has(one))).toEqual([])
})
