import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  type Constellation,
  dayStart,
  hasMosquitto,
  startConstellation,
  temporaryFolder,
  untilCloudHasAll,
} from '../constellation/index.ts'
import type { Program } from '../constellation/program.ts'
import { draws } from '../simulator/draws.ts'
import { dayReadings, pushReadings, type Reading, simulateShop } from '../simulator/index.ts'
import { cloudWindows, windowTotals } from './windows.ts'

/**
 * Programs are killed at random moments under load. Whatever an agent acknowledged has to reach the cloud exactly once:
 * each window's count and exact sum are those of the readings, and there is no window that nothing was read for.
 */

/** A longer form: `STORECAST_KILLS=10 npx vitest run fleet/test/kills`. */
const TIMES = Number(process.env.STORECAST_KILLS ?? 1)
const shop = simulateShop({ site: 'shop-1', seed: 5, products: 12, firstDay: '2026-03-02', days: 40 })

describe.skipIf(!hasMosquitto())('what was acknowledged', () => {
  it.each([
    ['agent', 20 * TIMES],
    ['cloud', 5 * TIMES],
    ['broker', 5 * TIMES],
  ] as const)('survives killing the %s %i times', { timeout: 600_000 * Math.max(1, TIMES) }, async (victim, times) => {
    await using folder = await temporaryFolder('kills')
    await using constellation = await startConstellation({
      shops: [shop],
      folder: folder.path,
      // Ten days on from the first: readings come late and on time alike.
      clock: { start: dayStart(shop, 10), speed: 3600 },
      broker: 'mosquitto',
    })
    const [store] = constellation.stores
    const program = { agent: store!.agent.program, cloud: constellation.cloud.program, broker: constellation.broker! }
    const acknowledged: Reading[] = []
    const load = new AbortController()
    const loading = underLoad(constellation, acknowledged, load.signal)
    await killAtRandom(program[victim], times)
    load.abort()
    await loading
    expect(acknowledged.length).toBeGreaterThan(100)

    await untilCloudHasAll(constellation, { signal: AbortSignal.timeout(240_000) })
    const expected = windowTotals(acknowledged, shop.timeZone)
    expect(await cloudWindows(constellation, shop)).toEqual(expected)
  })
})

/** Sends the shop's readings, small piece by small piece, as long as it is let; notes what was acknowledged. */
async function underLoad(
  { stores: [store] }: Constellation,
  acknowledged: Reading[],
  signal: AbortSignal,
): Promise<void> {
  const { agent } = store!
  for (let day = 0; day < 10; day++) {
    const readings = dayReadings(shop, day, { surroundings: true })
    for (let at = 0; at < readings.length; at += 20) {
      if (signal.aborted) return
      // To its end also after the abort: what was sent and not acknowledged would be neither here nor there.
      await pushReadings(readings.slice(at, at + 20), { url: agent.url }, (taken) => acknowledged.push(...taken))
    }
  }
}

async function killAtRandom(program: Program, times: number): Promise<void> {
  const random = draws(times, 'kills')
  for (let kill = 0; kill < times; kill++) {
    await sleep(20 + 500 * random.uniform())
    await program.kill('SIGKILL')
    await program.start()
  }
}
