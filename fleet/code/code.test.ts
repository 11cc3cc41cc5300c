import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readDocuments } from './documents.ts'
import { KINDS } from './kinds.ts'
import { differences, planChange } from './plan.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storecast-code-'))
})
afterAll(() => rm(folder, { recursive: true }))

const file = async (text: string) => {
  const path = join(folder, 'fleet.yaml')
  await writeFile(path, text)
  return path
}
const good = (name = 'a') => `apiVersion: storecast/v1
kind: Policy
metadata: { name: ${name} }
spec:
  gates: [register]
  validations:
    - expression: 'true'
  validationActions: [Deny]
`

describe('documents', () => {
  it('of the shipped fleet are all right', async () => {
    const found = await readDocuments(join(import.meta.dirname, '..'))
    expect(found.map(({ kind, name }) => `${kind} ${name}`)).toEqual(
      expect.arrayContaining(['DeviceGroup eu-shops', 'Policy metrics-gate', 'PolicyTest metrics-gate']),
    )
  })

  it('stand several in a file, beside YAML that is none of ours', async () => {
    const path = await file(`${good('a')}---\nservices: { broker: {} }\n---\n${good('b')}---\n`)
    expect(await readDocuments(path)).toMatchObject([
      { kind: 'Policy', name: 'a', line: 1, document: { metadata: { description: '' } } },
      { kind: 'Policy', name: 'b', line: 12 },
    ])
  })

  it.each([
    [
      'an unknown kind',
      good().replace('Policy', 'Polizei'),
      '2:7: kind: expected DeviceGroup, Policy, PolicyTest, AlertRule, AlertRoute, Dataset, Rollout, ModelDefinition, and it is "Polizei"',
    ],
    ['an unknown field', good().replace('  gates', '  gate: [x]\n  gates'), '5:9: spec.gate: no such field here'],
    [
      'a wrong value',
      good().replace('[register]', '[registry]'),
      /5:11: spec\.gates\[0\]: .*expected one of "register"\|"approve"\|"rollout"/,
    ],
    ['a missing field', good().replace('  gates: [register]\n', ''), /5:3: spec\.gates: .*expected array/],
    ['a wrong name', good('Upper Case'), /3:19: metadata\.name: policy: lower-case/],
    ['another version', good().replace('v1', 'v9'), /1:13: apiVersion: .*expected "storecast\/v1"/],
    [
      'CEL that is none',
      good().replace("'true'", "'1 +'"),
      /7:19: spec\.validations\[0\]\.expression: line 1:\d+: .*expecting/,
    ],
    [
      'a name that is not there',
      good().replace("'true'", 'modle.name'),
      /7:19: spec\.validations\[0\]\.expression: there is no "modle" here; there are gate, model/,
    ],
    ['YAML that is none', good().replace('[register]', '[register'), /^\d+:\d+: not YAML: /],
    ['the same twice', `${good()}---\n${good()}`, /10:1: metadata\.name: Policy a stands in .*fleet\.yaml:1 already/],
  ])('that are not say file, line, field and what was expected: %s', async (_what, text, message) => {
    const path = await file(text)
    const said = await readDocuments(path).then(
      () => '',
      (error: Error) => error.message,
    )
    expect(said.startsWith(`${path}:`)).toBe(true)
    const rest = said.slice(path.length + 1)
    if (typeof message === 'string') expect(rest).toBe(message)
    else expect(rest).toMatch(message)
  })

  it('tell of all that is wrong at once', async () => {
    const path = await file(good().replace('[register]', '[x, y]').replace('[Deny]', '[No]'))
    const error: Error = await readDocuments(path).then(
      () => new Error('none'),
      (one) => one,
    )
    expect(error.message.split('\n')).toHaveLength(3)
  })
})

it('every shipped document names its JSON Schema for editors', async () => {
  const root = join(import.meta.dirname, '../..')
  const shipped = [...(await readDocuments(join(root, 'fleet'))), ...(await readDocuments(join(root, 'models')))]
  expect(new Set(shipped.map(({ kind }) => kind))).toEqual(new Set(Object.keys(KINDS)))
  for (const { file, kind } of shipped) {
    const [, schema] = /^# yaml-language-server: \$schema=(\S+)$/m.exec(await readFile(file, 'utf8')) ?? []
    expect(schema, `${file} says $schema`).toBeDefined()
    expect([file, JSON.parse(await readFile(join(dirname(file), schema!), 'utf8')).title]).toEqual([file, kind])
  }
})

describe('a plan', () => {
  const [a, b, c] = [{ is: 'a' }, { is: 'b' }, { is: 'c' }]
  it.each([
    ['is new', { wanted: a }, {}, 'create'],
    ['was removed beside the files', { wanted: a, applied: a }, {}, 'create'],
    ['is unchanged', { wanted: a, applied: a, live: a }, {}, 'keep'],
    ['is so already', { wanted: a, live: a }, {}, 'remember'],
    ['changed in the files', { wanted: b, applied: a, live: a }, {}, 'update'],
    ['was made beside the files', { wanted: b, live: a }, {}, 'conflict'],
    ['was made beside the files', { wanted: b, live: a }, { force: true }, 'update'],
    ['changed on both sides', { wanted: b, applied: a, live: c }, {}, 'conflict'],
    ['changed on both sides', { wanted: b, applied: a, live: c }, { force: true }, 'update'],
    ['is none of these files', { live: a }, { prune: true, force: true }, 'keep'],
    ['left the files', { applied: a, live: a }, {}, 'keep'],
    ['left the files', { applied: a, live: a }, { prune: true }, 'remove'],
    ['left the files, and changed', { applied: a, live: b }, { prune: true }, 'conflict'],
    ['left the files, and changed', { applied: a, live: b }, { prune: true, force: true }, 'remove'],
    ['left the files, and cannot be removed', { applied: a, live: b }, { prune: true, removable: false }, 'forget'],
    ['left both', { applied: a }, { prune: true }, 'forget'],
    ['is new, and cannot be removed', { wanted: a }, { removable: false }, 'start'],
    ['changed in the files, and cannot be removed', { wanted: b, applied: a, live: a }, { removable: false }, 'start'],
    ['is new, and held', { wanted: a }, { held: 'suspended' }, 'keep'],
    ['changed in the files, and is held', { wanted: b, applied: a, live: a }, { held: 'suspended' }, 'keep'],
  ])('for what %s: %j, %j: %s', (_what, sides, wishes, action) => {
    const all = { prune: false, force: false, removable: true, ...wishes }
    expect(planChange({ kind: 'Policy', name: 'x', ...sides }, all).action).toBe(action)
  })

  it('names the fields that differ', () => {
    expect(differences({ spec: { a: 1, b: [1] }, c: 1 }, { spec: { a: 2, b: [1] } })).toEqual([
      'c: 1 → (none)',
      'spec.a: 1 → 2',
    ])
  })
})
