import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { isRunning } from '../platform/processes.ts'
import { caller } from './cloud.ts'
import { temporaryFolder } from './database.ts'

const TOKEN = 'an-operator'
const stack = new AsyncDisposableStack()
let data: string
beforeAll(async () => {
  data = join(stack.use(await temporaryFolder()).path, 'data')
})
afterAll(() => stack.disposeAsync())

interface Running {
  readonly process: ChildProcess
  readonly url: string
  readonly output: string[]
  readonly call: ReturnType<typeof caller>
}

/** The program as it ships, in a process of its own. */
async function start(env: Record<string, string> = {}): Promise<Running> {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url))
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      STORECAST_DATA: data,
      STORECAST_HTTP_PORT: '0',
      STORECAST_MQTT_PORT: '0',
      STORECAST_ADMIN_TOKEN: TOKEN,
      STORECAST_LOG_LEVEL: 'silent',
      ...env,
    },
  })
  stack.defer(() => void child.kill('SIGKILL'))
  const output: string[] = []
  createInterface(child.stdout).on('line', (line) => output.push(line))
  createInterface(child.stderr).on('line', (line) => output.push(line))
  const url = await vi.waitFor(
    () => {
      if (child.exitCode !== null) return undefined
      const found = /at (http:\S+),/.exec(output.join('\n'))?.[1]
      if (!found) throw new Error(`not up yet: ${output.join('\n')}`)
      return found
    },
    { timeout: 30_000 },
  )
  return { process: child, url: url ?? '', output, call: caller({ url: url ?? '', adminToken: TOKEN }) }
}

const serverPid = async () =>
  Number((await readFile(join(data, 'postgres', 'data', 'postmaster.pid'), 'utf8')).split('\n')[0])
const serversOf = (folder: string) =>
  execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(`-D ${folder}`)).length

describe('storecast-cloud', () => {
  it('loses nothing it answered for, and never runs two databases, however often it is killed', async () => {
    const sites: string[] = []
    for (let round = 0; round < 4; round++) {
      const cloud = await start()
      for (const id of sites) expect((await cloud.call('GET', `/v1/sites/${id}`)).status).toBe(200)
      const id = `round-${round}`
      expect((await cloud.call('PUT', `/v1/sites/${id}`, { json: { timeZone: 'UTC' } })).status).toBe(200)
      sites.push(id)
      expect(serversOf(join(data, 'postgres', 'data'))).toBe(1)
      cloud.process.kill('SIGKILL')
      await once(cloud.process, 'exit')
    }
    const last = await start()
    expect((await last.call('GET', '/v1/sites')).body.items.map((site: { id: string }) => site.id)).toEqual(sites)
    const server = await serverPid()
    last.process.kill('SIGTERM')
    expect(await once(last.process, 'exit')).toEqual([0, null])
    expect(await isRunning(server)).toBe(false)
  })

  it('refuses a second start on the same folder and leaves the first alone', async () => {
    const first = await start()
    const second = await start()
    expect(second.process.exitCode).toBe(1)
    expect(second.output.join('\n')).toContain(`in use by storecast process ${first.process.pid}`)
    expect((await first.call('GET', '/healthz')).status).toBe(200)
    first.process.kill('SIGTERM')
    await once(first.process, 'exit')
  })

  it('ends with an error when its database ends by itself', async () => {
    const cloud = await start()
    process.kill(await serverPid(), 'SIGQUIT')
    expect(await once(cloud.process, 'exit')).toEqual([1, null])
    expect(cloud.output.join('\n')).toContain('ended by itself')
  })

  it('prints the first operator’s link until it is used', async () => {
    const cloud = await start({ STORECAST_ADMIN_TOKEN: '' })
    const code = /claim#(\S+) /.exec(cloud.output.join('\n'))?.[1]
    const claimed = await cloud.call('POST', '/v1/admin-tokens', { token: null, json: { code } })
    expect(claimed.status).toBe(201)
    cloud.process.kill('SIGTERM')
    await once(cloud.process, 'exit')
    const next = await start({ STORECAST_ADMIN_TOKEN: '' })
    expect(next.output.join('\n')).not.toContain('claim#')
    expect((await next.call('GET', '/v1/sites', { token: claimed.body.token })).status).toBe(200)
    next.process.kill('SIGTERM')
    await once(next.process, 'exit')
  })
})
