import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openForecastingSite } from '@storecast/agent/test/forecasting-site'
import { loadDefinition, readDailyDemand, simulateDevices, trainModel } from '@storecast/models'
import { openSession } from '@storecast/models/engine'
import { openBundle } from '@storecast/shared/bundle'
import { CatalogueDocument, CovariatesDocument, type DailyDemandView } from '@storecast/shared/contracts'
import { calendar } from '@storecast/shared/windows'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { dayReadings, demandRows, SHOP_SENSORS, shopCovariates, simulateShop } from '../simulator/index.ts'

const DAYS = 56
/** The model is trained on the days before this one. */
const FIRST = 46

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storecast-device-forecasts-'))
})
afterEach(() => rm(folder, { recursive: true }))

it('gives, from readings, the forecasts that the workshop works out from the data set', async () => {
  const shop = simulateShop({ site: 'shop', seed: 3, products: 25, firstDay: '2026-03-01', days: DAYS })
  const csv = join(folder, 'shop.csv')
  await writeFile(csv, [...demandRows([shop])].join('\n'))
  const definition = await loadDefinition(fileURLToPath(import.meta.resolve('../../models/definitions/demand.yaml')))
  definition.spec.training.epochs = 1
  definition.spec.training.seeds = [1]
  const view = definition.spec.view as DailyDemandView
  const { bundle } = await trainModel({ definition, data: csv, until: shop.day(FIRST).date })
  const { manifest, warmup, model } = openBundle(bundle)
  const data = await readDailyDemand(csv, { view })
  await using session = await openSession(model)
  const expected = await simulateDevices({ data, manifest, warmup, session, from: FIRST, to: DAYS })

  const path = join(folder, 'demand.bundle')
  await writeFile(path, bundle)
  const { site, timeZone, products: entities } = shop
  const zone = calendar(timeZone)
  await using device = await openForecastingSite({
    folder,
    now: zone.daySpan(shop.firstDay).start,
    sensors: SHOP_SENSORS,
    catalogue: CatalogueDocument.parse({ kind: 'catalogue', site, timeZone, entities }),
    covariates: CovariatesDocument.parse({ kind: 'covariates', site, ...shopCovariates(shop) }),
    bundle: { model: 'demand', version: 1, path, sha256: createHash('sha256').update(bundle).digest('hex') },
  })
  let compared = 0
  for (let day = 0; day < DAYS; day++) {
    const { start, end } = zone.daySpan(shop.day(day).date)
    if (day >= FIRST) {
      const forecasts = new Map((await device.forecast(start)).map((forecast) => [forecast.entity, forecast]))
      for (const { entity, quantiles, mean, baseline } of expected.filter((each) => each.day === day)) {
        const got = forecasts.get(entity)!
        const numbers = [...got.quantiles, got.mean, got.baseline]
        for (const [i, value] of [...Array.from(quantiles), mean, baseline].entries()) {
          expect(Math.abs(numbers[i]! - value), `day ${day}, ${entity}`).toBeLessThan(1e-4 * (1 + Math.abs(value)))
          compared++
        }
      }
    }
    await device.live(dayReadings(shop, day), end)
  }
  expect(compared).toBe((DAYS - FIRST) * 25 * 5)
})
