import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

/** The checks of this repository, run on a copy of it in which the rule was broken on purpose. */

// Each looks at the whole repository, from nothing.
vi.setConfig({ testTimeout: 300_000 })
const root = dirname(import.meta.dirname)
const rooms = ['shared', 'models', 'agent', 'cloud', 'fleet']
let copy: string

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'storecast-guards-'))
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
  expect(listed.status, 'the copy is made of what git lists').toBe(0)
  for (const file of listed.stdout.toString().split('\0').filter(Boolean)) {
    cpSync(join(root, file), join(copy, file), { recursive: true, force: true })
  }
  linkDependencies('.')
  for (const room of rooms) linkDependencies(room)
})
afterAll(() => rmSync(copy, { recursive: true, force: true }))

/** Dependencies are shared with the original; our own workspaces are the copy's. */
function linkDependencies(folder: string): void {
  const from = join(root, folder, 'node_modules')
  const to = join(copy, folder, 'node_modules')
  let names: string[]
  try {
    names = readdirSync(from)
  } catch {
    return // everything this workspace needs is hoisted to the root
  }
  mkdirSync(to, { recursive: true })
  for (const name of names) if (name !== '@storecast') symlinkSync(join(from, name), join(to, name))
  if (folder !== '.') return
  mkdirSync(join(to, '@storecast'))
  for (const room of rooms) symlinkSync(join('..', '..', room), join(to, '@storecast', room))
}

function check(name: string, planted: Record<string, string>): string {
  const files = Object.entries(planted).map(([path, source]) => {
    const file = join(copy, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${source}\n`)
    return file
  })
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', name], {
    cwd: copy,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
  })
  for (const file of files) rmSync(file)
  expect(status, `npm run ${name} fails`).not.toBe(0)
  return `${stdout}${stderr}`
}

it('refuses a type error', () => {
  const said = check('types', { 'shared/contracts/planted.ts': "export const planted: number = 'one'" })
  expect(said).toMatch(/shared\/contracts\/planted\.ts.*TS2322/)
})

it('refuses what the linter and the formatter refuse', () => {
  const said = check('lint', {
    'shared/contracts/planted.ts': 'export const planted = (a: unknown) => a == 1',
    'shared/contracts/unformatted.ts': 'export const unformatted   =   1',
  })
  expect(said).toMatch(/planted\.ts.*noDoubleEquals/)
  expect(said).toMatch(/unformatted\.ts format/)
})

it('refuses imports against the order of stages and rooms, circles, and files outside platform/', () => {
  const said = check('structure', {
    'agent/sensors/planted.ts': "export type { Upstream } from '../buffer/planted.ts'",
    'agent/buffer/planted.ts': 'export type Upstream = number',
    'agent/sensors/planted-inline.ts': "export let inline: import('../buffer/planted.ts').Upstream",
    'agent/sensors/planted-dynamic.ts': "export const dynamic = await import('../buffer/planted.ts')",
    'agent/windows/planted.ts': "export * from '@storecast/cloud'",
    'agent/unlisted/planted.ts': "export * from '../buffer/planted.ts'",
    'shared/wire/circle-a.ts': "import type { B } from './circle-b.ts'\nexport type A = B | 1",
    'shared/wire/circle-b.ts': "import type { A } from './circle-a.ts'\nexport type B = A[]",
    'shared/wire/planted-io.ts': "export { connect } from 'node:net'",
    'cloud/registry/planted.ts': "export { readFile } from 'node:fs/promises'",
    'fleet/planted.ts': "export * from './nowhere.ts'",
  })
  expect(said).toContain('agent/sensors: only upstream stages: agent/sensors/planted.ts → agent/buffer/planted.ts')
  expect(said).toContain('only upstream stages: agent/sensors/planted-inline.ts → agent/buffer/planted.ts')
  expect(said).toContain('only upstream stages: agent/sensors/planted-dynamic.ts → agent/buffer/planted.ts')
  expect(said).toContain('agent: imports shared: agent/windows/planted.ts → cloud/cloud.ts')
  expect(said).toContain('agent: every stage has its place in the list: agent/unlisted/planted.ts')
  expect(said).toMatch(/no cycles: shared\/wire\/circle-[ab]\.ts →/)
  expect(said).toContain('shared does no I/O: shared/wire/planted-io.ts → net')
  expect(said).toContain('files are touched in platform/ only: cloud/registry/planted.ts → fs/promises')
  expect(said).toContain('imports resolve: fleet/planted.ts → ./nowhere.ts')
})

it('refuses a dead export and a file that nobody imports', () => {
  const said = check('dead-code', {
    'fleet/constellation/planted.ts': 'export const used = 1\nexport const plantedAndDead = 2',
    'fleet/constellation/planted-user.test.ts': "import { used } from './planted.ts'\nconsole.log(used)",
    'fleet/constellation/planted-alone.ts': 'export const alone = 1',
  })
  expect(said).toContain('plantedAndDead')
  expect(said).toContain('fleet/constellation/planted-alone.ts')
})
