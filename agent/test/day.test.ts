import { connectAsync } from 'mqtt'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startBroker, type TestBroker } from './broker.ts'
import { cutAfter } from './object-server.ts'
import { CATALOGUE, openShop, type Shop } from './shop.ts'
import { temporaryFolder } from './storage.ts'
import { tinyBundle } from './tiny-bundle.ts'
import { tinyDemand } from './tiny-demand.ts'

/** Berlin is an hour ahead of UTC in early March. */
const midnight = (day: number) => Date.UTC(2026, 2, day) - 3_600_000
const HOUR = 3_600_000
let folder: { path: string } & AsyncDisposable
let broker: TestBroker
let shop: Shop

beforeEach(async () => {
  folder = await temporaryFolder()
  broker = await startBroker()
  shop = await openShop({
    folder: folder.path,
    now: midnight(1),
    broker,
    settings: {
      timeZone: 'Europe/Berlin',
      sources: [
        {
          kind: 'mqtt',
          name: 'tills',
          url: broker.url,
          topics: [
            {
              filter: 'tills/+/sales/+',
              entity: { topicLevel: 3 },
              id: 'receipt',
              time: { path: 'at', format: 'ms' },
              fields: [{ path: 'units', sensor: 'sales' }],
            },
          ],
        },
      ],
    },
  })
  // Before that its broker keeps nothing for it.
  await eventually(async () => {
    const { sources } = (await shop.get('/v1/status')).body
    expect(sources).toEqual([{ name: 'tills', kind: 'mqtt', trouble: null }])
  })
})
afterEach(async () => {
  await shop[Symbol.asyncDispose]()
  await broker[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

/** Days of the shop: milk by line protocol as it is sold, bread by the tills' broker once they are online again. */
async function live(days: readonly number[], { milk, bread }: { milk: number; bread: number }): Promise<void> {
  for (const day of days) {
    shop.clock.advance(midnight(day) + 12 * HOUR - shop.clock.now())
    const line = `sales,product=milk value=${milk},id="m${day}" ${midnight(day) + 9 * HOUR}`
    expect((await shop.post('/api/v2/write?precision=ms', line)).status).toBe(204)
  }
  const accepted = () => shop.metric('storecast_readings_total{outcome="accepted"}')
  const before = await accepted()
  const till = await connectAsync(broker.url)
  for (const day of days) {
    const sale = { units: bread, receipt: `b${day}`, at: midnight(day) + 10 * HOUR }
    await till.publishAsync('tills/1/sales/bread', JSON.stringify(sale), { qos: 1 })
  }
  await eventually(async () => expect(await accepted()).toBe(before + days.length))
  await till.endAsync()
}
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 20_000 })
const days = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const forecastsOf = async (query = '') => (await shop.get(`/v1/forecasts${query}`)).body.models
const modelOf = async () => (await shop.get('/v1/status')).body.models.demand

describe('a shop', () => {
  it('forecasts from what it heard, by a model that came from the cloud, and scores itself when the day is over', async () => {
    await live(days(1, 9), { milk: 20, bread: 8 })
    await shop.desire({
      documents: { catalogue: shop.objects.put(JSON.stringify(CATALOGUE)) },
      models: { demand: await shop.publish(await tinyDemand({ directory: folder.path })) },
    })
    await eventually(async () => expect(await modelOf()).toMatchObject({ phase: 'active', active: 1 }))
    shop.clock.advance(midnight(10) + 1000 - shop.clock.now())
    await eventually(async () => {
      const [demand] = await forecastsOf()
      expect(demand?.issuedAt).toBe(new Date(midnight(10)).toISOString())
    })

    const [demand] = await forecastsOf('?model=demand&entity=milk')
    expect(demand).toMatchObject({ model: 'demand', version: 1, levels: [0.1, 0.5, 0.9] })
    const [milk] = demand.forecasts
    // The cloud has heard of it as well, and of the windows it was made from.
    await eventually(() => {
      const { forecasts, windows } = shop.cloud!
      expect(forecasts.get(`demand/1/milk ${midnight(10)}`)).toMatchObject({ mean: 20, quantiles: [10, 20, 40] })
      expect([...windows.values()].filter(({ series }) => series.entity === 'bread').map(({ sum }) => sum)).toEqual(
        days(1, 9).map(() => 8),
      )
      expect(shop.cloud!.reported()?.models.demand).toMatchObject({ active: 1, phase: 'active' })
    })

    // The tiny model says: the mean of the last 7 days, half of it, twice it, evenly over the day.
    expect(milk).toMatchObject({ entity: 'milk', quantiles: [10, 20, 40], mean: 20, baseline: 20, actual: null })
    expect(milk.hourly).toHaveLength(24)
    expect(milk.accumulated).toHaveLength(24)
    expect(milk.accumulated.at(-1)).toEqual([10, 20, 40])

    await live([10], { milk: 25, bread: 8 })
    shop.clock.advance(midnight(11) + 1000 - shop.clock.now())
    const at = encodeURIComponent(new Date(midnight(10) + HOUR).toISOString())
    await eventually(async () => {
      const [past] = await forecastsOf(`?entity=milk&at=${at}`)
      expect(past.forecasts).toMatchObject([{ entity: 'milk', actual: 25, censored: false }])
    })
    await eventually(() => {
      const { score } = shop.cloud!.forecasts.get(`demand/1/milk ${midnight(10)}`)!
      expect(score).toMatchObject({ actual: 25, censored: false })
    })
    // And of how good the forecasts were: 20 for 25, 8 for 8.
    await eventually(() => {
      const told = (sensor: string) => shop.cloud!.windows.get(`${sensor}/demand.1.1d ${midnight(10)}`)
      expect(told('$forecast-error')).toMatchObject({ count: 2, sum: -5000, min: -5000, max: 0 })
      expect(told('$forecast-actual')).toMatchObject({ count: 2, sum: 33_000 })
      expect(told('$forecast-coverage')).toMatchObject({ count: 2, sum: 2 })
      const runs = [...shop.cloud!.windows.values()].filter(({ series }) => series.sensor === '$model-failures')
      expect(runs[0]).toMatchObject({ series: { entity: 'demand.1' }, sum: 0 })
    })
    await eventually(async () => {
      const [latest] = await forecastsOf('?scores=28')
      // Of the 9th, forecast as soon as there was a model, and of the 10th, when 5 more were sold.
      expect(latest.scores.runs.slice(0, 2)).toMatchObject([{ wape: 0 }, { wape: expect.closeTo(5 / 33, 5) }])
      expect(latest.scores.total).toMatchObject({
        rows: 4,
        wape: expect.closeTo(5 / 61, 5),
        baselineWape: expect.any(Number),
      })
    })
  })

  it('has a candidate forecast in shadow: the cloud hears how it compares, and none of its forecasts', async () => {
    await live(days(1, 9), { milk: 20, bread: 8 })
    const bundles = { directory: folder.path }
    const champion = await shop.publish(await tinyDemand(bundles))
    const candidate = await shop.publish(await tinyDemand({ ...bundles, version: 2, factor: 2 }))
    await shop.desire({
      documents: { catalogue: shop.objects.put(JSON.stringify({ ...CATALOGUE, labels: { region: 'eu' } })) },
      models: { demand: { ...champion, candidate } },
    })
    const inShadow = { active: 1, candidate: { version: 2, phase: 'shadow' } }
    await eventually(async () => expect(await modelOf()).toMatchObject(inShadow))
    shop.clock.advance(midnight(10) + 1000 - shop.clock.now())
    const pair = (day: number) => shop.cloud!.evidence.get(`demand/1/2 2026-03-${day}`)
    // That the candidate has run is told at once.
    await eventually(() => expect(pair(10)).toMatchObject({ rows: 0, crashes: 0, region: 'eu' }))
    await live([10], { milk: 25, bread: 8 })
    shop.clock.advance(midnight(11) + 1000 - shop.clock.now())
    // By hand: milk 20 and 40 where 25 came, bread 8 and 16 where 8 came.
    await eventually(() =>
      expect(pair(10)).toMatchObject({
        ...{ rows: 2, excluded: 0, actual: 33, moved: 28, championError: -5, candidateError: 23 },
        ...{
          difference: 18,
          differenceSquared: 164,
          largestDifference: 10,
          championAbsolute: 5,
          candidateAbsolute: 23,
        },
        ...{ intervals: 2 },
      }),
    )
    expect([...shop.cloud!.forecasts.values()].every(({ version }) => version === 1)).toBe(true)
    const [served] = await forecastsOf('?model=demand&entity=milk')
    expect(served).toMatchObject({ version: 1 })

    const asked = shop.objects.requests.filter((line) => line === candidate.bundle.sha256).length
    await shop.desire({ models: { demand: candidate } })
    await eventually(async () => expect(await modelOf()).toMatchObject({ active: 2, phase: 'active' }))
    expect(shop.objects.requests.filter((line) => line === candidate.bundle.sha256)).toHaveLength(asked)
  })

  it('goes on forecasting with the model it has when an update fails, and says why', async () => {
    await live(days(1, 8), { milk: 20, bread: 8 })
    await shop.desire({
      documents: { catalogue: shop.objects.put(JSON.stringify(CATALOGUE)) },
      models: { demand: await shop.publish(await tinyDemand({ directory: folder.path })) },
    })
    await eventually(async () => expect(await modelOf()).toMatchObject({ phase: 'active', active: 1 }))

    // Ends its host while its golden vectors are checked.
    const deadly = await tinyBundle({ directory: folder.path, model: 'demand', version: 2, dials: { divisor: -1n } })
    await shop.desire({ models: { demand: await shop.publish(deadly) } })
    await eventually(async () => expect(await modelOf()).toMatchObject({ active: 1, error: { code: 'model-crashed' } }))

    const next = await shop.publish(await tinyDemand({ directory: folder.path, version: 3, factor: 2 }))
    const cut = shop.objects.failing(next.bundle.sha256, cutAfter(1000))
    await shop.desire({ models: { demand: next } })
    await eventually(async () => expect((await modelOf()).error?.code).toBe('download-truncated'))
    expect(await modelOf()).toMatchObject({ active: 1, target: 3, phase: 'download' })

    shop.clock.advance(midnight(9) + 1000 - shop.clock.now())
    await eventually(async () => {
      const [demand] = await forecastsOf('?entity=milk')
      expect(demand).toMatchObject({ issuedAt: new Date(midnight(9)).toISOString() })
    })
    cut[Symbol.dispose]()
    await eventually(async () => expect(await modelOf()).toMatchObject({ phase: 'active', active: 3 }))
    await eventually(() => {
      expect(shop.cloud!.reported()?.models.demand).toMatchObject({ active: 3, phase: 'active' })
      expect([...shop.cloud!.events.values()]).toMatchObject([{ code: 'model-failed', severity: 'error' }])
    })
    const { lastErrors } = (await shop.get('/v1/status')).body
    expect(lastErrors).toMatchObject([{ code: 'model-failed', severity: 'error' }])
  })
})
