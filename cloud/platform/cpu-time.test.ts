import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { pid } from 'node:process'
import { expect, it } from 'vitest'
import { cpuTime } from './cpu-time.ts'

/** Burns so many milliseconds of CPU in a process of its own, and then waits to be told to end. */
const BURN = `const until = process.cpuUsage().user / 1000 + Number(process.argv[1])
while (process.cpuUsage().user / 1000 < until);
process.stdout.write('done'); process.stdin.once('data', () => process.exit())`

it('counts what a process has started, while it runs and when it has ended', async () => {
  const before = await cpuTime(pid)
  const child = spawn(process.execPath, ['-e', BURN, '300'], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const running = await cpuTime(pid)
  expect(running - before).toBeGreaterThanOrEqual(250)
  child.stdin.write('end')
  await once(child, 'exit')
  expect(await cpuTime(pid)).toBeGreaterThanOrEqual(running)
})
