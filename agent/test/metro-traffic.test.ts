import type { WindowQuality } from '@storecast/shared/contracts'
import { addQuality, NO_QUALITY } from '@storecast/shared/windows'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Agent } from '../agent.ts'
import { hasMetroTraffic, METRO, startMetroAgent } from './metro-traffic.ts'
import { temporaryFolder } from './storage.ts'

const HOUR = 3_600_000

/** Six years of hourly readings with every trap left in, as a device meets them. */
describe.skipIf(!hasMetroTraffic())('metro_traffic through an agent', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let agent: Agent

  beforeAll(async () => {
    folder = await temporaryFolder()
    agent = await startMetroAgent({ folder: folder.path })
    const { buffer, sensors, windows } = agent.pipeline
    await vi.waitFor(() => expect(buffer.positionOf('metro')?.position).toBe(METRO.rows), 120_000)
    await windows.closeUntil(METRO.end)
    expect(sensors.sources).toMatchObject([{ name: 'metro', trouble: undefined }])
  }, 180_000)
  afterAll(async () => {
    await agent?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  const windowsOf = (sensor: string) => [...agent.pipeline.windows.read({ sensor, from: 0, to: 4e12 })]
  const account = (sensor: string) => {
    let [count, max, quality] = [0, 0, NO_QUALITY as WindowQuality]
    for (const window of windowsOf(sensor)) {
      count += window.count
      max = Math.max(max, window.max)
      quality = addQuality(quality, window.quality)
    }
    // How the replay and the clock meet is no fault of the data: an hour may close between two rows of it.
    return { count, max, quality: { ...quality, late: 0 } }
  }

  it('counts the missing hours and the duplicate stamps, each exactly', () => {
    expect(account('traffic')).toEqual({
      count: 40_575,
      max: 7280,
      quality: { ...NO_QUALITY, missing: 11_976, duplicate: 7629 },
    })
  })

  it('tells the gap of 307 days by windows of whole days without a reading', () => {
    const silent = windowsOf('traffic').filter(({ count }) => count === 0)
    let longest = { start: 0, end: 0 }
    let [start, end] = [0, 0]
    for (const window of silent) {
      if (window.start !== end) start = window.start
      end = window.end
      if (end - start > longest.end - longest.start) longest = { start, end }
    }
    // From the hour after the last reading to the hour of the next one.
    expect((longest.end - longest.start) / HOUR).toBeGreaterThan(307 * 24 - 1)
    expect((longest.end - longest.start) / HOUR).toBeLessThan(308 * 24)
    const days = silent.filter((w) => w.start >= longest.start && w.end <= longest.end && w.end - w.start === 24 * HOUR)
    expect(days.length).toBeGreaterThanOrEqual(306)
  })

  it('refuses 0 K and 9,831 mm of rain, and counts them where they came', () => {
    expect(account('temperature').quality).toEqual({
      ...NO_QUALITY,
      missing: 11_976,
      duplicate: 7629,
      outOfRange: 10,
    })
    expect(account('rain')).toMatchObject({ quality: { missing: 11_976, outOfRange: 1 } })
    const cold = windowsOf('temperature').filter(({ quality }) => quality.outOfRange > 0)
    expect(cold.map(({ start }) => new Date(start).toISOString().slice(0, 10))).toEqual([
      ...new Array(4).fill('2014-01-31'),
      ...new Array(6).fill('2014-02-02'),
    ])
    expect(agent.pipeline.sensors.refusals).toMatchObject([{ cause: 'out-of-range', count: 11 }])
  })

  it('covers every hour from the first reading to the last once', () => {
    let end: number = METRO.start
    for (const window of windowsOf('traffic')) {
      expect(window.start).toBe(end)
      end = window.end
    }
    expect(end).toBe(METRO.end)
  })
})
