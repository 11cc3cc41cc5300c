import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSession, type Tensors } from '@storecast/models/engine'
import { openBundle } from '@storecast/shared/bundle'
import { dayForecastAt } from '../../agent/features/index.ts'
import { DemandForecasts } from '../../agent/forecasts/demand-forecast.ts'
import { inferDemand } from '../../agent/forecasts/demand-inference.ts'
import { simulateShop } from '../../fleet/simulator/index.ts'
import { openDemandSite, smallDemandBundle } from '../lib/demand-site.ts'
import { alternate, type BenchResult, median } from './measure.ts'

const PRODUCTS = 1000
const HISTORY_DAYS = 30
const ROUNDS = 11

/**
 * One forecast tick of a shop with 1,000 products (features, inference in the model host, calibration by the last week's
 * own forecasts, storing durably with the outbox's triggers) against the bare `session.run` of the same batch. Each round
 * is another midnight.
 */
export async function run(): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'storecast-hot-path-'))
  try {
    return await measure(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function measure(folder: string): Promise<BenchResult> {
  const bundle = await smallDemandBundle(folder)
  const days = HISTORY_DAYS + ROUNDS + 12
  const shop = simulateShop({ site: 'shop', seed: 1, products: PRODUCTS, firstDay: '2026-01-01', days })
  await using site = await openDemandSite({ folder, shop, firstDay: 0 })
  let today = 0
  let midnight = 0
  const nextDay = async () => {
    midnight = await site.live(today)
    today++
  }
  while (today < HISTORY_DAYS) await nextDay()
  await site.models.activate(bundle)
  const model = (await site.models.serving('demand'))!
  const demand = new DemandForecasts(site)
  // A week of forecasts, so that there is a full history to calibrate by.
  for (let i = 0; i < 8; i++) {
    await demand.run(model, midnight)
    await demand.storeScores()
    await nextDay()
  }

  const { model: network } = openBundle(await readFile(bundle.path))
  await using session = await openSession(network)
  const features = site.features.demand(model)
  const rows = () => features.at(dayForecastAt(site.features.site().calendar, midnight))
  const { features: columns, statics, scale } = rows()
  const feeds: Tensors = {
    features: { type: 'float32', shape: [PRODUCTS, columns.length / PRODUCTS], data: columns.slice() },
    statics: { type: 'int64', shape: [PRODUCTS, statics.length / PRODUCTS], data: statics.slice() },
    scale: { type: 'float32', shape: [PRODUCTS], data: scale.slice() },
  }
  const { a, b, ratio } = await alternate({
    rounds: ROUNDS,
    a: async () => {
      const began = performance.now()
      await demand.run(model, midnight)
      const took = performance.now() - began
      await demand.storeScores()
      await nextDay()
      return took
    },
    b: async () => {
      await session.run(feeds)
    },
  })

  const timed = async (work: () => unknown) => {
    const times: number[] = []
    for (let i = 0; i < ROUNDS; i++) {
      const began = performance.now()
      await work()
      times.push(performance.now() - began)
    }
    return median(times)
  }
  return {
    ratio_vs_bare_run: ratio,
    ms_tick: a,
    ms_bare_run: b,
    ms_features: await timed(rows),
    ms_host_round_trip: await timed(() => Promise.all(inferDemand(model, rows()))),
    ms_fsync: await timed(await fsyncOf(folder)),
  }
}

/** A page appended and synced: what any durable write costs on this disk. */
async function fsyncOf(folder: string): Promise<() => Promise<void>> {
  const file = await open(join(folder, 'fsync'), 'w')
  const page = Buffer.alloc(4096)
  return async () => {
    await file.write(page)
    await file.datasync()
  }
}
