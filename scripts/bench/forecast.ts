import { fileURLToPath } from 'node:url'
import { dayName, loadDefinition, readDailyDemand, simulateDevices, trainModel } from '@storecast/models'
import { openSession } from '@storecast/models/engine'
import { openBundle } from '@storecast/shared/bundle'
import type { DailyDemandView } from '@storecast/shared/contracts'
import { score } from '@storecast/shared/forecasts'
import type { BenchOptions, BenchResult } from './measure.ts'

const TEST_DAYS = 7

/**
 * Trains `demand` on all but the last 7 days of a data set and forecasts these as devices do: each midnight, shop by
 * shop, with the int8 model, the level correction and the conformal step of that shop alone. Scores are of the day's
 * total, pooled over the days without a stock-out in opening hours.
 */
export async function run({ data: path }: BenchOptions): Promise<BenchResult> {
  if (path === undefined) throw new Error('forecast: name the data set with --data <FreshRetailNet csv(.gz)>')
  const definition = await loadDefinition(
    fileURLToPath(new URL('../../models/definitions/demand.yaml', import.meta.url)),
  )
  const view = definition.spec.view as DailyDemandView
  const levels = definition.spec.quantiles
  const data = await readDailyDemand(path, { view, dataset: definition.spec.dataset })
  const from = data.days - TEST_DAYS
  const { bundle } = await trainModel({ definition, data: path, until: dayName(data.firstDay + from) })
  const { manifest, warmup, model } = openBundle(bundle)
  await using session = await openSession(model)
  const forecasts = await simulateDevices({ data, manifest, warmup, session, from, to: data.days })
  const { wape, wpe, coverage, pinball, rows, censored } = score(forecasts, levels)
  const naive = score(
    forecasts.map((each) => ({ ...each, point: each.baseline })),
    levels,
  )
  return {
    wape,
    wpe,
    coverage,
    pinball,
    wape_seasonal_naive: naive.wape,
    wpe_seasonal_naive: naive.wpe,
    rows,
    rows_censored: censored,
    train_seconds: manifest.lineage.seconds,
    model_bytes: model.byteLength,
  }
}
