import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { AlreadyRunning, lockDirectory } from './lock.ts'

it('holds a directory until it is let go, or the process that holds it is killed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'storecast-lock-'))
  const script = `
    const { lockDirectory } = await import(${JSON.stringify(new URL('./lock.ts', import.meta.url).href)})
    globalThis.held = lockDirectory(${JSON.stringify(directory)})
    console.log('held')
    setInterval(() => {}, 1000)`
  const other = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void other.kill('SIGKILL'))
  await once(other.stdout!, 'data')
  expect(() => lockDirectory(directory)).toThrow(AlreadyRunning)
  other.kill('SIGKILL')
  await once(other, 'exit')
  await vi.waitFor(() => {
    using held = lockDirectory(directory)
    expect(held).toBeDefined()
  })
  const again = lockDirectory(directory)
  expect(() => lockDirectory(directory)).toThrow('another agent works on')
  again[Symbol.dispose]()
  await rm(directory, { recursive: true })
})
