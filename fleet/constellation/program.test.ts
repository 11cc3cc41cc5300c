import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '@storecast/shared/test/ports'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { Program } from './program.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storecast-program-'))
})
afterAll(() => rm(folder, { recursive: true }))

const program = (name: string, source: string, probe: (signal: AbortSignal) => Promise<unknown>) =>
  new Program({
    name,
    command: process.execPath,
    args: ['-e', source],
    logFile: join(folder, `${name}.log`),
    probe,
  })

const alive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

it('starts when it serves, is gone after a kill, and starts again', async () => {
  const port = await freePort()
  const source = `require('node:http').createServer((_, r) => r.end('hi')).listen(${port}, '127.0.0.1'); console.log('up')`
  const probe = (signal: AbortSignal) => fetch(`http://127.0.0.1:${port}`, { signal })
  await using served = program('served', source, probe)
  await served.start()
  const first = served.pid!
  await served.kill('SIGKILL')
  expect(alive(first)).toBe(false)
  await served.start()
  expect(served.pid).not.toBe(first)
  await served.kill()
  expect(await readFile(join(folder, 'served.log'), 'utf8')).toBe('up\nup\n')
})

it('fails with the last words of a program that ends', async () => {
  await using broken = program('broken', "console.error('no disk'); process.exit(3)", () => Promise.reject(new Error()))
  await expect(broken.start()).rejects.toThrow(/broken ended with status 3[\s\S]*no disk/)
})

it('says of a program that is not there that it is not', async () => {
  const options = { name: 'missing', command: join(folder, 'missing'), args: [], logFile: join(folder, 'missing.log') }
  await using missing = new Program({ ...options, probe: () => Promise.reject(new Error()) })
  await expect(missing.start()).rejects.toThrow(/missing ended with status [\s\S]*ENOENT/)
})

it('tells when a program ends that nobody stopped', async () => {
  await using short = program('short', 'setTimeout(() => process.exit(1), 300)', async () => {})
  await short.start()
  await expect(short.crashed).rejects.toThrow('short ended with status 1')
})

it('ends with the process that started it, also where that is killed', async () => {
  const starter = `
    import { Program } from '${new URL('./program.ts', import.meta.url)}'
    const program = new Program({
      name: 'left', command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'],
      logFile: ${JSON.stringify(join(folder, 'left.log'))}, probe: async () => {},
    })
    await program.start()
    console.log(program.pid)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', starter], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const pid = Number(line)
  expect(alive(pid)).toBe(true)
  child.kill('SIGKILL')
  await vi.waitFor(() => expect(alive(pid)).toBe(false), { timeout: 10_000 })
})
