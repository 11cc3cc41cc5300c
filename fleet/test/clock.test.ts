import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ToldClock } from '@storecast/shared/contracts'
import { expect, it, vi } from 'vitest'
import { prepareAgent } from '../constellation/agent.ts'
import { startCloudProgram } from '../constellation/cloud.ts'
import { temporaryFolder } from '../constellation/temporary-folder.ts'

/** Debian's libfaketime. */
const LIBRARY = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketime.so.1`

type Standing = ToldClock & { readonly trusted: boolean; readonly since: number }

interface Status {
  readonly trust: { readonly refreshedAt: string }
}

it.skipIf(!existsSync(LIBRARY))(
  'a device that boots at 1970, as a Raspberry Pi does, enrols, links up and follows its cloud by itself, twice',
  async () => {
    await using folder = await temporaryFolder('clock')
    await using cloud = await startCloudProgram({ folder: folder.path })
    await cloud.client.put('/v1/sites/north', { timeZone: 'Europe/Berlin', labels: {}, entities: [] })
    const asked = { site: 'north', device: 'north-1' }
    const { claims } = await cloud.client.post<{ claims: readonly { claim: string }[] }>('/v1/claims', asked)
    const clock = { start: Date.now(), speed: 1, since: Date.now() }
    await using agent = await prepareAgent({
      ...{ device: 'north-1', claim: claims[0]!.claim, timeZone: 'Europe/Berlin', clock, folder: folder.path },
      env: { LD_PRELOAD: LIBRARY, FAKETIME: '@1970-01-01 00:01:00', FAKETIME_DONT_FAKE_MONOTONIC: '1' },
    })
    const follows = async () => {
      const status = (await (await fetch(`${agent.url}/v1/status`)).json()) as Status
      expect(status).toMatchObject({ link: { connected: true }, generation: expect.any(Number) })
      expect(Date.parse(status.trust.refreshedAt)).toBeGreaterThan(0)
      expect(status).toMatchObject({ clock: { trusted: false, aheadSeconds: expect.any(Number) } })
    }
    // Half a century behind, the cloud knows; what its shop lives by is another clock.
    const isTold = async () => {
      const { clock: told } = await cloud.client.get<{ clock: Standing }>('/v1/devices/north-1')
      expect(told).toMatchObject({ trusted: false, madeUp: { speed: 1 } })
      expect(told.ahead).toBeLessThan(-50 * 365 * 86_400_000)
      expect(told.within).toBeLessThan(60_000)
      return told.since
    }
    await agent.program.start()
    await vi.waitFor(follows, { timeout: 80_000, interval: 200 })
    const [first] = (await readFile(join(folder.path, 'north-1', 'agent.log'), 'utf8')).split('\n')
    expect(new Date(JSON.parse(first!).time).getUTCFullYear()).toBe(1970)
    const since = await vi.waitFor(isTold, { timeout: 80_000, interval: 200 })
    await agent.program.kill('SIGKILL')
    await agent.program.start()
    await vi.waitFor(follows, { timeout: 80_000, interval: 200 })
    expect(await isTold()).toBe(since)
  },
  300_000,
)
