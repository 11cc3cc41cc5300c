import { CatalogueDocument, type SensorDefinition, type Warmup } from '@storecast/shared/contracts'
import { calendar } from '@storecast/shared/windows'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Features } from '../features/index.ts'
import { type BundleFile, Models } from '../inference/index.ts'
import { createLogger } from '../platform/logger.ts'
import { gauge, openStorage, type Storage, sale, sales, temporaryFolder } from '../test/storage.ts'
import { tinyManifest, writeBundle } from '../test/tiny-bundle.ts'
import { type TinyDemandOptions, tinyDemand } from '../test/tiny-demand.ts'
import { tinyOnnx } from '../test/tiny-onnx.ts'
import { Forecaster, latestForecasts, recentScores } from './index.ts'
import { forecastsOf, lastRun, runsSince } from './runs.ts'

const HOUR = 3_600_000
const zone = 'Europe/Berlin'
const berlin = calendar(zone)
const at = (name: string, hour = 0) => berlin.daySpan(name).start + hour * HOUR
const iso = (time: number | undefined) =>
  time === undefined ? undefined : `${berlin.localDay(time)} ${berlin.localHour(time)}`

const stockout: SensorDefinition = { ...sales, name: 'stockout', unit: 'min' }
const catalogue = CatalogueDocument.parse({
  kind: 'catalogue',
  site: 'north',
  timeZone: zone,
  entities: ['milk', 'bread', 'never-sold'].map((id) => ({ id, attributes: {} })),
})

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let storage: Storage
let features: Features
let models: Models
let forecaster: Forecaster
let stack: AsyncDisposableStack

const open = async (now: number, bundle?: BundleFile) => {
  stack = new AsyncDisposableStack()
  storage = stack.use(await openStorage(folder.path, { now, timeZone: zone }))
  await storage.buffer.define([sales, stockout])
  features = stack.use(new Features(storage))
  features.apply(catalogue)
  features.start()
  models = stack.use(new Models({ dataDirectory: folder.path }))
  await models.start()
  if (bundle) await models.activate(bundle)
  const log = createLogger({ level: 'silent' })
  forecaster = stack.use(new Forecaster({ ...storage, features, models, log }))
  await forecaster.start()
}
const bundle = (options: Partial<TinyDemandOptions> = {}) => tinyDemand({ directory: folder.path, ...options })

/** A day's sales come in, with a reading in its first hour, so that the whole day counts. */
const sell = (name: string, units: Record<string, number>, out: string[] = []) =>
  storage.buffer.accept(
    [
      gauge(at(name), 40),
      ...Object.entries(units).map(([entity, value]) => sale(at(name, 10), value, `${name}-${entity}`, entity)),
      ...out.map((entity) => ({ ...sale(at(name, 12), 30, `${name}-${entity}-out`, entity), sensor: 'stockout' })),
    ],
    { urgent: true },
  )
/** The clock says `time`, and what is due by then has been issued. */
const reach = async (time: number) => {
  storage.clock.advance(time - storage.clock.now())
  await vi.waitFor(() => expect(iso(lastRun(storage.db, 'demand')?.issuedAt)).toBe(iso(time)))
}
const stored = (time: number) => {
  const run = runsSince(storage.db, 'demand', time)[0]!
  return [...forecastsOf(storage.db, run)].map(({ entity, quantiles, raw, actual, censored }) => ({
    ...{ version: run.version, entity, quantiles: [...quantiles], raw: [...raw], actual, censored },
  }))
}
const events = () =>
  storage.db.prepare('SELECT code, message FROM events ORDER BY at').all() as { code: string; message: string }[]

beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(async () => {
  await stack.disposeAsync()
  await folder[Symbol.asyncDispose]()
})

describe('a scheduled run', () => {
  it('forecasts every product that was heard of, durably, with the baseline beside it', async () => {
    await open(at('2026-03-02'), await bundle({ factor: 2 }))
    await sell('2026-03-02', { milk: 3, bread: 5 })
    await reach(at('2026-03-03'))
    expect(stored(at('2026-03-03'))).toEqual([
      ...[{ entity: 'bread', quantiles: [5, 10, 20], raw: [5, 10, 20], version: 1, actual: null, censored: false }],
      ...[{ entity: 'milk', quantiles: [3, 6, 12], raw: [3, 6, 12], version: 1, actual: null, censored: false }],
    ])
    const latest = latestForecasts(storage.db, { model: 'demand', entity: 'milk' })!
    expect([iso(latest.start), iso(latest.end), latest.levels]).toEqual([
      '2026-03-03 0',
      '2026-03-04 0',
      [0.1, 0.5, 0.9],
    ])
    const [milk, ...others] = latest.forecasts
    expect(others).toEqual([])
    expect(milk).toMatchObject({ entity: 'milk', mean: 6, baseline: 3 })
    expect(milk!.hourly.reduce((sum, units) => sum + units, 0)).toBeCloseTo(6, 5)
    expect(milk!.accumulated).toHaveLength(24)
    expect(milk!.accumulated.at(-1)).toEqual([3, 6, 12])
    expect(latestForecasts(storage.db, { model: 'other' })).toBeUndefined()
  })

  it('is made at once on a device that was just set up, for the last time that has come', async () => {
    await open(at('2026-03-02', 15), await bundle())
    await vi.waitFor(() => expect(iso(lastRun(storage.db, 'demand')?.issuedAt)).toBe('2026-03-02 0'))
    expect(lastRun(storage.db, 'demand')!.madeAt).toBe(at('2026-03-02', 15))
  })

  it('is caught up after a time away, the newest only, and none is made twice', async () => {
    await open(at('2026-03-02'), await bundle())
    await sell('2026-03-02', { milk: 3 })
    await reach(at('2026-03-03'))
    await stack.disposeAsync()
    await open(at('2026-03-06', 9), await bundle())
    await vi.waitFor(() => expect(iso(lastRun(storage.db, 'demand')?.issuedAt)).toBe('2026-03-06 0'))
    await stack.disposeAsync()
    await open(at('2026-03-06', 10), await bundle())
    await reach(at('2026-03-07'))
    const runs = runsSince(storage.db, 'demand', 0).map((run) => iso(run.issuedAt))
    expect(runs).toEqual(['2026-03-02 0', '2026-03-03 0', '2026-03-06 0', '2026-03-07 0'])
  })

  it('follows the local clock and the schedule of the version that serves', async () => {
    await open(at('2026-03-28', 12), await bundle({ schedule: '30 5 * * *' }))
    await reach(at('2026-03-29') + 4.5 * HOUR)
    expect(iso(lastRun(storage.db, 'demand')!.issuedAt)).toBe('2026-03-29 5.5')
    await models.activate(await bundle({ version: 2, schedule: '0 */6 * * *' }))
    await reach(at('2026-03-29', 5))
    expect(iso(lastRun(storage.db, 'demand')!.issuedAt)).toBe('2026-03-29 6')
  })

  it('drops what a run left behind that was cut short', async () => {
    await open(at('2026-03-02'), await bundle())
    await sell('2026-03-02', { milk: 3 })
    await reach(at('2026-03-03'))
    const none = new Float32Array(3)
    const partial = { model: 'demand', version: 2, issuedAt: at('2026-03-03'), start: 0, end: 1, entities: ['milk'] }
    const columns = { quantiles: none, raw: none, mean: none, profile: none, baseline: none }
    await storage.writer.call('forecasts.record', { ...partial, ...columns })
    await stack.disposeAsync()
    await open(at('2026-03-03', 1), await bundle())
    expect(storage.db.prepare('SELECT version, entity FROM forecasts').all()).toEqual([{ version: 1, entity: 'milk' }])
  })
})

describe('scores', () => {
  it('compare forecasts with what was sold, leave stock-out days out, and follow late readings', async () => {
    await open(at('2026-03-02'), await bundle())
    await sell('2026-03-02', { milk: 4, bread: 5 })
    await reach(at('2026-03-03'))
    await sell('2026-03-03', { milk: 5, bread: 1 }, ['bread'])
    await reach(at('2026-03-04'))
    const scored = () =>
      vi.waitFor(() => {
        const { total } = recentScores(storage.db, { model: 'demand', from: 0 })
        expect(total.rows).toBeGreaterThan(0)
        return total
      })
    expect(await scored()).toMatchObject({
      rows: 1,
      censored: 1,
      wape: 1 / 5,
      wpe: -1 / 5,
      coverage: 1,
      baselineWape: 1 / 5,
    })
    expect(stored(at('2026-03-03')).map(({ actual, censored }) => [actual, censored])).toEqual([
      [1, true],
      [5, false],
    ])
    await sell('2026-03-03', { milk: 7 })
    await storage.buffer.accept([sale(at('2026-03-03', 11), 3, 'late')], { urgent: true })
    await reach(at('2026-03-05'))
    await vi.waitFor(() => expect(stored(at('2026-03-03'))[1]!.actual).toBe(8))
    expect(recentScores(storage.db, { model: 'demand', from: at('2026-03-05') }).total.wape).toBeNaN()
  })
})

describe('calibration', () => {
  const warmup = (days: string[], actual: number, forecast: number): Warmup => ({
    format: 1,
    levels: [0.1, 0.5, 0.9],
    sites: {
      north: {
        days,
        actual: days.map(() => actual),
        mean: days.map(() => forecast),
        quantiles: [0.5, 1, 2].map((share) => days.map(() => forecast * share)),
      },
    },
  })
  const factor = () => lastRun(storage.db, 'demand')!.calibration!.factor

  it("corrects the level by the device's own scored days, across a restart", async () => {
    const half = { factor: 0.5, levelDays: 2 }
    await open(at('2026-03-02'), await bundle({ ...half, trainedTo: '2027-01-01' }))
    for (const day of [2, 3, 4, 5]) {
      await sell(`2026-03-0${day}`, { milk: 6 })
      if (day === 4) {
        await stack.disposeAsync()
        await open(at('2026-03-04', 1), await bundle({ ...half, trainedTo: '2027-01-01' }))
      }
      await reach(at(`2026-03-0${day + 1}`))
      expect(factor()).toBeCloseTo(day === 2 ? 1 : 2, 5)
    }
    expect(stored(at('2026-03-06'))[0]).toMatchObject({ raw: [1.5, 3, 6], quantiles: [3, 6, 12] })
  })

  it('starts from the warm-up of the bundle, until the device has days of its own', async () => {
    const warm = warmup(['2026-03-01', '2026-03-02'], 9, 6)
    await open(at('2026-03-02'), await bundle({ levelDays: 3, trainedTo: '2027-01-01', warmup: warm }))
    await sell('2026-03-02', { milk: 6 })
    await reach(at('2026-03-03'))
    expect(factor()).toBeCloseTo(1.5, 5)
    await sell('2026-03-03', { milk: 6 })
    await reach(at('2026-03-04'))
    expect(factor()).toBeCloseTo((9 + 9 + 6) / (6 + 6 + 6), 5)
  })

  it('has a new version forecast days after its training data again, and leaves the others to the warm-up', async () => {
    await open(at('2026-03-02'), await bundle({ levelDays: 3, trainedTo: '2027-01-01' }))
    for (const day of [2, 3, 4, 5]) {
      await sell(`2026-03-0${day}`, { milk: 6 })
      await reach(at(`2026-03-0${day + 1}`))
    }
    const warm = warmup(['2026-03-03', '2026-03-04'], 8, 2)
    const half = { version: 2, factor: 0.5, levelDays: 3, warmup: warm }
    await models.activate(await bundle({ ...half, trainedTo: '2026-03-03' }))
    await sell('2026-03-06', { milk: 6 })
    await reach(at('2026-03-07'))
    // The 4th, 5th and 6th again: 3 forecast, 6 sold.
    expect(factor()).toBeCloseTo(2, 5)
    await models.activate(await bundle({ ...half, version: 3, trainedTo: '2026-03-04' }))
    await sell('2026-03-07', { milk: 6 })
    await reach(at('2026-03-08'))
    expect(factor()).toBeCloseTo(2, 5)
    expect(stored(at('2026-03-04')).map(({ version }) => version)).toEqual([1])
  })
})

describe('a model that does not serve', () => {
  it.runIf(process.arch === 'x64')(
    'gives way to the version before it in the middle of a run, which says why',
    async () => {
      await open(at('2026-03-02'), await bundle())
      await sell('2026-03-02', { milk: 6 })
      await reach(at('2026-03-03'))
      await models.activate(await bundle({ version: 2, crashesOnQuietSites: true }))
      const failed = vi.fn()
      models.onFailed(failed)
      await sell('2026-03-03', { milk: 6 })
      await reach(at('2026-03-04'))
      expect(stored(at('2026-03-04'))).toMatchObject([{ version: 2 }])
      // Nothing sells for weeks: the division overflows.
      storage.clock.advance(at('2026-04-20', 1) - storage.clock.now())
      await storage.buffer.accept([gauge(at('2026-04-19'), 40)], { urgent: true })
      await reach(at('2026-04-21'))
      expect(lastRun(storage.db, 'demand')).toMatchObject({ version: 1 })
      expect(failed).toHaveBeenCalledExactlyOnceWith(
        expect.objectContaining({ version: 2, code: 'model-crashed', fallback: 1 }),
      )
      expect(stored(at('2026-04-21'))).toMatchObject([{ version: 1, entity: 'milk' }])
    },
  )

  it('is waited for, and begins where it should have been', async () => {
    await open(at('2026-03-02'))
    storage.clock.advance(30 * HOUR)
    await models.activate(await bundle())
    await vi.waitFor(() => expect(iso(lastRun(storage.db, 'demand')?.issuedAt)).toBe('2026-03-03 0'))
    expect(events()).toEqual([])
  })
})

describe('a sequence model', () => {
  const steps = [
    [18, 20, 23],
    [19, 21, 24],
  ]
  const sequence = () => {
    const inputs = [{ name: 'series', type: 'float32' as const, shape: ['N', 4, 1] }]
    const outputs = [{ name: 'quantiles', type: 'float32' as const, shape: ['N', 2, 1, 3] }]
    const manifest = tinyManifest('sensor', {
      view: { kind: 'sequence', channels: ['temperature'], step: '15m', context: 4 },
      horizon: 2,
      schedule: '0 * * * *',
      network: { kind: 'revin-linear' },
    })
    const quantiles = { type: 'float32' as const, shape: [1, 2, 1, 3], data: steps.flat() }
    const series = { type: 'float32' as const, shape: [1, 4, 1], data: [1, 2, 3, 4] }
    return writeBundle({
      ...{ directory: folder.path, model: 'sensor', version: 1 },
      manifest: { ...manifest, inputs, outputs, features: ['temperature'] },
      golden: { tolerance: { absolute: 1e-5, relative: 0 }, cases: [{ inputs: { series }, outputs: { quantiles } }] },
      onnx: tinyOnnx({
        ...{ inputs, outputs },
        constants: {
          zeros: { shape: [4, 6], data: new Float32Array(24) },
          steps: { shape: [1, 6], data: Float32Array.from(steps.flat()) },
          context: { shape: [2], data: BigInt64Array.of(-1n, 4n) },
          shape: { shape: [4], data: BigInt64Array.of(-1n, 2n, 1n, 3n) },
        },
        nodes: [
          { op: 'Reshape', inputs: ['series', 'context'], outputs: ['flat'] },
          { op: 'MatMul', inputs: ['flat', 'zeros'], outputs: ['nothing'] },
          { op: 'Add', inputs: ['nothing', 'steps'], outputs: ['row'] },
          { op: 'Reshape', inputs: ['row', 'shape'], outputs: ['quantiles'] },
        ],
      }),
    })
  }

  it('forecasts every channel step by step, and is scored by what was measured', async () => {
    await open(at('2026-03-02'), await sequence())
    const measure = (minute: number, celsius: number) => gauge(at('2026-03-02') + minute * 60_000, celsius * 10)
    await storage.buffer.accept([measure(50, 17)], { urgent: true })
    const issued = async (hour: number) => {
      storage.clock.advance(at('2026-03-02', hour) - storage.clock.now())
      await vi.waitFor(() => expect(iso(lastRun(storage.db, 'sensor')?.issuedAt)).toBe(`2026-03-02 ${hour}`))
    }
    await issued(1)
    const latest = latestForecasts(storage.db, { model: 'sensor' })!
    expect([iso(latest.start), iso(latest.end)]).toEqual(['2026-03-02 1', '2026-03-02 1.5'])
    expect(latest.forecasts).toMatchObject([
      {
        entity: 'temperature',
        quantiles: [18.5, 20.5, 23.5],
        mean: 20.5,
        baseline: 17,
        hourly: [],
        accumulated: [],
        steps,
      },
    ])
    await storage.buffer.accept([measure(61, 20), measure(76, 24)], { urgent: true })
    await issued(2)
    await vi.waitFor(() => {
      const { total } = recentScores(storage.db, { model: 'sensor', from: 0 })
      expect(total).toMatchObject({ rows: 1, wape: 1.5 / 22, coverage: 1, baselineWape: 5 / 22 })
    })
  })
})
