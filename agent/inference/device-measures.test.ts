import { fork } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createLogger } from '../platform/logger.ts'
import { type Usage, usage } from '../platform/usage.ts'
import { openInMemory, openStorage, type Storage } from '../test/storage.ts'
import { DeviceMeasures, measuredEvery } from './device-measures.ts'

const T0 = Date.parse('2026-03-28T12:00:00Z')
const HOUR = 3_600_000

let storage: Storage
beforeEach(async () => {
  storage = await openStorage('', { now: T0, inline: openInMemory() })
})
afterEach(() => storage[Symbol.asyncDispose]())

const stored = (sensor: string) => [...storage.windows.read({ sensor, from: 0, to: 4e12 })]
/** Half a core is used whenever it is looked, whenever that is. */
const busy = async (): Promise<Usage> => {
  const at = performance.now()
  return { cpuMs: at / 2, at, memoryBytes: 200 * 2 ** 20, temperature: 51.3, disk: 0.25 }
}
const measures = (read: () => Promise<Usage>) =>
  new DeviceMeasures({ ...storage, log: createLogger({ level: 'silent' }), read, everyMs: 5 })

it('are an observation a minute in the window of the store hour, as milliseconds of a core', async () => {
  const reads = vi.fn(busy)
  const running = measures(reads)
  await vi.waitFor(() => expect(reads.mock.calls.length).toBeGreaterThan(5))
  storage.clock.advance(HOUR)
  await vi.waitFor(() => expect(stored('$cpu')[0]!.count).toBeGreaterThan(1))
  await running[Symbol.asyncDispose]()
  const [first, second] = stored('$cpu')
  expect([first!.start, second!.start]).toEqual([T0, T0 + HOUR])
  expect(first!.series).toEqual({ sensor: '$cpu', entity: '' })
  expect(first!.sum / first!.count / 60_000).toBeCloseTo(0.5, 3)
  expect(stored('$memory')[0]).toMatchObject({ count: first!.count + 1, min: 2000, max: 2000 })
  expect(stored('$temperature')[0]).toMatchObject({ last: 513 })
  expect(stored('$disk')[0]).toMatchObject({ sum: 250 * (first!.count + 1) })
})

it('are there as soon as the agent is, but for the CPU, which takes two readings', async () => {
  await using _ = new DeviceMeasures({ ...storage, log: createLogger({ level: 'silent' }), read: busy, everyMs: HOUR })
  await vi.waitFor(() => expect(stored('$memory')).toMatchObject([{ start: T0, count: 1, last: 2000 }]))
  expect([stored('$disk').length, stored('$temperature').length, stored('$cpu').length]).toEqual([1, 1, 0])
})

it('are made each minute, and more often where the store’s clock runs fast', () => {
  expect([undefined, 1, 4, 600, 50_000, 0.5].map((speed) => measuredEvery(speed))).toEqual([
    60_000, 60_000, 15_000, 5_000, 5_000, 60_000,
  ])
})

it('go on where something cannot be read, and tell no temperature where there is no zone', async () => {
  let calls = 0
  const reads = vi.fn(async () => {
    if (calls++ % 2 === 0) throw new Error('no such file')
    return { ...(await busy()), temperature: undefined }
  })
  const running = measures(reads)
  await vi.waitFor(() => expect(reads.mock.calls.length).toBeGreaterThan(8))
  await running[Symbol.asyncDispose]()
  expect(stored('$cpu')[0]!.count).toBeGreaterThan(0)
  expect(stored('$temperature')).toEqual([])
})

it.runIf(process.platform === 'linux')('count what children use, also once they have ended', async () => {
  const before = await usage(tmpdir())
  const spin = 'while (process.cpuUsage().user < 400_000); process.send(1); process.once("message", () => {})'
  const child = fork('-e', [spin], { execArgv: [], stdio: 'ignore' })
  await once(child, 'message')
  const running = await usage(tmpdir())
  expect(running.cpuMs - before.cpuMs).toBeGreaterThan(200)
  expect(running.memoryBytes - before.memoryBytes).toBeGreaterThan(20 * 2 ** 20)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const ended = await usage(tmpdir())
  expect(ended.cpuMs).toBeGreaterThanOrEqual(running.cpuMs - 20)
  expect(ended.disk).toBeGreaterThan(0)
  expect(ended.disk).toBeLessThanOrEqual(1)
})
