import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { testBundle } from '../test/bundle.ts'
import { type TestCloud, testCloud } from '../test/cloud.ts'
import { rolloutOf } from '../test/rollout.ts'

let server: TestCloud
let call: TestCloud['call']
beforeAll(async () => {
  server = await testCloud()
  call = server.call
  for (const [site, region] of [
    ['berlin', 'eu'],
    ['oslo', 'no'],
    ['boston', 'us'],
  ] as const) {
    await call('PUT', `/v1/sites/${site}`, { json: { timeZone: 'UTC', labels: { region } } })
    await call('POST', '/v1/devices', {
      json: { id: `${site}-1`, site, labels: site === 'oslo' ? {} : { tier: 'gold' } },
    })
  }
  await call('POST', '/v1/models/demand/versions', { bytes: testBundle() })
  await put('eu', { labels: { region: 'eu' } })
  await put('pilots', { expressions: [{ label: 'pilot', operator: 'Exists' }] })
})
afterAll(() => server[Symbol.asyncDispose]())

const put = (name: string, selector: object, at = name) =>
  call('PUT', `/v1/groups/${at}`, {
    json: { apiVersion: 'storecast/v1', kind: 'DeviceGroup', metadata: { name }, spec: { selector } },
  })
const found = async (query: string) => {
  const { body } = await call('GET', `/v1/devices?${query}`)
  return body.items?.map((one: { id: string }) => one.id) ?? body.code
}

describe('a group of devices', () => {
  it('is listed page by page, under its own name alone', async () => {
    const { body } = await call('GET', '/v1/groups?limit=1')
    expect(body).toMatchObject({ items: [{ kind: 'DeviceGroup', metadata: { name: 'eu' } }], next: 'eu' })
    expect((await call('GET', `/v1/groups?cursor=${body.next}`)).body.items).toHaveLength(1)
    expect(await put('eu', { labels: { a: 'b' } }, 'other')).toMatchObject({
      status: 400,
      body: { code: 'group-name' },
    })
    expect(await put('all', {})).toMatchObject({ status: 400 })
    expect((await call('GET', '/v1/groups/nobody')).body.code).toBe('group-unknown')
  })

  it('selects who carries the labels now, and other conditions on top of it', async () => {
    expect(await found('group=eu')).toEqual(['berlin-1'])
    expect(await found('group=pilots')).toEqual([])
    await call('PUT', '/v1/devices/oslo-1/labels', { json: { pilot: 'yes' } })
    expect(await found('group=pilots')).toEqual(['oslo-1'])
    expect(await found('group=pilots&selector=tier%3Dgold')).toEqual([])
    expect(await found('selector=tier%3Dgold,region+notin+(eu,no)')).toEqual(['boston-1'])
    expect(await found('selector=!tier')).toEqual(['oslo-1'])
    expect(await found('selector=Tier%3D')).toBe('invalid-request')
    expect(await found('group=nobody')).toBe('group-unknown')
    const count = async (query: string) => (await call('GET', `/v1/device-selection?${query}`)).body
    expect(await count('')).toEqual({ devices: 3, online: 0, sites: 3, first: ['berlin-1', 'boston-1', 'oslo-1'] })
    expect(await count('groups=eu,pilots')).toMatchObject({ devices: 2, first: ['berlin-1', 'oslo-1'] })
    expect(await count('groups=eu&selector=tier%3Dnone')).toEqual({ devices: 0, online: 0, sites: 0, first: [] })
    expect((await count('groups=nobody')).code).toBe('group-unknown')
    expect((await call('PUT', '/v1/devices/nobody/labels', { json: {} })).body.code).toBe('device-unknown')
  })

  it('is named by a rollout, which takes the devices of any of its groups and lets late ones in', async () => {
    const selector = { groups: ['eu', 'pilots'] }
    const start = (name: string, groups: string[]) =>
      call('POST', '/v1/rollouts', { json: rolloutOf('models:/demand/1', { name, selector: { groups } }) })
    expect((await start('none', ['eu', 'nobody'])).body.code).toBe('group-unknown')
    const held = rolloutOf('models:/demand/1', { selector, suspend: true })
    expect((await call('POST', '/v1/rollouts', { json: held })).body.code).toBe('rollout-suspended')
    expect((await start('grouped', selector.groups)).status).toBe(201)
    const members = async () =>
      (await call('GET', '/v1/rollouts/grouped/devices')).body.items.map((one: { device: string }) => one.device)
    expect(await members()).toEqual(['berlin-1', 'oslo-1'])
    // A new device has late joiners looked for at once.
    await call('PUT', '/v1/devices/boston-1/labels', { json: { tier: 'gold', pilot: 'yes' } })
    await call('POST', '/v1/devices', { json: { id: 'boston-2', site: 'boston' } })
    await vi.waitFor(async () => expect(await members()).toEqual(['berlin-1', 'boston-1', 'oslo-1']))
    const { body } = await call('DELETE', '/v1/groups/eu')
    expect(body).toMatchObject({ code: 'group-in-use', detail: expect.stringContaining('rollout grouped (1)') })
    expect((await call('GET', '/v1/groups/eu')).status).toBe(200)
  })
})
