import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openForecastingSite } from '@storecast/agent/test/forecasting-site'
import { testCloud } from '@storecast/cloud/test/cloud'
import { addWindowRecords } from '@storecast/cloud/test/records'
import { loadDefinition, trainModel } from '@storecast/models'
import { CatalogueDocument, CovariatesDocument, SELF_MEASURED, type WindowRecord } from '@storecast/shared/contracts'
import { calendar } from '@storecast/shared/windows'
import { expect, it, vi } from 'vitest'
import { type CloudClient, listAll } from '../client/client.ts'
import { dayStart, startConstellation, temporaryFolder, untilCloudHasAll } from '../constellation/index.ts'
import {
  dateAfter,
  dayReadings,
  demandRows,
  SHOP_SENSORS,
  type Shop,
  shopCovariates,
  simulateShop,
} from '../simulator/index.ts'

/** Two weeks as ever, then two in which an office quarter has opened beside one of the shops. */
const FIRST = '2026-01-05'
const USUAL = 70
const DAYS = USUAL + 14
/** First day that devices which forecast have heard of: four weeks before they begin. */
const KNOWN = USUAL - 14 - 28
const shift = { from: dateAfter(FIRST, USUAL), level: 1.6, mix: 0.8 }
const shopOf = (site: string, seed: number, products: number) =>
  simulateShop({ site, seed, products, firstDay: FIRST, days: DAYS + 1, ...(site === 'moved' && { shift }) })

interface Found {
  readonly scope: string
  readonly name: string
  readonly kind: string
  readonly column: string
  readonly verdict: string
}

/** @returns what a run finds drifted, as `device column` */
async function drifted(client: Pick<CloudClient, 'get' | 'post'>, until: number | null): Promise<string[]> {
  const { id } = await client.post<{ id: string }>('/v1/monitoring-runs', { until })
  await vi.waitFor(
    async () => expect(await client.get(`/v1/monitoring-runs/${id}`)).toMatchObject({ state: 'succeeded' }),
    { timeout: 120_000, interval: 100 },
  )
  const rows = await listAll<Found>(client, '/v1/drift', { run: id })
  expect(rows.filter(({ verdict }) => verdict !== 'insufficient').length).toBeGreaterThan(5)
  return rows
    .filter(({ scope, verdict }) => scope === 'device' && verdict === 'drift')
    .map((one) => `${one.name} ${one.column}`)
}

it('finds what a shop’s sensors tell of new customers, and nothing before they came', async () => {
  const shops = [shopOf('moved', 1, 10), shopOf('same', 2, 10)]
  await using folder = await temporaryFolder('drift')
  await using constellation = await startConstellation({
    shops,
    folder: folder.path,
    clock: { start: dayStart(shops[0]!, DAYS) + 3_600_000, speed: 1 },
  })
  const { cloud, stores } = constellation
  for (const store of stores) await constellation.importHistory(store, 0, DAYS)
  await untilCloudHasAll(constellation, { signal: AbortSignal.timeout(240_000) })
  expect(await drifted(cloud.client, dayStart(shops[0]!, USUAL))).toEqual([])
  const found = await drifted(cloud.client, null)
  expect(found).toContain('moved sales')
  expect(found.every((one) => one.startsWith('moved ') && one !== 'moved fridge')).toBe(true)
})

it('finds what a model’s inputs and target tell of them', async () => {
  const shops = ['moved', 'same', 'other', 'fourth'].map((site, seed) => shopOf(site, seed + 11, 24))
  await using folder = await temporaryFolder('drift')
  const data = join(folder.path, 'shops.csv')
  await writeFile(data, [...demandRows(shops)].join('\n'))
  const definition = await loadDefinition(fileURLToPath(import.meta.resolve('../../models/definitions/demand.yaml')))
  definition.spec.training.epochs = 1
  definition.spec.training.seeds = [1]
  const { bundle } = await trainModel({ definition, data, until: shops[0]!.day(USUAL - 14).date })

  await using server = await testCloud()
  const client: Pick<CloudClient, 'get' | 'post'> = {
    get: async (path) => (await server.call('GET', path)).body,
    post: async (path, json) => (await server.call('POST', path, { json })).body,
  }
  expect((await server.call('POST', '/v1/models/demand/versions', { bytes: bundle })).status).toBe(201)
  for (const shop of shops.slice(0, 2)) {
    const { site, timeZone, labels } = shop
    await server.call('PUT', `/v1/sites/${site}`, { json: { timeZone, labels, sensors: [] } })
    await server.call('POST', '/v1/devices', { json: { id: site, site } })
    await addWindowRecords(server.pool, site, await toldBy(shop, folder.path, bundle))
  }
  expect(await drifted(client, dayStart(shops[0]!, USUAL))).toEqual([])
  const found = await drifted(client, null)
  expect(found).toContain('moved target')
  expect(found.length).toBeGreaterThan(5)
  // Of what is called drift a small share may be false: it is that share which is held, not their absence.
  expect(found.filter((one) => one.startsWith('same')).length).toBeLessThanOrEqual(0.2 * found.length)
  const performance = await listAll<{ scores: { wape: number | null } }>(client, '/v1/performance', { scope: 'device' })
  expect(performance).toHaveLength(2)
  for (const { scores } of performance) expect(scores.wape).toBeGreaterThan(0)
})

/** What a device tells of four weeks in which it forecasts every midnight. */
async function toldBy(shop: Shop, folder: string, bundle: Uint8Array): Promise<WindowRecord[]> {
  const { site, timeZone, products: entities } = shop
  const path = join(folder, `${site}.bundle`)
  await writeFile(path, bundle)
  await mkdir(join(folder, site))
  const zone = calendar(timeZone)
  await using device = await openForecastingSite({
    folder: join(folder, site),
    now: dayStart(shop, KNOWN),
    sensors: SHOP_SENSORS,
    catalogue: CatalogueDocument.parse({ kind: 'catalogue', site, timeZone, entities }),
    covariates: CovariatesDocument.parse({ kind: 'covariates', site, ...shopCovariates(shop) }),
    bundle: { model: 'demand', version: 1, path, sha256: createHash('sha256').update(bundle).digest('hex') },
  })
  for (let day = KNOWN; day < DAYS; day++) {
    const { start, end } = zone.daySpan(shop.day(day).date)
    if (day >= USUAL - 14) await device.forecast(start)
    await device.live(dayReadings(shop, day), end)
  }
  await device.forecast(dayStart(shop, DAYS))
  const measured = Object.keys(SELF_MEASURED).filter((name) => name.startsWith('$f'))
  return ['sales', ...measured].flatMap((name) => device.windows(name))
}
