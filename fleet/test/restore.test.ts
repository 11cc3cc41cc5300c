import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { dayStart, startConstellation, temporaryFolder, untilCloudHasAll } from '../constellation/index.ts'
import { dayReadings, pushReadings, type Reading, simulateShop } from '../simulator/index.ts'
import { cloudWindows, windowTotals } from './windows.ts'

const CLI = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
const shop = simulateShop({ site: 'shop-1', seed: 9, products: 10, firstDay: '2026-03-02', days: 20 })

it('gets back from the devices what came after the backup that a cloud was restored from', async () => {
  await using folder = await temporaryFolder('restore')
  await using constellation = await startConstellation({
    shops: [shop],
    folder: folder.path,
    // What comes more than two days late is kept by the day.
    clock: { start: dayStart(shop, 3), speed: 1 },
  })
  const { cloud, stores } = constellation
  const signal = AbortSignal.timeout(280_000)
  const read: Reading[] = []
  const push = async (day: number) => {
    const readings = dayReadings(shop, day, { surroundings: true })
    await pushReadings(readings, { url: stores[0]!.agent.url, signal })
    read.push(...readings)
    await untilCloudHasAll(constellation, { signal })
  }
  const storecast = (...args: string[]) =>
    JSON.parse(
      spawnSync(process.execPath, [CLI, ...args, '--json'], {
        env: { ...process.env, STORECAST_DATA: cloud.dataDir },
        encoding: 'utf8',
      }).stdout,
    )

  await push(0)
  const backup = join(folder.path, 'backup')
  expect(storecast('backup', backup).rows).toBeGreaterThan(100)
  await push(1)
  expect(await cloudWindows(constellation, shop)).toEqual(windowTotals(read, shop.timeZone))

  await cloud.program.kill('SIGKILL')
  await cloud.loseData()
  expect(storecast('restore', backup).objects).toBeGreaterThan(0)
  await cloud.program.start()
  await push(2)
  expect(await cloudWindows(constellation, shop)).toEqual(windowTotals(read, shop.timeZone))
})
