import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testBundle } from '@storecast/cloud/test/bundle'
import { type TestCloud, testCloud } from '@storecast/cloud/test/cloud'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { typist } from '../test/cli.ts'

let folder: string
let files: string
let server: TestCloud
let storecast: ReturnType<typeof typist>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storecast-apply-'))
  files = join(folder, 'fleet')
  await mkdir(files)
  server = await testCloud()
  storecast = typist(folder)
  await storecast(['login', server.cloud.url, '--with-token'], { input: server.cloud.adminToken })
  await server.call('POST', '/v1/models/demand/versions', { bytes: testBundle() })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const policy = (name: string, expression: string, action = 'Deny') =>
  writeFile(
    join(files, `${name}.yaml`),
    `apiVersion: storecast/v1
kind: Policy
metadata: { name: ${name} }
spec:
  gates: [rollout, register]
  validations: [{ expression: "${expression}", message: not this one }]
  validationActions: [${action}]
`,
  )
const apply = (...more: string[]) => storecast(['apply', '-f', files, ...more])
const names = async () =>
  (await server.call('GET', '/v1/policies')).body.items.map((one: { metadata: { name: string } }) => one.metadata.name)

describe('apply', () => {
  it('makes the cloud as the files say, and shows before what it would change', async () => {
    await policy('first', 'true')
    await policy('second', 'true')
    expect(await storecast(['diff', '-f', files])).toMatchObject({
      status: 1,
      out: expect.stringMatching(/^create Policy first \(new\)$/m),
    })
    expect(await apply('--dry-run')).toMatchObject({ status: 0, err: '2 changes; nothing was done\n' })
    expect(await names()).toEqual([])
    expect(await apply()).toMatchObject({ status: 0, err: '2 changes made\n' })
    expect(await names()).toEqual(['first', 'second'])
    expect(await apply('--json')).toMatchObject({ status: 0, out: '[]\n', err: 'the cloud is as the files say\n' })
    expect(await storecast(['diff', '-f', files])).toMatchObject({ status: 0, out: '' })
    await policy('first', "model.name == 'demand'")
    expect((await storecast(['diff', '-f', files])).out).toMatch(
      /^update Policy first[\s\S]*spec.validations: .*→.*model.name/,
    )
    expect(await apply()).toMatchObject({ status: 0, err: '1 change made\n' })
  })

  it('does not lose what was changed or made beside the files', async () => {
    const { body } = await server.call('GET', '/v1/policies/first')
    const touched = { ...body, metadata: { ...body.metadata, description: 'touched' } }
    await server.call('PUT', '/v1/policies/first', { json: touched })
    await policy('first', 'true')
    await policy('third', 'true')
    const refused = await apply()
    expect(refused).toMatchObject({
      status: 1,
      err: expect.stringMatching(/nothing was done: Policy first was changed beside/),
    })
    expect(await names()).toEqual(['first', 'second'])
    expect(await apply('--force')).toMatchObject({ status: 0, err: '2 changes made\n' })
    expect((await server.call('GET', '/v1/policies/first')).body.metadata.description).toBe('')
  })

  it('removes what it made, where asked to, and nothing else', async () => {
    const other = {
      ...(await server.call('GET', '/v1/policies/first')).body,
      metadata: { name: 'by-hand', description: '' },
    }
    await server.call('PUT', '/v1/policies/by-hand', { json: other })
    await rm(join(files, 'second.yaml'))
    expect(await apply()).toMatchObject({ err: 'the cloud is as the files say\n' })
    expect(await apply('--prune', '--set', 'others')).toMatchObject({ status: 0 })
    expect(await names()).toEqual(['by-hand', 'first', 'second', 'third'])
    expect(await apply('--prune')).toMatchObject({
      status: 1,
      err: expect.stringMatching(/Policy second will be removed.*--yes/),
    })
    const prune = ['apply', '-f', files, '--prune']
    expect(await storecast(prune, { answer: 'yes' })).toMatchObject({
      status: 2,
      err: expect.stringMatching(/Nothing was done/),
    })
    expect(await names()).toHaveLength(4)
    expect(await storecast(prune, { answer: 'fleet' })).toMatchObject({
      status: 0,
      err: expect.stringMatching(/1 change made/),
    })
    expect(await names()).toEqual(['by-hand', 'first', 'third'])
  })

  it('starts a rollout once, and another where its document changes', async () => {
    await server.call('PUT', '/v1/sites/berlin', { json: { timeZone: 'Europe/Berlin' } })
    await server.call('POST', '/v1/devices', { json: { id: 'berlin-1', site: 'berlin' } })
    const rollout = (weight: number) =>
      writeFile(
        join(files, 'rollout.yaml'),
        `apiVersion: storecast/v1
kind: Rollout
metadata: { name: all-shops }
spec: { model: models:/demand/1, evidence: none, steps: [{ pause: {} }, { setWeight: ${weight} }] }
`,
      )
    const started = async () => (await server.call('GET', '/v1/rollouts')).body.items.length
    await rollout(100)
    expect(await apply()).toMatchObject({ status: 0, out: expect.stringMatching(/^start +Rollout +all-shops/m) })
    expect(await apply()).toMatchObject({ status: 0, err: 'the cloud is as the files say\n' })
    await rollout(50)
    // One under way is not replaced: the cloud refuses, and says why.
    expect(await apply()).toMatchObject({ status: 1, err: expect.stringMatching(/all-shops .* is under way/) })
    expect(await started()).toBe(1)
    await rm(join(files, 'rollout.yaml'))
    expect((await apply('--prune')).out).toMatch(
      /^forget +Rollout +all-shops +no longer in the files; what it did stays done/m,
    )
    expect(await started()).toBe(1)
  })

  it('leaves a suspended rollout alone, and makes a group before what names it', async () => {
    const file = join(files, 'a-rollout.yaml')
    const document = (suspend: boolean) => `apiVersion: storecast/v1
kind: Rollout
metadata: { name: to-group }
spec: { suspend: ${suspend}, model: models:/demand/1, evidence: none, selector: { groups: [berlin-shops] }, steps: [{ pause: {} }, { setWeight: 50 }] }
---
apiVersion: storecast/v1
kind: DeviceGroup
metadata: { name: berlin-shops }
spec: { selector: { expressions: [{ label: site, operator: In, values: [berlin] }] } }
`
    await server.call('POST', '/v1/rollouts/all-shops/abort')
    await writeFile(file, document(true))
    const held = await apply()
    expect(held).toMatchObject({ status: 0, err: expect.stringMatching(/^Rollout to-group is suspended: /) })
    expect(held.out).not.toMatch(/Rollout/)
    expect(
      (await storecast(['rollout', 'start', '-f', join(import.meta.dirname, '../rollouts/demand.yaml')])).err,
    ).toMatch(/says "suspend: true"/)
    await writeFile(file, document(false))
    expect((await apply()).out).toMatch(/^start +Rollout +to-group +new$/m)
    expect((await server.call('GET', '/v1/rollouts/to-group')).body.counts.devices).toBe(1)
    await rm(file)
    const inUse = await apply('--prune', '--yes')
    expect(inUse.err).toMatch(/Group berlin-shops is named by rollout to-group/)
    await server.call('POST', '/v1/rollouts/to-group/abort')
  })

  it('changes nothing where a file is wrong, and says where', async () => {
    await policy('fourth', 'modle')
    expect(await apply()).toMatchObject({
      status: 1,
      err: expect.stringMatching(/fourth\.yaml:6:31: spec\.validations\[0\]\.expression: there is no "modle"/),
    })
    await rm(join(files, 'fourth.yaml'))
    expect(await apply('--set', 'No Name')).toMatchObject({ status: 1 })
    expect((await storecast(['apply', '-f', join(folder, 'absent')])).status).toBe(1)
    // As diff does: trouble is not a difference.
    expect((await storecast(['diff', '-f', join(folder, 'absent')])).status).toBe(2)
    expect((await storecast(['diff', '--set', 'No Name'])).status).toBe(2)
    const env = { STORECAST_TOKEN: 'guess', STORECAST_URL: server.cloud.url }
    expect((await storecast(['diff', '-f', files], { env })).status).toBe(4)
  })
})

describe('policy', () => {
  it('lists, shows and deletes', async () => {
    expect((await storecast(['policy', 'list'])).out).toMatch(/^first +rollout, register +Deny/m)
    expect(JSON.parse((await storecast(['policy', 'list', '--json'])).out)).toHaveLength(3)
    expect((await storecast(['policy', 'show', 'first'])).out).toMatch(/^kind: Policy$/m)
    expect(await storecast(['policy', 'delete', 'by-hand'], { answer: 'no' })).toMatchObject({ status: 2 })
    expect(await storecast(['policy', 'delete', 'by-hand'], { answer: 'by-hand' })).toMatchObject({ status: 0 })
    expect(await names()).toEqual(['first', 'third'])
  })

  it('test runs the tests of the shipped policies', async () => {
    const shipped = join(import.meta.dirname, '../policies')
    expect(await storecast(['policy', 'test', '-f', shipped])).toMatchObject({ status: 0, err: '12 cases pass\n' })
    await policy('wrong', 'false')
    await writeFile(
      join(files, 'test.yaml'),
      `apiVersion: storecast/v1
kind: PolicyTest
metadata: { name: wrong }
spec: { policy: wrong, cases: [{ name: lets through, gate: register, expect: allow }, { name: denies, gate: register, expect: deny, message: 'this one' }] }
`,
    )
    const failing = await storecast(['policy', 'test', '-f', files])
    expect(failing).toMatchObject({
      status: 1,
      err: expect.stringMatching(
        /wrong, "lets through": expected allow, and it is deny: not this one\n.*1 of 2 cases fail/,
      ),
    })
    expect(await storecast(['policy', 'test'])).toMatchObject({
      status: 1,
      err: expect.stringMatching(/say what to test/),
    })
  })

  it("test gives the server's verdict, of policies in force and of files", async () => {
    const test = (...more: string[]) => storecast(['policy', 'test', '--model', 'models:/demand/1', ...more])
    expect(await test()).toMatchObject({ status: 0, out: expect.stringMatching(/^first +allow/m) })
    expect(await test('-f', files)).toMatchObject({
      status: 1,
      err: expect.stringMatching(/is denied at "rollout" by wrong/),
    })
    expect(JSON.parse((await test('--json', '--gate', 'approve')).out)).toEqual([])
    expect(await test('--gate', 'nowhere')).toMatchObject({ status: 1 })
  })
})
