import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { quiet, temporaryFolder } from '../test/database.ts'
import { startPostgres } from './postgres.ts'
import { isRunning } from './processes.ts'

const settings = { fsync: 'off' }
const stack: AsyncDisposable[] = []
afterEach(async () => {
  for (const resource of stack.splice(0).reverse()) await resource[Symbol.asyncDispose]()
})
async function folder() {
  const made = await temporaryFolder()
  stack.push(made)
  return join(made.path, 'postgres')
}

const ownerScript = fileURLToPath(new URL('../test/postgres-owner.ts', import.meta.url))

/** Another process that starts PostgreSQL in `directory`; resolves when it runs. */
async function ownerProcess(directory: string): Promise<{ owner: ChildProcess; server: number }> {
  const owner = spawn(process.execPath, [ownerScript, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  let server = 0
  stack.push({
    // Its server ends a moment later, and writes to the folder on its way.
    async [Symbol.asyncDispose]() {
      owner.kill('SIGKILL')
      if (server > 0) await ended(server)
    },
  })
  const [line] = (await once(createInterface(owner.stdout!), 'line')) as [string]
  server = Number(line)
  return { owner, server }
}

const ended = (pid: number) => vi.waitFor(async () => expect(await isRunning(pid)).toBe(false), { timeout: 60_000 })

const watcherOf = (server: number) =>
  execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('storecast-postgres-watcher') && line.trimEnd().endsWith(` ${server}`))
    .map((line) => Number.parseInt(line, 10))

async function value(url: string, sql: string) {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return Object.values((await client.query(sql)).rows[0])[0]
  } finally {
    await client.end()
  }
}

describe('embedded PostgreSQL', () => {
  it('keeps its data from one start to the next, and ends with its owner', async () => {
    const directory = await folder()
    const first = await startPostgres({ directory, log: quiet, settings })
    const client = new pg.Client(first.url)
    await client.connect()
    await client.query("CREATE TABLE kept AS SELECT 'yes' AS answer")
    await client.end()
    await first[Symbol.asyncDispose]()
    expect(await isRunning(first.pid)).toBe(false)
    await using second = await startPostgres({ directory, log: quiet, settings })
    expect(await value(second.url, 'SELECT answer FROM kept')).toBe('yes')
    expect(await value(second.url, 'SHOW listen_addresses')).toBe('')
  })

  it('ends when its owner is killed', async () => {
    const directory = await folder()
    const { owner, server } = await ownerProcess(directory)
    expect(await isRunning(server)).toBe(true)
    owner.kill('SIGKILL')
    await ended(server)
    await vi.waitFor(() => expect(watcherOf(server)).toEqual([]))
  })

  it('ends when its owner is killed while it starts', async () => {
    const directory = await folder()
    const owner = spawn(process.execPath, [ownerScript, directory], { stdio: ['ignore', 'ignore', 'inherit'] })
    const server = await vi.waitFor(
      async () => {
        const pid = Number.parseInt(await readFile(join(directory, 'data', 'postmaster.pid'), 'utf8'), 10)
        // The server makes the file first, and writes into it then.
        expect(pid).toBeGreaterThan(0)
        return pid
      },
      { timeout: 60_000, interval: 1 },
    )
    owner.kill('SIGKILL')
    await ended(server)
  })

  it('ends when its owner is killed as soon as there is a process', async () => {
    const directory = await folder()
    const owner = spawn(process.execPath, [ownerScript, directory, 'killed-as-it-spawns'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(createInterface(owner.stdout!), 'line')) as [string]
    await ended(Number(line))
    await expect(readFile(join(directory, 'data', 'postmaster.pid'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('is found and ended by the next start where its watcher was killed with its owner', async () => {
    const directory = await folder()
    const { owner, server } = await ownerProcess(directory)
    const [watcher] = watcherOf(server)
    process.kill(watcher!, 'SIGKILL')
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    expect(await isRunning(server)).toBe(true)
    await using next = await startPostgres({ directory, log: quiet, settings })
    expect(await isRunning(server)).toBe(false)
    expect(await value(next.url, 'SELECT 1 AS one')).toBe(1)
  })

  it('leaves the server of a living owner alone and says who that is', async () => {
    const directory = await folder()
    const { owner, server } = await ownerProcess(directory)
    await expect(startPostgres({ directory, log: quiet, settings })).rejects.toMatchObject({
      code: 'postgres-in-use',
      message: expect.stringContaining(`process ${owner.pid}`),
    })
    expect(await isRunning(server)).toBe(true)
  })

  it('is had by one of two that start at once, and the other does not wait for it', async () => {
    const directory = await folder()
    await (await startPostgres({ directory, log: quiet, settings }))[Symbol.asyncDispose]()
    const both = await Promise.allSettled([1, 2].map(() => startPostgres({ directory, log: quiet, settings })))
    const codes = both.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))
    const servers = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    stack.push(...servers)
    expect(codes).toEqual([expect.stringMatching(/^postgres-(start|in-use)$/)])
    expect(await value(servers[0]!.url, 'SELECT 1 AS one')).toBe(1)
  })

  it('starts over a stale postmaster.pid whose number another process has now', async () => {
    const directory = await folder()
    const first = await startPostgres({ directory, log: quiet, settings })
    const pidFile = join(directory, 'data', 'postmaster.pid')
    const content = await readFile(pidFile, 'utf8')
    await first[Symbol.asyncDispose]()
    await writeFile(pidFile, content.replace(/^\d+/, String(process.pid)))
    await using second = await startPostgres({ directory, log: quiet, settings })
    expect(await value(second.url, 'SELECT 1 AS one')).toBe(1)
  })

  it('explains data of another major version', async () => {
    const directory = await folder()
    await mkdir(join(directory, 'data'), { recursive: true })
    await writeFile(join(directory, 'data', 'PG_VERSION'), '15\n')
    await expect(startPostgres({ directory, log: quiet, settings })).rejects.toMatchObject({
      code: 'postgres-major',
      message: expect.stringMatching(/PostgreSQL 15.*ships 18.*storecast backup/s),
    })
  })

  it('tells its owner when it ends by itself', async () => {
    await using server = await startPostgres({ directory: await folder(), log: quiet, settings })
    process.kill(server.pid, 'SIGQUIT')
    expect(await server.lost).toMatchObject({ code: 'postgres-ended' })
  })

  it('takes a folder too deep for a Unix socket', async () => {
    const directory = join(await folder(), 'deep'.repeat(20), 'er'.repeat(20))
    await using server = await startPostgres({ directory, log: quiet, settings })
    expect(await value(server.url, 'SELECT 1 AS one')).toBe(1)
  })
})
