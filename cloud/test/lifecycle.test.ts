import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { isRunning } from '../platform/processes.ts'
import { cloudProcess } from './cloud-process.ts'
import { temporaryFolder } from './database.ts'

const stack = new AsyncDisposableStack()
let data: string
beforeAll(async () => {
  data = join(stack.use(await temporaryFolder()).path, 'data')
})
afterAll(() => stack.disposeAsync())

const start = (env: Record<string, string> = {}) => cloudProcess(stack, data, env)

const serverPid = async () =>
  Number((await readFile(join(data, 'postgres', 'data', 'postmaster.pid'), 'utf8')).split('\n')[0])
/** Those that another one has just forked carry its arguments for a moment, and so does the shell that becomes a server. */
const serversOf = (folder: string) => {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')
  const found = lines
    .filter((line) => line.includes(`-D ${folder}`) && !line.includes('storecast-postgres'))
    .map((line) => line.trim().split(/\s+/))
  const pids = new Set(found.map(([pid]) => pid))
  return found.filter(([, parent]) => !pids.has(parent)).length
}

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
    expect(await once(cloud.process, 'close')).toEqual([1, null])
    expect(cloud.output.join('\n')).toContain('ended by itself')
  })

  it('prints the first operator’s link until it is used', async () => {
    const cloud = await start({ STORECAST_ADMIN_TOKEN: '' })
    // A line of its own, after the one that says where the cloud is.
    const linkOf = () => /claim#(\S+) /.exec(cloud.output.join('\n'))?.[1]
    await vi.waitFor(() => expect(linkOf()).toBeDefined())
    const code = linkOf()
    const claimed = await cloud.call('POST', '/v1/admin-tokens', { token: null, json: { code } })
    expect(claimed.status).toBe(201)
    cloud.process.kill('SIGTERM')
    await once(cloud.process, 'exit')
    const next = await start({ STORECAST_ADMIN_TOKEN: '' })
    expect((await next.call('GET', '/v1/sites', { token: claimed.body.token })).status).toBe(200)
    next.process.kill('SIGTERM')
    await once(next.process, 'close')
    expect(next.output.join('\n')).not.toContain('claim#')
  })
})
