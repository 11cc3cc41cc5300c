import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { loadDefinition, trainModel } from '@storecast/models'
import { CatalogueDocument, CovariatesDocument } from '@storecast/shared/contracts'
import { calendar, toSteps } from '@storecast/shared/windows'
import { Buffer } from '../../agent/buffer/index.ts'
import { Features } from '../../agent/features/index.ts'
import { type BundleFile, Models } from '../../agent/inference/index.ts'
import { openReading } from '../../agent/platform/database.ts'
import { createLogger } from '../../agent/platform/logger.ts'
import { manualClock } from '../../agent/platform/manual-clock.ts'
import { startWriter } from '../../agent/platform/writer.ts'
import { Windows } from '../../agent/windows/index.ts'
import type { AgentProcedures } from '../../agent/writer-thread.ts'
import { demandRows, SHOP_SENSORS, type Shop, shopCovariates, simulateShop } from '../../fleet/simulator/index.ts'

const definitionPath = fileURLToPath(new URL('../../models/definitions/demand.yaml', import.meta.url))

/**
 * The shipped `demand` definition as a bundle in `folder`: its features, its network with all seeds, int8; trained for one
 * epoch on a small simulated shop. Weights differ from a champion's, the time and memory of a run do not.
 */
export async function smallDemandBundle(folder: string): Promise<BundleFile> {
  const shop = simulateShop({ site: 'training', seed: 7, products: 24, firstDay: '2025-01-01', days: 60 })
  const data = join(folder, 'training.csv')
  const lines = Readable.from(demandRows([shop])).map((line: string) => `${line}\n`)
  await pipeline(lines, createWriteStream(data))
  const definition = await loadDefinition(definitionPath)
  definition.spec.training.epochs = 1
  const { bundle } = await trainModel({ definition, data })
  const sha256 = createHash('sha256').update(bundle).digest('hex')
  const path = join(folder, `${sha256}.bundle`)
  await writeFile(path, bundle)
  return { model: 'demand', version: 1, path, sha256 }
}

/** The stages of an agent from readings to models, in a shop whose days are fed one by one. */
export async function openDemandSite(options: { folder: string; shop: Shop; firstDay: number }) {
  const { folder, shop, firstDay } = options
  const { site, timeZone, products } = shop
  await using stack = new AsyncDisposableStack()
  const file = join(folder, 'agent.db')
  const entry = new URL('../../agent/writer-thread.ts', import.meta.url)
  const writer = stack.use(await startWriter<AgentProcedures>(entry, { file }))
  const db = stack.adopt(openReading(file), (open) => void open.close())
  const midnight = (index: number) => calendar(timeZone).daySpan(shop.day(index).date)
  const clock = manualClock(midnight(firstDay).start)
  const buffer = stack.use(await Buffer.start({ writer, db, clock }))
  await buffer.define(SHOP_SENSORS)
  const log = createLogger({ level: 'warn' })
  const windows = stack.use(await Windows.start({ writer, db, buffer, clock, log, timeZone }))
  const features = stack.use(new Features({ db, windows }))
  features.start()
  const entities = products.map(({ id, attributes }) => ({ id, attributes }))
  features.apply(CatalogueDocument.parse({ kind: 'catalogue', site, timeZone, entities }))
  features.apply(CovariatesDocument.parse({ kind: 'covariates', site, ...shopCovariates(shop) }))
  const models = stack.use(new Models({ dataDirectory: folder }))
  await models.start()

  /** A day's sales, one reading a product, and its stock-outs come in and are windows. @returns the next midnight */
  const live = async (index: number): Promise<number> => {
    const { start, end } = midnight(index)
    const day = shop.day(index).products
    const readings = day.flatMap(({ sold, minutesOut }, at) => {
      const key = { entity: entities[at]!.id, outOfRange: false }
      const units = sold.reduce((sum, value) => sum + value, 0)
      const sale = { ...key, sensor: 'sales', time: start, value: toSteps(units, 0.01), id: `${index}-${key.entity}` }
      const hour = minutesOut.findIndex((minutes, h) => minutes > 0 && h >= 6 && h <= 22)
      if (hour < 0) return [sale]
      const out = { ...key, sensor: 'stockout', time: start + hour * 3_600_000, value: minutesOut[hour]! }
      return [sale, { ...out, id: `${sale.id}-out` }]
    })
    await buffer.accept(readings, { urgent: true })
    clock.advance(end - clock.now())
    await windows.closeUntil(end)
    return end
  }
  const owned = stack.move()
  return { writer, db, clock, features, models, live, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
