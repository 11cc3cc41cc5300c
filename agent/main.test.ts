import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isPin, readPin } from './page/pin.ts'
import { prepareAgent } from './test/agent-process.ts'
import { temporaryFolder } from './test/storage.ts'

let folder: { path: string } & AsyncDisposable
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder[Symbol.asyncDispose]())

const run = (...args: string[]) => runWith({}, ...args)

async function runWith({ stdin = '', env = {} }: { stdin?: string; env?: NodeJS.ProcessEnv }, ...args: string[]) {
  const entry = fileURLToPath(new URL('./main.ts', import.meta.url))
  const child = spawn(process.execPath, [entry, ...args], { env: { ...process.env, ...env } })
  child.stdin.end(stdin)
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { status: child.exitCode, out, err }
}
const config = async (settings: object | string) => {
  const file = join(folder.path, 'agent.yaml')
  await writeFile(file, typeof settings === 'string' ? settings : JSON.stringify(settings))
  return file
}

describe('storecast-agent', () => {
  it('explains itself', async () => {
    expect(await run('--help')).toMatchObject({ status: 0, out: expect.stringContaining('doctor --config') })
    expect(await run()).toMatchObject({ status: 2, err: expect.stringContaining('run --config') })
    expect(await run('walk', '--config', 'x')).toMatchObject({ status: 2 })
    expect(await run('run', '--colour')).toMatchObject({ status: 2, err: expect.stringContaining("'--colour'") })
  })

  it('says in a line why it cannot start', async () => {
    const wrong = await run('run', '--config', await config('device: a\nport: 1'))
    expect(wrong).toMatchObject({
      status: 2,
      err: expect.stringMatching(/^storecast-agent: .*:2: port: not a field.*\n$/),
    })
    await using other = await prepareAgent(join(folder.path), { device: 'a' })
    await other.start()
    await other.ready()
    const same = await run('run', '--config', await config({ device: 'a', http: { port: 0 } }))
    expect(same).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^storecast-agent: another agent works on .*\n$/),
    })
    const port = Number(new URL(other.url).port)
    const taken = await run('run', '--config', await config({ device: 'a', dataDir: 'elsewhere', http: { port } }))
    expect(taken).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^storecast-agent: cannot listen on .*EADDRINUSE.*\n$/),
    })
    expect(await other.stop('SIGINT')).toBe(0)
  })

  it('sets the PIN of the page from a file, from standard input, or makes one and shows it once', async () => {
    const open = await config({ device: 'a', http: { host: '0.0.0.0', port: 0 } })
    expect(await run('run', '--config', open)).toMatchObject({
      status: 2,
      err: expect.stringMatching(
        /http\.host: 0\.0\.0\.0 can be reached from outside: set the PIN .* "storecast-agent pin"/,
      ),
    })
    const pin = join(folder.path, 'pin')
    const kept = join(folder.path, 'data', 'page', 'pin.json')
    await writeFile(pin, '804615\n')
    expect(await run('pin', '--config', open, '--pin-file', pin)).toMatchObject({
      status: 0,
      out: 'the PIN of a is set\n',
    })
    expect(await isPin((await readPin(kept))!, '804615')).toBe(true)
    const piped = await runWith({ stdin: '715294\n' }, 'pin', '--config', open, '--pin-file', '-')
    expect(piped.out).toBe('the PIN of a is set\n')
    expect(await isPin((await readPin(kept))!, '715294')).toBe(true)
    const made = await run('pin', '--config', open)
    const shown = /^the PIN of a is (\d{6}): write it down, it is not shown again\n$/.exec(made.out)?.[1]
    expect(await isPin((await readPin(kept))!, shown!)).toBe(true)

    const weak = await runWith({ stdin: '123456' }, 'pin', '--config', open, '--pin-file', '-')
    expect(weak).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^storecast-agent: a PIN of equal digits.*\n$/),
    })
    expect(await run('pin', '--config', open, '--pin-file', join(folder.path, 'none'))).toMatchObject({
      status: 1,
      err: expect.stringContaining('there is no such file: it should hold the PIN'),
    })
  })

  it('enrols and sets a PIN at once; one that is set stays', async () => {
    const alone = await run('enroll', '--config', await config({ device: 'a' }))
    expect(alone).toMatchObject({ status: 1, err: expect.stringContaining('no section "cloud"') })
    expect(alone.out).toMatch(/^the PIN of a is \d{6}: /)
    const cloud = { mqtt: 'mqtt://127.0.0.1:1883' }
    const env = { STORECAST_DEVICE_TOKEN: 'token' }
    const enrolled = await runWith({ env }, 'enroll', '--config', await config({ device: 'a', cloud }))
    expect(enrolled).toMatchObject({ status: 0, out: 'a is enrolled: mqtt://127.0.0.1:1883\n' })
  })
})
