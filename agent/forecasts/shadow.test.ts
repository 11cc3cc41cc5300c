import { setImmediate as breathe } from 'node:timers/promises'
import { CatalogueDocument, type SensorDefinition } from '@storecast/shared/contracts'
import { calendar, Sketch } from '@storecast/shared/windows'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Features } from '../features/index.ts'
import { Models } from '../inference/index.ts'
import { createLogger } from '../platform/logger.ts'
import { gauge, openStorage, type Storage, sale, sales, temporaryFolder } from '../test/storage.ts'
import { type TinyDemandOptions, tinyDemand } from '../test/tiny-demand.ts'
import { sumPairs } from './evidence.ts'
import { Forecaster, latestForecasts } from './index.ts'
import { forecastsOf, lastRun, runsSince } from './runs.ts'
import { SHADOW } from './tables.ts'

const HOUR = 3_600_000
/** Real milliseconds: candidates have the lowest priority, and a busy machine leaves them little. */
const PATIENCE = 60_000
const zone = 'Europe/Berlin'
const berlin = calendar(zone)
const at = (name: string, hour = 0) => berlin.daySpan(name).start + hour * HOUR
const stockout: SensorDefinition = { ...sales, name: 'stockout', unit: 'min' }
const catalogue = CatalogueDocument.parse({
  kind: 'catalogue',
  site: 'north',
  timeZone: zone,
  labels: { region: 'eu' },
  entities: ['milk', 'bread'].map((id) => ({ id, attributes: {} })),
})

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let storage: Storage
let models: Models
let shadows: Models
let stack: AsyncDisposableStack

const bundle = (options: Partial<TinyDemandOptions> = {}) => tinyDemand({ directory: folder.path, ...options })
const open = async (now: string, champion: TinyDemandOptions['version'] = 1) => {
  stack = new AsyncDisposableStack()
  storage = stack.use(await openStorage(folder.path, { now: at(now), timeZone: zone }))
  await storage.buffer.define([sales, stockout])
  const features = stack.use(new Features(storage))
  features.apply(catalogue)
  features.start()
  models = stack.use(new Models({ dataDirectory: folder.path }))
  await models.activate(await bundle({ version: champion }))
  shadows = stack.use(new Models({ dataDirectory: folder.path, background: true }))
  const log = createLogger({ level: 'silent' })
  const forecaster = stack.use(new Forecaster({ ...storage, features, models, shadows, log }))
  await forecaster.start()
}
const sell = (day: string, units: Record<string, number>, out: string[] = []) =>
  storage.buffer.accept(
    [
      gauge(at(day), 40),
      ...Object.entries(units).map(([entity, value]) => sale(at(day, 10), value, `${day}-${entity}`, entity)),
      ...out.map((entity) => ({ ...sale(at(day, 12), 30, `${day}-${entity}-out`, entity), sensor: 'stockout' })),
    ],
    { urgent: true },
  )
const reach = async (day: string) => {
  storage.clock.advance(at(day) - storage.clock.now())
  await vi.waitFor(() => expect(lastRun(storage.db, 'demand')?.issuedAt).toBe(at(day)))
}
const shadowRun = (day: string) => runsSince(storage.db, 'demand', at(day), SHADOW)[0]
/** Until what was called before is answered, and has called what comes after it. */
const answered = async () => {
  await storage.writer.durable()
  await breathe()
}
/** Until the candidate has forecast this day and noted its scores: before that it would miss the next. */
const followed = async (day: string) => {
  await vi.waitFor(() => expect(shadowRun(day)?.issuedAt).toBe(at(day)), PATIENCE)
  await answered()
  await answered()
}
const evidence = () =>
  (
    storage.db.prepare('SELECT * FROM evidence ORDER BY day').all() as (object & { day: string; latency: Uint8Array })[]
  ).map(({ latency, ...row }) => ({ ...row, latency: Sketch.decode(latency).count }))

beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(async () => {
  await stack.disposeAsync()
  await folder[Symbol.asyncDispose]()
})

describe('a candidate in shadow', () => {
  it('forecasts at every tick, is told to nobody, and leaves paired errors once the actuals are in', async () => {
    await open('2026-03-02')
    await shadows.activate(await bundle({ version: 2, factor: 2 }))
    await sell('2026-03-02', { milk: 4, bread: 6 })
    await reach('2026-03-03')
    await followed('2026-03-03')
    const run = shadowRun('2026-03-03')!
    expect([...forecastsOf(storage.db, run, { tables: SHADOW })].map((row) => [row.entity, row.quantiles[1]])).toEqual([
      ['bread', 12],
      ['milk', 8],
    ])
    const latest = latestForecasts(storage.db, { model: 'demand' })!
    expect([latest.version, latest.forecasts.map((row) => row.quantiles[1])]).toEqual([1, [6, 4]])
    const dirty = storage.db.prepare("SELECT k2 AS version FROM outbox WHERE kind = 'forecast'").pluck().all()
    expect(new Set(dirty)).toEqual(new Set([1]))

    await sell('2026-03-03', { milk: 5, bread: 9 }, ['bread'])
    await reach('2026-03-04')
    await followed('2026-03-04')
    const pair = { model: 'demand', champion: 1, candidate: 2, region: 'eu', crashes: 0, latency: 1 }
    await vi.waitFor(() =>
      expect(evidence()[0]).toMatchObject({
        ...{ ...pair, day: '2026-03-03', rows: 1, excluded: 1, actual: 5, moved: 4 },
        ...{ champion_error: -1, candidate_error: 3, champion_absolute: 1, candidate_absolute: 3 },
        ...{ difference: 2, difference_squared: 4, largest_difference: 2 },
        // 5 lies from half to twice of 4, and of 8.
        ...{ intervals: 1, champion_covered: 1, candidate_covered: 1 },
      }),
    )
    expect(evidence()[1]).toMatchObject({ ...pair, day: '2026-03-04', rows: 0 })
  })

  it('has its evidence corrected by what comes late, across a restart', async () => {
    await open('2026-03-02')
    await shadows.activate(await bundle({ version: 2, factor: 2 }))
    await sell('2026-03-02', { milk: 4 })
    await reach('2026-03-03')
    await followed('2026-03-03')
    await sell('2026-03-03', { milk: 5 })
    await stack.disposeAsync()
    await open('2026-03-03')
    await shadows.activate(await bundle({ version: 2, factor: 2 }))
    await reach('2026-03-04')
    await vi.waitFor(() => expect(evidence()[0]).toMatchObject({ rows: 1, actual: 5, moved: 4 }))
    await storage.buffer.accept([sale(at('2026-03-03', 11), 3, 'late')], { urgent: true })
    await reach('2026-03-05')
    await vi.waitFor(() => expect(evidence()[0]).toMatchObject({ rows: 1, actual: 8, champion_error: -4 }))
  })

  it.runIf(process.arch === 'x64')('that crashes takes nothing with it, and is counted', async () => {
    await open('2026-03-02')
    await shadows.activate(await bundle({ version: 2, crashesOnQuietSites: true }))
    const failed = vi.fn()
    shadows.onFailed(failed)
    const pid = models.host()?.pid
    await sell('2026-03-02', { milk: 6 })
    await reach('2026-03-03')
    await followed('2026-03-03')
    // Nothing sells for weeks: the division overflows.
    storage.clock.advance(at('2026-04-20', 1) - storage.clock.now())
    await vi.waitFor(() => expect(lastRun(storage.db, 'demand')?.issuedAt).toBe(at('2026-04-20')))
    const crashes = (day: string) => evidence().find((row) => row.day === day)
    await vi.waitFor(() => expect(crashes('2026-04-20')).toMatchObject({ crashes: 1, rows: 0 }), PATIENCE)
    await vi.waitFor(() => expect(shadows.current('demand')).toBeDefined(), PATIENCE)
    await reach('2026-04-21')
    await vi.waitFor(() => expect(failed).toHaveBeenCalledOnce(), PATIENCE)
    await reach('2026-04-22')
    expect(models.host()?.pid).toBe(pid)
    expect(storage.db.prepare('SELECT count(*) FROM events').pluck().get()).toBe(0)
  })

  it('that hangs delays nothing: the champion forecasts on time', async () => {
    await open('2026-03-02')
    await shadows.activate(await bundle({ version: 2 }))
    const replaced = vi.fn()
    shadows.onIncident(replaced)
    const { pid } = shadows.host()!
    process.kill(pid, 'SIGSTOP')
    await sell('2026-03-02', { milk: 6 })
    await reach('2026-03-03')
    await reach('2026-03-04')
    expect(replaced).not.toHaveBeenCalled()
    process.kill(pid, 'SIGKILL')
    await vi.waitFor(() => expect(replaced).toHaveBeenCalledWith(expect.objectContaining({ model: 'demand' })))
    await vi.waitFor(() => expect(shadows.current('demand')).toBeDefined(), PATIENCE)
    await answered()
    await reach('2026-03-05')
    await followed('2026-03-05')
    expect(shadowRun('2026-03-03')?.issuedAt).toBe(at('2026-03-05'))
  })

  it('costs nothing once it is gone', async () => {
    await open('2026-03-02')
    await shadows.activate(await bundle({ version: 2 }))
    await sell('2026-03-02', { milk: 6 })
    await reach('2026-03-03')
    await followed('2026-03-03')
    await shadows.remove('demand')
    expect(shadows.host()).toBeUndefined()
    await sell('2026-03-03', { milk: 5 })
    await reach('2026-03-04')
    await vi.waitFor(() => expect(evidence()).toMatchObject([{ day: '2026-03-03', rows: 1 }]))
  })
})

it('sums what a page of numbers sums', () => {
  const around = (champion: [number, number], candidate: [number, number]) => ({ champion, candidate })
  const pairs = [
    { champion: 10, candidate: 12, intervals: around([8, 11], [11.5, 14]), actual: 11, censored: false },
    { champion: 4, candidate: 2, intervals: around([2, 6], [0, 7]), actual: 7, censored: false },
    { champion: 6, candidate: 7, intervals: null, actual: 7, censored: false },
    { champion: 4, candidate: 2, intervals: around([0, 9], [0, 9]), actual: 7, censored: true },
    { champion: 4, candidate: 2, intervals: around([0, 9], [0, 9]), actual: null, censored: false },
  ]
  // By hand: e = (−1, −3, −1) and (1, −5, 0); d = (0, 2, −1). The first is in the champion's interval, the second in the candidate's.
  expect(sumPairs(pairs)).toEqual({
    ...{ rows: 3, excluded: 1, actual: 25, moved: 5 },
    ...{ difference: 1, differenceSquared: 5, largestDifference: 2 },
    ...{ championAbsolute: 5, candidateAbsolute: 6, championError: -5, candidateError: -4 },
    ...{ intervals: 2, championCovered: 1, candidateCovered: 1 },
  })
})
