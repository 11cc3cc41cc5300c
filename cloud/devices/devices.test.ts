import { join } from 'node:path'
import { type CovariatesDocument, type DesiredState, SensorDefinition } from '@storecast/shared/contracts'
import fc from 'fast-check'
import mqtt from 'mqtt'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { identityMigrations } from '../identity/index.ts'
import { startBroker } from '../platform/broker.ts'
import { connectBus } from '../platform/bus.ts'
import type { Database } from '../platform/database.ts'
import { folderObjects } from '../platform/folder-objects.ts'
import { quiet, temporaryFolder, testDatabase } from '../test/database.ts'
import { type DesiredStates, desiredStates, nextGeneration } from './desired.ts'
import { mergeCovariates } from './documents.ts'
import {
  createDevices,
  createSites,
  type Devices,
  deviceMigrations,
  listNextCatalogue,
  listNextSensors,
  readDocument,
  type Sites,
  startPublisher,
} from './index.ts'
import { renewalOf } from './publisher.ts'

const START = Date.UTC(2026, 2, 29, 12)
let later = 0
const clock = { now: () => START + later }
const unixSeconds = START / 1000
/** As far as the publisher goes, whatever text devices verify. */
const sign = async (state: DesiredState) => JSON.stringify(state)
const HOUR_MS = 3_600_000
const stack = new AsyncDisposableStack()
let database: Database
let objects: Awaited<ReturnType<typeof folderObjects>>
let desired: DesiredStates
let sites: Sites
let devices: Devices
let wake = () => {}
const withdrawn: string[] = []

beforeAll(async () => {
  database = stack.use(await testDatabase([...deviceMigrations, ...identityMigrations]))
  objects = await folderObjects(join(stack.use(await temporaryFolder()).path, 'objects'))
  desired = desiredStates({ api: () => 'http://127.0.0.1:8080', clock })
  const onChange = () => wake()
  sites = createSites({ database, objects, desired, clock, onChange })
  devices = createDevices({
    database,
    desired,
    clock,
    certificates: { revoke: async () => 0 },
    onChange,
    onWithdrawn: (id) => withdrawn.push(id),
  })
})
afterAll(() => stack.disposeAsync())

const spec = { timeZone: 'Europe/Berlin', labels: { region: 'eu' }, entities: [], sensors: [] }
const issue = (site: string, issuedAt: number, days: string[], rain: (number | null)[]): CovariatesDocument => ({
  kind: 'covariates',
  site,
  issuedAt,
  days,
  site_values: { rain },
  entity_values: {},
})

describe('sites', () => {
  it('keeps what it was given, as documents that its devices are pointed to', async () => {
    const entities = [{ id: 'milk', attributes: { category: 'dairy' } }]
    const site = await sites.put('berlin', { ...spec, entities })
    expect(site).toMatchObject({ id: 'berlin', timeZone: 'Europe/Berlin', labels: { region: 'eu' }, devices: 0 })
    expect(await readDocument(objects, site.documents.catalogue!.sha256)).toEqual({
      kind: 'catalogue',
      site: 'berlin',
      timeZone: 'Europe/Berlin',
      labels: { region: 'eu' },
      entities,
    })
    expect((await sites.put('berlin', { ...spec, entities })).documents).toEqual(site.documents)
  })

  it('tells what products are told apart by, of the newest catalogues of the sites within a limit', async () => {
    const product = (id: string, attributes: Record<string, string>) => ({ id, attributes })
    const kiosk = { ...spec, labels: { region: 'kiosks' } }
    const before = [product('milk', { category: 'dairy', 'a,b': '1' }), product('gone', { gone: 'yes' })]
    await sites.put('kiosk', { ...kiosk, entities: before })
    const dairy = { category: 'dairy', name: 'Milk\0', storage: 'chilled' }
    const entities = [product('milk', {}), product('milk', dairy), product('soap', { name: 'Soap' })]
    await sites.put('kiosk', { ...kiosk, entities })
    await sites.put('kiosk-2', { ...kiosk, entities: [product('tea', { name: 'Tea', storage: 'dry' })] })
    const of = (page: object) => sites.productAttributes({ limit: 10, within: { region: 'kiosks' }, ...page })
    expect(await of({})).toEqual({
      items: [
        { name: 'category', sites: 1, products: 1, values: 1 },
        { name: 'name', sites: 2, products: 3, values: 2 },
        { name: 'storage', sites: 2, products: 2, values: 1 },
      ],
    })
    const first = await of({ limit: 2 })
    expect((await of({ limit: 2, after: first.next })).items.map(({ name }) => name)).toEqual(['storage'])
    expect((await of({ within: { site: 'kiosk-2' } })).items.map(({ name }) => name)).toEqual(['name', 'storage'])
    const { rows } = await database.pool.query(
      "SELECT entity, attributes FROM products WHERE site = 'kiosk' ORDER BY 1",
    )
    expect(rows).toEqual([
      { entity: 'milk', attributes: { ...dairy, name: 'Milk' } },
      { entity: 'soap', attributes: { name: 'Soap' } },
    ])
  })

  it('lists products of catalogues that came before they were listed', async () => {
    const entities = [{ id: 'tea', attributes: { old: 'yes' } }]
    const old = { ...spec, labels: { age: 'old' }, entities }
    for (const site of ['old-1', 'old-2']) await sites.put(site, old)
    await database.pool.query("DELETE FROM products WHERE site LIKE 'old-_'")
    await database.pool.query("DELETE FROM product_lists WHERE site LIKE 'old-_'")
    expect(await listNextCatalogue({ database, objects })).toBe(true)
    while (await listNextCatalogue({ database, objects })) {
      // The next.
    }
    const { items } = await sites.productAttributes({ limit: 10, within: { age: 'old' } })
    expect(items).toEqual([{ name: 'old', sites: 2, products: 2, values: 1 }])
  })

  it('lists each different definition of a sensor once, also of documents that came before they were listed', async () => {
    const fridge = SensorDefinition.parse({
      ...{ name: 'fridge', kind: 'gauge', unit: '°C', resolution: 0.1, range: [-40, 60] },
    })
    const door = SensorDefinition.parse({ name: 'door', kind: 'gauge', unit: 'open', resolution: 1, range: [0, 1] })
    const definitionsOf = async (site: string) => {
      const { rows } = await database.pool.query<{ definitions: number[] }>(
        `SELECT definitions FROM sensor_lists l JOIN site_documents o ON o.sha256 = l.document
         WHERE o.site = $1 AND o.kind = 'sensors'`,
        [site],
      )
      return rows[0]?.definitions
    }
    await sites.put('fridges-1', { ...spec, sensors: [fridge, door] })
    await sites.put('fridges-2', { ...spec, sensors: [{ ...fridge, priority: 'normal' }] })
    const [one, two] = [await definitionsOf('fridges-1'), await definitionsOf('fridges-2')]
    expect([one?.length, two?.length]).toEqual([2, 1])
    expect(one).toEqual(expect.arrayContaining(two!))
    await database.pool.query('DELETE FROM sensor_lists')
    expect(await listNextSensors({ database, objects })).toBe(true)
    while (await listNextSensors({ database, objects })) {
      // The next.
    }
    expect([await definitionsOf('fridges-1'), await definitionsOf('fridges-2')]).toEqual([one, two])
  })

  it('refuses what is no time zone, and a site that is not there', async () => {
    await expect(sites.put('x', { ...spec, timeZone: 'Mars/Base' })).rejects.toMatchObject({ code: 'time-zone' })
    await expect(sites.get('nowhere')).rejects.toMatchObject({ code: 'site-unknown' })
    await expect(sites.putCovariates(issue('nowhere', 1, [], []))).rejects.toMatchObject({ code: 'site-unknown' })
  })

  it('lists page by page', async () => {
    for (const id of ['page-a', 'page-b', 'page-c']) await sites.put(id, spec)
    const first = await sites.list({ after: 'page-', limit: 2 })
    expect([first.items.map((site) => site.id), first.next]).toEqual([['page-a', 'page-b'], 'page-b'])
    const second = await sites.list({ after: first.next, limit: 2 })
    expect([second.items.map((site) => site.id), second.next]).toEqual([['page-c'], undefined])
  })

  it('adds covariates in the order in which they became known', async () => {
    await sites.put('rainy', spec)
    const day = (n: number) => Date.UTC(2026, 2, n)
    await sites.putCovariates(issue('rainy', day(1), ['2026-03-01', '2026-03-02'], [1, 2]))
    const last = issue('rainy', day(2), ['2026-03-02', '2026-03-03'], [5, null])
    const ref = await sites.putCovariates(last)
    expect(await readDocument(objects, ref.sha256)).toMatchObject({
      issuedAt: day(2),
      days: ['2026-03-01', '2026-03-02', '2026-03-03'],
      site_values: { rain: [1, 5, null] },
    })
    expect(await sites.putCovariates(last)).toEqual(ref)
    for (const late of [issue('rainy', day(1), [], []), issue('rainy', day(2), ['2026-03-02'], [6])]) {
      await expect(sites.putCovariates(late)).rejects.toMatchObject({ code: 'covariates-older' })
    }
    const uneven = issue('rainy', day(3), ['2026-03-03'], [1, 2])
    await expect(sites.putCovariates(uneven)).rejects.toMatchObject({
      code: 'covariates-columns',
      message: expect.stringContaining('rain has 2 values for 1 days'),
    })
  })
})

describe('mergeCovariates', () => {
  it('knows of each day the newest value that was given', () => {
    const days = ['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04']
    const upload = fc.record({
      days: fc.subarray(days),
      values: fc.array(fc.option(fc.integer()), { minLength: 4, maxLength: 4 }),
    })
    fc.assert(
      fc.property(fc.array(upload, { minLength: 1, maxLength: 8 }), (uploads) => {
        const newest = new Map<string, number>()
        let known: CovariatesDocument | undefined
        uploads.forEach(({ days, values }, at) => {
          const column = days.map((_, index) => values[index]!)
          days.forEach((day, index) => {
            if (column[index] !== null) newest.set(day, column[index]!)
          })
          const next = issue('s', Date.UTC(2026, 2, 5) + at, days, column)
          known = mergeCovariates(known, { ...next, entity_values: { discount: { milk: column } } })
        })
        const rain = Object.fromEntries(known!.days.map((day, at) => [day, known!.site_values.rain![at]]))
        for (const day of known!.days) expect(rain[day]).toBe(newest.get(day) ?? null)
        expect(known!.days).toEqual(days.filter((day) => uploads.some((one) => one.days.includes(day))))
        expect(known!.entity_values.discount!.milk).toEqual(known!.site_values.rain)
      }),
    )
  })

  it('leaves out days that no feature looks back on', () => {
    const old = issue('s', Date.UTC(2026, 0, 1), ['2025-12-31', '2026-02-28'], [1, 2])
    expect(mergeCovariates(old, issue('s', Date.UTC(2026, 2, 29), ['2026-03-30'], [3])).days).toEqual([
      '2026-02-28',
      '2026-03-30',
    ])
  })
})

describe('devices', () => {
  it('shows a token once, and knows the device by it until it is replaced', async () => {
    await sites.put('enrol', spec)
    const { device, token } = await devices.enrol({ id: 'enrol-1', site: 'enrol', labels: {} })
    expect(device).toMatchObject({ id: 'enrol-1', site: 'enrol', online: false, lastSeen: null, retiredAt: null })
    expect(await devices.isDevice('enrol-1', token)).toBe(true)
    expect(await devices.isDevice('enrol-1', `${token}x`)).toBe(false)
    expect(await devices.isDevice('enrol-2', token)).toBe(false)
    expect([await devices.deviceOf(token), await devices.deviceOf('')]).toEqual(['enrol-1', undefined])
    const { rows } = await database.pool.query("SELECT * FROM devices WHERE id = 'enrol-1'")
    expect(JSON.stringify(rows)).not.toContain(token)
    const next = await devices.replaceToken('enrol-1')
    expect([await devices.isDevice('enrol-1', token), await devices.isDevice('enrol-1', next.token)]).toEqual([
      false,
      true,
    ])
    expect((await devices.retire('enrol-1')).retiredAt).toBe(clock.now())
    expect(await devices.isDevice('enrol-1', next.token)).toBe(false)
    expect(withdrawn).toEqual(['enrol-1', 'enrol-1'])
    await expect(devices.replaceToken('enrol-1')).rejects.toMatchObject({ code: 'device-unknown' })
  })

  it('refuses an id that is taken and a site that is not there', async () => {
    await sites.put('twice', spec)
    await devices.enrol({ id: 'twice-1', site: 'twice', labels: {} })
    await expect(devices.enrol({ id: 'twice-1', site: 'twice', labels: {} })).rejects.toMatchObject({
      code: 'device-exists',
    })
    await expect(devices.enrol({ id: 'twice-2', site: 'nowhere', labels: {} })).rejects.toMatchObject({
      code: 'site-unknown',
    })
  })
})

describe('desired state', () => {
  it('changes its generation with its content and not without', async () => {
    await sites.put('wanted', spec)
    await devices.enrol({ id: 'wanted-1', site: 'wanted', labels: {} })
    const first = await devices.desired('wanted-1')
    expect(first.generation).toBe(unixSeconds)
    const site = await sites.put('wanted', spec)
    expect(await devices.desired('wanted-1')).toEqual(first)
    await sites.put('wanted', { ...spec, entities: [{ id: 'milk', attributes: {} }] })
    const second = await devices.desired('wanted-1')
    expect(second.generation).toBe(unixSeconds + 1)
    const [old, current] = [site.documents.catalogue!.sha256, second.documents.catalogue!.sha256]
    expect([await devices.mayRead('wanted-1', old), await devices.mayRead('wanted-1', current)]).toEqual([true, true])
    await sites.put('wanted', { ...spec, entities: [{ id: 'bread', attributes: {} }] })
    expect(await devices.mayRead('wanted-1', old)).toBe(false)
  })

  it('sees a site that changes while a device is enrolled', async () => {
    await sites.put('race', spec)
    await Promise.all([
      ...Array.from({ length: 8 }, (_, n) => devices.enrol({ id: `race-${n}`, site: 'race', labels: {} })),
      ...Array.from({ length: 8 }, (_, n) => sites.put('race', { ...spec, labels: { n: String(n) } })),
    ])
    const { documents } = await sites.get('race')
    for (let n = 0; n < 8; n++) expect((await devices.desired(`race-${n}`)).documents).toEqual(documents)
  })

  it('has another generation for each of two changes at once', async () => {
    await sites.put('at-once', spec)
    await devices.enrol({ id: 'at-once-1', site: 'at-once', labels: {} })
    const target = { version: 1, bundle: { sha256: 'a'.repeat(64), bytes: 1 } }
    const wish = [{ device: 'at-once-1', target, candidate: null, policy: null }]
    const assigned = Promise.withResolvers<void>()
    const waiting = Promise.withResolvers<void>()
    const one = database.transaction(async (client) => {
      const generations = await desired.assign(client, 'demand', wish)
      assigned.resolve()
      await waiting.promise
      return generations.get('at-once-1')!
    })
    await assigned.promise
    const other = database.transaction((client) => desired.assign(client, 'sensor', wish))
    await vi.waitFor(async () => {
      const { rows } = await database.pool.query('SELECT 1 FROM pg_locks WHERE NOT granted')
      expect(rows).toHaveLength(1)
    })
    waiting.resolve()
    expect((await other).get('at-once-1')).toBeGreaterThan(await one)
    expect(Object.keys((await devices.desired('at-once-1')).models).sort()).toEqual(['demand', 'sensor'])
  })

  it('has generations that only grow', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (last, now) => {
        const next = nextGeneration(last, now)
        expect(next).toBeGreaterThan(last)
        expect(next).toBeGreaterThanOrEqual(Math.floor(now / 1000))
      }),
    )
  })

  it('is published retained, again after a change and to a broker that starts empty', async () => {
    await sites.put('told', spec)
    const expires = unixSeconds + 2 * 86_400
    const { token } = await devices.enrol({ id: 'told-1', site: 'told', labels: {} })
    const start = (port: number) =>
      startBroker({ host: '127.0.0.1', port, log: quiet, isDevice: devices.isDevice, onRefused: () => {} })
    const broker = await start(0)
    const hear = async (url: string) => {
      const client = mqtt.connect(url, { username: 'told-1', password: token, clientId: 'told-1', reconnectPeriod: 0 })
      const heard: DesiredState[] = []
      client.on('message', (_topic, payload) => heard.push(JSON.parse(payload.toString())))
      await client.subscribeAsync('storecast/v1/told-1/desired', { qos: 1 })
      return { heard, close: () => client.endAsync(true) }
    }
    {
      await using bus = connectBus({ url: broker.url, clientId: 'cloud', ...broker.cloud, log: quiet })
      await using publisher = startPublisher({ database, bus, clock, sign, log: quiet })
      wake = publisher.wake
      const first = await devices.desired('told-1')
      const { heard, close } = await hear(broker.url)
      await vi.waitFor(() => expect(heard.at(-1)).toEqual({ ...first, expires }))
      await sites.put('told', { ...spec, labels: { region: 'moved' } })
      const second = await devices.desired('told-1')
      expect(second.generation).toBeGreaterThan(first.generation)
      await vi.waitFor(() => expect(heard.at(-1)).toEqual({ ...second, expires }))
      await close()
    }
    await broker[Symbol.asyncDispose]()
    await using empty = await start(0)
    await using bus = connectBus({ url: empty.url, clientId: 'cloud', ...empty.cloud, log: quiet })
    await using publisher = startPublisher({ database, bus, clock, sign, log: quiet })
    wake = publisher.wake
    const { heard, close } = await hear(empty.url)
    const current = await devices.desired('told-1')
    await vi.waitFor(() => expect(heard.at(-1)).toEqual({ ...current, expires }))
    await close()
  })

  it('is signed anew before it expires, each device’s at its own time, and after a hello at once', async () => {
    for (const random of [0, 0.5, 1]) {
      const wait = renewalOf(START, () => random) - START
      expect(wait).toBeGreaterThanOrEqual(19 * HOUR_MS)
      expect(wait).toBeLessThanOrEqual(24 * HOUR_MS)
    }
    await sites.put('renewed', spec)
    const ids = ['renewed-1', 'renewed-2', 'renewed-3']
    for (const id of ids) await devices.enrol({ id, site: 'renewed', labels: {} })
    await devices.retire('renewed-3')
    const published: DesiredState[] = []
    const bus = {
      connected: true,
      publish: async (_topic: string, payload: string | Buffer) => void published.push(JSON.parse(payload.toString())),
      onConnected: () => ({ [Symbol.dispose]: () => {} }),
      [Symbol.asyncDispose]: async () => {},
    }
    const ofSite = () => published.filter(({ site }) => site === 'renewed')
    await using publisher = startPublisher({ database, bus, clock, sign, log: quiet, everyMs: 20 })
    publisher.wake()
    await vi.waitFor(() => expect(ofSite().map(({ device }) => device)).toEqual(['renewed-1', 'renewed-2']))
    const [first] = ofSite()
    publisher.renew(['renewed-2'])
    await vi.waitFor(() => expect(ofSite()).toHaveLength(3))
    expect(ofSite()[2]).toMatchObject({ device: 'renewed-2', generation: first!.generation })
    later = 24 * HOUR_MS
    await vi.waitFor(() => expect(ofSite()).toHaveLength(5))
    const again = ofSite().findLast(({ device }) => device === 'renewed-1')
    expect(again).toEqual({ ...first, expires: first!.expires + 24 * 3600 })
    later = 0
  })
})
