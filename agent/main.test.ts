import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { prepareAgent } from './test/agent-process.ts'
import { temporaryFolder } from './test/storage.ts'

let folder: { path: string } & AsyncDisposable
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder[Symbol.asyncDispose]())

async function run(...args: string[]) {
  const entry = fileURLToPath(new URL('./main.ts', import.meta.url))
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
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
})
