/** Trains one variant and answers with its forecasts: see `forecastShops`. */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { dayName, loadDefinition, readDailyDemand, simulateDevices, trainModel } from '@storecast/models'
import { openSession } from '@storecast/models/engine'
import { openBundle } from '@storecast/shared/bundle'
import type { DailyDemandView, ModelDefinition } from '@storecast/shared/contracts'
import type { ForecastOrder, ShopForecasts, Variant } from './forecasts.ts'

const DEFINITION = fileURLToPath(new URL('../../../models/definitions/demand.yaml', import.meta.url))

const [order] = (await once(process, 'message')) as [ForecastOrder]
// Until it is ended: what was sent may still be on its way.
process.channel!.ref()
process.send!(await forecast(order))

async function forecast({ data: path, variant, from }: ForecastOrder): Promise<ShopForecasts> {
  const definition = variantOf(await loadDefinition(DEFINITION), variant)
  const view = definition.spec.view as DailyDemandView
  const data = await readDailyDemand(path, { view, dataset: definition.spec.dataset })
  const until = dayName(data.firstDay + variant.trainedDays)
  const { bundle } = await trainModel({ definition, data: path, until })
  const { manifest, warmup, model } = openBundle(bundle)
  await using session = await openSession(model)
  const forecasts = await simulateDevices({ data, manifest, warmup, session, from, to: data.days })
  const shops = new Map(data.sites.map(({ site }, index) => [site, index]))
  const last = definition.spec.quantiles.length - 1
  return {
    days: data.days - from,
    shops: data.sites.length,
    shop: Uint8Array.from(forecasts, ({ site }) => shops.get(site)!),
    day: Uint8Array.from(forecasts, ({ day }) => day - from),
    actual: Float64Array.from(forecasts, ({ actual }) => actual),
    censored: Uint8Array.from(forecasts, ({ censored }) => Number(censored)),
    lower: Float64Array.from(forecasts, ({ quantiles }) => quantiles[0]!),
    point: Float64Array.from(forecasts, ({ point }) => point),
    upper: Float64Array.from(forecasts, ({ quantiles }) => quantiles[last]!),
  }
}

function variantOf(definition: ModelDefinition, { seeds, pastSalesOnly }: Variant): ModelDefinition {
  const { spec } = definition
  const training = { ...spec.training, seeds: [...seeds] }
  if (!pastSalesOnly) return { ...definition, spec: { ...spec, training } }
  return {
    ...definition,
    spec: {
      ...{ ...spec, training },
      view: {
        ...(spec.view as DailyDemandView),
        statics: {},
        groups: [],
        knownAhead: { entity: [], site: [] },
        states: [],
      },
      network: { kind: 'residual-mlp', width: 32, blocks: 1, dropout: 0.1, halfWithout: [] },
    },
  }
}
