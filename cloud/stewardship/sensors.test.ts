import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestCloud, testCloud } from '../test/cloud.ts'

const FRIDGE = { name: 'fridge', kind: 'gauge', unit: '°C', resolution: 0.1, range: [-40, 60], interval: 60 }
const DOOR = { name: 'door', kind: 'gauge', unit: 'open', resolution: 1, range: [0, 1] }
const SALES = { name: 'sales', kind: 'event', unit: 'units', resolution: 1, range: [0, 100], per: 'product' }
/** The same as `FRIDGE`, in more words. */
const WORDY = { ...FRIDGE, window: '5m', centre: 0, priority: 'normal', quality: { flatAfter: 0 } }

let server: TestCloud
beforeAll(async () => {
  server = await testCloud()
  await site('berlin', { region: 'eu', tier: 'gold' }, [FRIDGE, DOOR, SALES])
  await site('bonn', { region: 'eu' }, [FRIDGE, DOOR, SALES])
  await site('cork', { region: 'eu', tier: 'gold' }, [WORDY])
  await site('dallas', { region: 'us' }, [{ ...FRIDGE, unit: '°F' }, SALES])
  await dataset('a-gold', { sensors: ['fridge'], sites: { tier: 'gold' }, steward: 'gold@example.com' })
  await dataset('b-europe', { sensors: ['fridge'], sites: { region: 'eu' }, sensitivity: 'restricted' })
  await dataset('c-gold-too', { sensors: ['fridge'], sites: { region: 'eu', tier: 'gold' } })
  await dataset('sales', { sensors: ['sales'] })
})
afterAll(() => server[Symbol.asyncDispose]())

const site = (id: string, labels: object, sensors: readonly object[]) =>
  server.call('PUT', `/v1/sites/${id}`, { json: { timeZone: 'Europe/Berlin', labels, sensors } })
const dataset = (name: string, spec: object) =>
  server.call('PUT', `/v1/datasets/${name}`, {
    json: {
      ...{ apiVersion: 'storecast/v1', kind: 'Dataset', metadata: { name } },
      spec: { owner: 'owner@example.com', ...spec },
    },
  })
const get = async (path: string, token?: string) =>
  (await server.call('GET', path, token === undefined ? {} : { token })).body
const names = async (query: string, token?: string) =>
  (await get(`/v1/sensors?${query}`, token)).items.map(({ name }: { name: string }) => name)

describe('the catalogue of sensors', () => {
  it('tells of each name how many shops define it, in which ways, the most common first', async () => {
    const { items } = await get('/v1/sensors')
    expect(items).toMatchObject([
      { name: 'door', sites: 2, definitions: 1, variants: [{ unit: 'open', sites: 2, example: 'berlin' }] },
      {
        ...{ name: 'fridge', sites: 4, definitions: 2, tasks: 0 },
        variants: [
          { ...FRIDGE, window: '5m', per: 'site', priority: 'normal', sites: 3, example: 'berlin' },
          { unit: '°F', sites: 1, example: 'dallas' },
        ],
      },
      { name: 'sales', sites: 3, definitions: 1 },
    ])
    expect(items[1].variants[0].quality.thresholds.completeness).toBe(0.9)
  })

  it('counts for each shop the first data set by name whose labels it has', async () => {
    const { datasets, unheld } = await get('/v1/sensors/fridge')
    expect(datasets).toEqual([
      { name: 'a-gold', owner: 'owner@example.com', steward: 'gold@example.com', sensitivity: 'internal', sites: 2 },
      {
        name: 'b-europe',
        owner: 'owner@example.com',
        steward: 'owner@example.com',
        sensitivity: 'restricted',
        sites: 1,
      },
      {
        name: 'c-gold-too',
        owner: 'owner@example.com',
        steward: 'owner@example.com',
        sensitivity: 'internal',
        sites: 0,
      },
    ])
    expect(unheld).toBe(1)
    expect(await get('/v1/sensors/sales')).toMatchObject({ datasets: [{ name: 'sales', sites: 3 }], unheld: 0 })
    expect(await get('/v1/sensors/door')).toMatchObject({ datasets: [], unheld: 2 })
  })

  it('is asked by page, by some of the name, and for what nobody looks after', async () => {
    const { items, next } = await get('/v1/sensors?limit=2')
    expect([items.length, next]).toEqual([2, 'fridge'])
    expect(await names(`cursor=${next}`)).toEqual(['sales'])
    expect(await names('q=R')).toEqual(['door', 'fridge'])
    expect(await names('q=_')).toEqual([])
    expect(await names('held=false')).toEqual(['door', 'fridge'])
    expect(await names('held=true')).toEqual(['sales'])
    expect(await server.call('GET', '/v1/sensors/freezer')).toMatchObject({
      status: 404,
      body: { code: 'sensor-unknown' },
    })
  })

  it('shows who is limited to some shops what these measure', async () => {
    const json = { name: 'us', roles: ['viewer'], limit: { region: 'us' } }
    const { secret } = (await server.call('POST', '/v1/tokens', { json })).body
    expect(await names('', secret)).toEqual(['fridge', 'sales'])
    expect(await get('/v1/sensors/fridge', secret)).toMatchObject({
      sites: 1,
      definitions: 1,
      variants: [{ unit: '°F' }],
    })
    expect(await get('/v1/sensors/door', secret)).toMatchObject({ code: 'sensor-unknown' })
  })

  it('counts the tasks that are not closed, and follows what shops are changed to', async () => {
    await server.call('POST', '/v1/devices', { json: { id: 'bonn-1', site: 'bonn' } })
    await server.pool.query(
      `INSERT INTO stewardship_tasks (device, site, sensor, dimension, state, threshold, score, worst, opened_at, scored_at, closed_at)
       VALUES ('bonn-1', 'bonn', 'fridge', 'movement', 'open', 0.9, 0.5, 0.5, 1, 1, NULL),
         ('bonn-1', 'bonn', 'fridge', 'clock', 'closed', 0.9, 1, 0.5, 1, 1, 2)`,
    )
    expect(await get('/v1/sensors/fridge')).toMatchObject({ tasks: 1 })
    await site('bonn', { region: 'eu' }, [])
    expect(await get('/v1/sensors/fridge')).toMatchObject({ sites: 3, definitions: 2 })
    await site('bonn', { region: 'us' }, [FRIDGE, DOOR, SALES])
    expect(await get('/v1/sensors/fridge')).toMatchObject({ sites: 4, unheld: 2 })
  })
})
