import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testBundle } from '@storecast/cloud/test/bundle'
import { type TestCloud, testCloud } from '@storecast/cloud/test/cloud'
import { rolloutOf } from '@storecast/cloud/test/rollout'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { runCli } from './program.ts'

let server: TestCloud
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storecast-rollout-'))
  server = await testCloud()
  await server.call('PUT', '/v1/sites/berlin', { json: { timeZone: 'UTC', labels: { region: 'eu' } } })
  for (const id of ['berlin-1', 'berlin-2']) {
    await server.call('POST', '/v1/devices', { json: { id, site: 'berlin' } })
  }
  await server.call('POST', '/v1/models/demand/versions', { bytes: testBundle() })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const rollout = (...argv: string[]) => typed(argv)
async function typed(argv: readonly string[], { answer, isTerminal }: { answer?: string; isTerminal?: true } = {}) {
  const said = { out: '', err: '' }
  const frames: (readonly string[])[] = []
  const terminal = {
    out: (text: string) => {
      said.out += `${text}\n`
    },
    err: (text: string) => {
      said.err += `${text}\n`
    },
    progress: () => {},
    ...(isTerminal && { frame: (lines: readonly string[]) => void frames.push(lines) }),
  }
  const env = { STORECAST_URL: server.cloud.url, STORECAST_TOKEN: server.cloud.adminToken }
  const context = { terminal, signal: new AbortController().signal, env, readInput: async () => '' }
  const asked = { ...context, ...(answer !== undefined && { ask: async () => answer }) }
  return { status: await runCli(['rollout', ...argv], asked), ...said, frames }
}

it('is started from a file, looked at, paused, promoted and aborted by command', async () => {
  expect(await rollout('list', '--json')).toMatchObject({ status: 0, out: '[]\n' })
  const file = join(folder, 'demand.yaml')
  const spec = 'model: models:/demand/1, steps: [{ pause: {} }, { setCount: 1 }, { setWeight: 100 }], evidence: none'
  await writeFile(file, `{ apiVersion: storecast/v1, kind: Rollout, metadata: { name: spring }, spec: { ${spec} } }\n`)
  expect((await rollout('start', '-f', file)).out).toMatch(/^rollout +spring \(1\)\nversion +demand\/1$/m)
  const watched = await rollout('status', 'spring', '--watch')
  expect(watched).toMatchObject({ status: 1, err: expect.stringMatching(/spring is paused: a pause, until somebody/) })
  expect(watched.out).toMatch(/^step +1 of 3: \{"pause":\{\}\}$/m)
  expect((await rollout('start', '-f', file)).err).toMatch(
    /Rollout spring \(1\) of demand is under way on 2 of the devices/,
  )
  expect(JSON.parse((await rollout('promote', 'spring', '--json')).out).step).toBe(1)
  expect((await rollout('pause', '1')).out).toMatch(/^state +paused$/m)
  expect((await rollout('resume', 'spring')).out).toMatch(/^state +running$/m)
  expect((await rollout('retry', 'spring')).status).toBe(0)
  expect((await rollout('promote', 'spring', '--full', '--yes')).out).toMatch(/^step +all 3 done$/m)
  expect((await rollout('list')).out).toMatch(/^ +1 +spring +demand\/1 +running +0 +2 /m)
  expect((await rollout('abort', 'spring', '--yes')).status).toBe(0)
  await vi.waitFor(async () => expect(await rollout('status', 'spring')).toMatchObject({ status: 1 }))
  expect(await rollout('undo', 'spring', '--yes')).toMatchObject({
    ...{ status: 1, err: expect.stringMatching(/cannot be undone/) },
  })
})

it('that is written wrongly is not sent, and says file, line and field', async () => {
  const file = join(folder, 'wrong.yaml')
  await writeFile(
    file,
    'apiVersion: storecast/v1\nkind: Rollout\nmetadata: { name: wrong }\nspec:\n  model: demand\n  steps: []\n',
  )
  const { status, err } = await rollout('start', '-f', file)
  expect(status).toBe(1)
  expect(err).toMatch(/wrong.yaml:5:10: spec.model: a model version/)
  expect((await rollout('status', 'nothing')).err).toMatch(/There is no rollout nothing/)
})

it('says what it would do, asks for the name before severe acts, and shows what waits for devices that are away', async () => {
  await server.call('POST', '/v1/models/sensor/versions', { bytes: testBundle({ name: 'sensor' }) })
  const file = join(folder, 'sensor.yaml')
  const document = rolloutOf('models:/sensor/1', {
    ...{
      name: 'autumn',
      steps: [{ setCount: 1 }, { pause: {} }, { setWeight: 100 }],
      minSucceeded: 0.5,
      offlineExpiry: '2d',
    },
  })
  await writeFile(file, JSON.stringify(document))
  const planned = await rollout('start', '-f', file, '--dry-run')
  expect(planned.err).toMatch(/autumn would take sensor\/1 to 2 devices; nothing was started/)
  expect(planned.out).toMatch(/^ *1 device +1 +1 +berlin-\d$\n^ *100 % +1 +2 +berlin-\d$/m)
  expect((await rollout('status', 'autumn')).err).toMatch(/no rollout autumn/)

  await rollout('start', '-f', file)
  // Nobody has seen the devices: what they are told waits for them.
  const waiting = await vi.waitFor(async () => {
    const { out } = await rollout('queue', 'autumn')
    expect(out).toMatch(/^berlin-\d +autumn +serve sensor\/1 +\d{4}-/m)
    return out
  })
  const first = /^(berlin-\d)/m.exec(waiting)![1]!
  const [queued] = JSON.parse((await rollout('queue', '--device', first, '--json')).out)
  expect(queued).toMatchObject({ rollout: 'autumn', action: 'serve', version: 1, device: first })
  expect(queued.expiresAt - queued.since).toBe(2 * 86_400_000)
  expect((await rollout('devices', 'autumn', '--state', 'offline')).out).toMatch(
    new RegExp(`^${first} +offline +– +\\d{4}`, 'm'),
  )

  expect((await rollout('pause', 'autumn', '--dry-run')).err).toMatch(
    /autumn: at step 1; its state would be "paused". Nothing was done/,
  )
  const wouldGo = await rollout('abort', 'autumn', '--dry-run')
  expect(wouldGo.out).toMatch(new RegExp(`^go back to what they had +1 +${first}$`, 'm'))
  expect((await rollout('abort', 'autumn')).err).toMatch(
    /of 1 device, each goes back to what it had. Nobody is here to confirm/,
  )
  const wrong = await typed(['abort', 'autumn'], { answer: 'spring' })
  expect(wrong).toMatchObject({ status: 2, err: expect.stringMatching(/Nothing was done/) })
  expect((await rollout('status', 'autumn')).out).toMatch(/^state +running$/m)
  expect((await typed(['promote', 'autumn', '--full'], { answer: 'no' })).err).toMatch(/to 1 more/)
  expect(await typed(['abort', 'autumn'], { answer: 'autumn' })).toMatchObject({ status: 0 })

  const watched = await typed(['status', 'autumn', '--watch'], { isTerminal: true })
  expect(watched).toMatchObject({ status: 1, out: '' })
  expect(watched.frames.at(-1)!.join('\n')).toMatch(/^autumn \(\d+\) {2}sensor\/1 {2}aborted$/m)
  expect(watched.frames.at(-1)).toContainEqual(
    expect.stringMatching(/^ {2}✗ 1 device +[▓░◁]+ {2}1 (at it|away|going back|went back)$/),
  )
  expect((await rollout('history', 'autumn')).out).toMatch(/ abort +at step 1$/m)
})
