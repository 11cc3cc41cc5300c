import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testBundle } from '../test/bundle.ts'
import { type TestCloud, testCloud } from '../test/cloud.ts'

let server: TestCloud
beforeAll(async () => {
  server = await testCloud()
  const push = (name: string, features: readonly string[]) =>
    server.call('POST', `/v1/models/${name}/versions`, { bytes: testBundle({ name, features }) })
  await push('demand', ['lag7', 'discount', 'monday'])
  await push('demand', ['lag7', 'discount', 'monday', 'from-tomorrow'])
  await server.call('PUT', '/v1/models/demand/aliases/champion', { json: { version: 1, reason: 'in service' } })
  await push('energy', ['lag1', 'lag7'])
  await push('energy', ['lag1'])
  const spec = { owner: 'owner@example.com', sensitivity: 'confidential', sensors: ['sales'], featureViews: ['demand'] }
  const json = { apiVersion: 'storecast/v1', kind: 'Dataset', metadata: { name: 'sales' }, spec }
  await server.call('PUT', '/v1/datasets/sales', { json })
})
afterAll(() => server[Symbol.asyncDispose]())

const get = async (path: string) => (await server.call('GET', path)).body

describe('the catalogue of feature views', () => {
  it('tells what each model sees as its champion defines it, and whose data that is', async () => {
    expect(await get('/v1/feature-views')).toMatchObject({
      items: [
        {
          ...{ name: 'demand', version: 1, champion: 1, kind: 'daily-demand', entity: 'product' },
          ...{ step: '1d', history: 28, sensors: ['sales', 'stockout'], covariates: ['discount'] },
          // Three columns, and what is embedded.
          features: 5,
          datasets: [
            { name: 'sales', owner: 'owner@example.com', steward: 'owner@example.com', sensitivity: 'confidential' },
          ],
        },
        { name: 'energy', version: 2, champion: null, features: 3, datasets: [] },
      ],
    })
  })

  it('tells of each feature what it is made of', async () => {
    const { features } = await get('/v1/feature-views/demand')
    const nothing = { sensors: [], covariates: [], attributes: [] }
    expect(features).toEqual([
      { ...nothing, name: 'lag7', from: 'history', sensors: ['sales', 'stockout'] },
      { ...nothing, name: 'discount', from: 'covariate', covariates: ['discount'] },
      { ...nothing, name: 'monday', from: 'calendar' },
      { ...nothing, name: 'site', from: 'static', attributes: ['site'] },
      { ...nothing, name: 'category', from: 'static', attributes: ['category'] },
    ])
    await server.call('PUT', '/v1/models/demand/aliases/champion', { json: { version: 2, reason: 'newer' } })
    const newer = await get('/v1/feature-views/demand')
    expect([newer.version, newer.features[3]]).toEqual([2, { ...nothing, name: 'from-tomorrow', from: 'unknown' }])
  })

  it('is asked by page and by the sensor that is read', async () => {
    const { items, next } = await get('/v1/feature-views?limit=1')
    expect([items.length, next]).toEqual([1, 'demand'])
    expect((await get(`/v1/feature-views?cursor=${next}`)).items).toMatchObject([{ name: 'energy' }])
    for (const sensor of ['sales', 'stockout']) {
      expect((await get(`/v1/feature-views?sensor=${sensor}`)).items).toHaveLength(2)
    }
    expect((await get('/v1/feature-views?sensor=fridge')).items).toEqual([])
    expect(await server.call('GET', '/v1/feature-views/none')).toMatchObject({
      status: 404,
      body: { code: 'feature-view-unknown' },
    })
  })
})
