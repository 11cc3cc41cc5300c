import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { awayAgent } from '@storecast/agent/test/away-agent'
import { type AwayShop, addTotals, arriving, type Totals } from '@storecast/agent/test/away-source'
import { SimulatedIngest } from '@storecast/cloud/test/simulated-ingest'
import { freePort } from '@storecast/shared/test/ports'
import { calendar } from '@storecast/shared/windows'
import { expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../constellation/index.ts'
import { Program } from '../../constellation/program.ts'
import { startFaultyLine } from './faulty-line.ts'

/** `npm run test:year`: 365 days, 100 sensors, 256 MB. Here the same in days and a cap that makes all of it happen. */
const DAYS = Number(process.env.STORECAST_AWAY_DAYS ?? 9)
const IS_LONG = DAYS > 60
const MB = 1024 * 1024
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const DEVICE = 'away-1'
const TIME_ZONE = 'Europe/Berlin'
const zone = calendar(TIME_ZONE)
const WORKER = fileURLToPath(import.meta.resolve('@storecast/cloud/test/ingest-process'))

/** With the days on which the clocks change: in a year both, in a few the one in March. */
const START = zone.daySpan(IS_LONG ? '2026-01-01' : '2026-03-24').start
const shop: AwayShop = {
  series: IS_LONG ? 100 : 20,
  start: START,
  everyMs: MINUTE,
  delays: IS_LONG ? [DAY, 20 * DAY] : [DAY, 4 * DAY],
}
const CAP_BYTES = IS_LONG ? 256 * MB : 4 * MB
const BYTES_PER_SECOND = IS_LONG ? 65_536 : 8192

it(
  `cut off for ${DAYS} days: under its cap, forecasting, then live at once and every count and sum exact`,
  async () => {
    await using cloud = await SimulatedIngest.start()
    await cloud.enrol([DEVICE])
    await using folder = await temporaryFolder('away')
    const port = await freePort()
    const args = [WORKER, cloud.databaseUrl, `${port}`]
    const common = { command: process.execPath, probe: () => Promise.resolve() }
    await using ingest = new Program({ ...common, name: 'cloud', args, logFile: join(folder.path, 'cloud.log') })
    await ingest.start()
    await using line = await startFaultyLine({ to: port, port: await freePort() })
    await using agent = awayAgent({
      ...{ folder: folder.path, mqtt: line.url, timeZone: TIME_ZONE, shop, capBytes: CAP_BYTES },
      ...{ rawHours: IS_LONG ? 48 : 6, uplinkBytesPerSecond: BYTES_PER_SECOND, stepMs: HOUR },
    })
    const [totals, levels]: [Totals, Map<string, number>] = [new Map(), new Map()]
    const live = async (from: number, to: number) => {
      for (let at = from; at < to; at += HOUR) {
        addTotals(totals, levels, arriving(shop, { from: at, to: Math.min(to, at + HOUR) }))
      }
      return agent.live({ from, to })
    }
    const until = (check: () => unknown, timeout = 60_000) => vi.waitFor(check, { timeout, interval: 50 })
    const inCloud = async () => (await cloud.totals(DEVICE)).reduce((sum, { windows }) => sum + windows, 0)

    const began = performance.now()
    await agent.start(START)
    await until(async () => expect((await agent.status()).link.connected).toBe(true))
    const cut = START + 6 * HOUR
    await live(START, cut)
    await until(async () => expect((await agent.status()).backlog.records).toBe(0))

    // The cloud commits what comes now; that it did is lost on the way back.
    line.carry('deaf')
    const before = await inCloud()
    await live(cut, cut + HOUR)
    await until(async () => expect(await inCloud()).toBeGreaterThan(before))
    line.carry('down')
    expect((await agent.status()).backlog.records).toBeGreaterThan(0)

    const end = START + DAYS * DAY
    const lived = await live(cut + HOUR, end)
    const livedMs = performance.now() - began
    const { space, backlog } = await agent.status()
    const conceded = space.givenUp.map(({ what }) => what)
    expect(conceded).toEqual(expect.arrayContaining(['windows-coarsened-1d', 'windows-coarsened-1h']))
    expect(conceded).not.toContain('windows-dropped')
    expect(lived.peakDatabaseBytes).toBeLessThanOrEqual(CAP_BYTES)
    // One a local midnight, and the first one; the oldest are forgotten after 120 days.
    expect(lived.forecasts).toBeGreaterThanOrEqual(Math.min(DAYS, 120))

    await agent.kill()
    await agent.start(end)
    line.carry('everything')
    await until(async () => expect((await agent.status()).link.connected).toBe(true))
    const connected = performance.now()
    await live(end, end + 10 * MINUTE)
    const newest = end + 5 * MINUTE
    await until(async () => {
      const series = await cloud.totals(DEVICE)
      expect(series.filter(({ sensor, until }) => sensor.startsWith('level-') && until >= newest)).toHaveLength(
        shop.series - 6,
      )
    })
    const currentMs = performance.now() - connected
    const waiting = (await agent.status()).backlog.records
    expect(waiting).toBeGreaterThan(0)
    await until(async () => expect((await agent.status()).backlog.records).toBe(0), 3_600_000)
    const drainMs = performance.now() - connected

    await live(end + 10 * MINUTE, zone.windowAt(end + 10 * MINUTE, '1d').end)
    await until(async () => expect((await agent.status()).backlog.records).toBe(0), 3_600_000)
    const figures = {
      ...{ days: DAYS, readings: [...totals.values()].reduce((sum, { count }) => sum + count, 0) },
      ...{ lived_s: Math.round(livedMs / 1000), peak_database_mb: lived.peakDatabaseBytes / MB },
      ...{ peak_resident_mb: Math.round(lived.peakResidentBytes / MB), backlog_records: backlog.records },
      ...{ live_current_s: currentMs / 1000, drain_s: Math.round(drainMs / 1000), waiting_when_current: waiting },
      given_up: Object.fromEntries(space.givenUp.map(({ what, records }) => [what, records])),
    }
    if (process.env.STORECAST_AWAY_DAYS !== undefined) console.log(JSON.stringify(figures))
    const stored = (await cloud.totals(DEVICE)).filter(({ sensor, count }) => !sensor.startsWith('$') && count > 0)
    const told = Object.fromEntries(
      stored.map(({ sensor, entity, count, sum }) => [`${sensor}/${entity}`, { count, sum }]),
    )
    expect(told).toEqual(Object.fromEntries(totals))
    // Forecasts that waited for 120 days are dropped, a range a run, and told as such: nothing else is missing.
    const { dropped, ...faults } = await cloud.faults(DEVICE)
    expect(faults).toEqual({ conflicts: 0, gaps: 0 })
    expect(dropped).toBeLessThanOrEqual(Math.max(0, DAYS - 110))
  },
  IS_LONG ? 4 * 3_600_000 : 300_000,
)
