import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSession, type Tensors } from '@storecast/models/engine'
import { openBundle } from '@storecast/shared/bundle'
import { applyCalibration, fitCalibration, type ScoredDay } from '@storecast/shared/forecasts'
import { dayForecastAt } from '../../agent/features/index.ts'
import { DemandForecasts } from '../../agent/forecasts/demand-forecast.ts'
import { inferDemand } from '../../agent/forecasts/demand-inference.ts'
import { forecastsOf, lastRun, runsSince } from '../../agent/forecasts/runs.ts'
import type { Connection } from '../../agent/platform/database.ts'
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

  // Where the time goes, each part on its own; in the tick they overlap.
  const { quantiles: levels, calibration } = model.manifest.definition.spec
  const history = lastScoredDays(site.db, midnight)
  const inputs = rows()
  const parts = await Promise.all(inferDemand(model, inputs))
  const run = lastRun(site.db, 'demand')!
  let again = run.issuedAt
  const store = async () => {
    again++
    const stored = parts.map(({ entities, quantiles, mean, profile }) => {
      const columns = { entities, quantiles, raw: quantiles, mean, profile, baseline: mean }
      return site.writer.call('forecasts.record', { ...run, issuedAt: again, ...columns })
    })
    await Promise.all([...stored, site.writer.call('forecasts.finish', run)])
  }
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
    ms_inference_in_host: await timed(() => Promise.all(inferDemand(model, inputs))),
    ms_correction: await timed(() => {
      const state = fitCalibration({ history, levels, calibration })
      for (const part of parts) applyCalibration(state, part, { levels })
    }),
    ms_storing: await timed(store),
    ms_fsync_only: await timed(await fsyncOf(folder)),
  }
}

function lastScoredDays(db: Connection, midnight: number): ScoredDay[] {
  return runsSince(db, 'demand', midnight - 8 * 86_400_000).flatMap((run, day) =>
    [...forecastsOf(db, run)].flatMap(({ raw, actual, censored }) =>
      actual === null ? [] : [{ day, quantiles: raw, actual, censored }],
    ),
  )
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
