import type { Agent } from '@storecast/agent'
import { hasMetroTraffic, METRO, METRO_SENSORS, startMetroAgent } from '@storecast/agent/test/metro-traffic'
import { type TestCloud, testCloud } from '@storecast/cloud/test/cloud'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../constellation/temporary-folder.ts'

const MINUTE = 60_000

/** The same six years, up to the people who are asked to look after them. */
describe.skipIf(!hasMetroTraffic())('metro_traffic through an agent and a cloud', () => {
  const stack = new AsyncDisposableStack()
  let server: TestCloud
  let agent: Agent
  /** The cloud's store time: it stands where the tests put it. */
  let now = METRO.end

  beforeAll(async () => {
    const folder = stack.use(await temporaryFolder('metro'))
    server = stack.use(
      await testCloud(
        { clock: { now: () => now } },
        { stewardship: { everySeconds: 0.2, overHours: 24, keepDays: null } },
      ),
    )
    const site = { timeZone: 'UTC', labels: { region: 'us' }, sensors: METRO_SENSORS }
    await server.call('PUT', '/v1/sites/minneapolis', { json: site })
    const made = await server.call('POST', '/v1/devices', { json: { id: 'metro-1', site: 'minneapolis' } })
    const dataset = {
      apiVersion: 'storecast/v1',
      kind: 'Dataset',
      metadata: { name: 'road' },
      spec: { owner: 'roads@example.com', steward: 'sensors@example.com', sensors: ['temperature', 'rain', 'traffic'] },
    }
    expect(await server.call('PUT', '/v1/datasets/road', { json: dataset })).toMatchObject({ status: 200 })
    const cloud = { device: 'metro-1', mqtt: server.cloud.mqttUrl, token: made.body.token }
    agent = stack.use(await startMetroAgent({ folder: folder.path, cloud }))
    const { buffer, windows } = agent.pipeline
    await vi.waitFor(() => expect(buffer.positionOf('metro')?.position).toBe(METRO.rows), 120_000)
    await windows.closeUntil(METRO.end)
  }, 240_000)
  afterAll(() => stack.disposeAsync())

  const quality = async (sensor: string) => {
    const query = `from=0&to=${METRO.end}&sensor=${sensor}`
    return (await server.call('GET', `/v1/data-quality?${query}`)).body.items[0]
  }
  const standing = async () =>
    (await server.call('GET', '/v1/stewardship-tasks?state=standing')).body.items
      .map((task: { sensor: string; dimension: string }) => `${task.sensor} ${task.dimension}`)
      .sort()
  const at = async (time: string, tasks: readonly string[]) => {
    now = Date.parse(time)
    await vi.waitFor(async () => expect(await standing()).toEqual(tasks), 60_000)
  }

  it('has every fault in the cloud as the device counted it', async () => {
    await vi.waitFor(
      async () => {
        // Each hour that had a reading has arrived.
        for (const { name } of METRO_SENSORS) {
          const { count, outOfRange } = (await quality(name))?.counts ?? {}
          expect([name, count + outOfRange]).toEqual([name, 40_575])
        }
      },
      { timeout: 240_000, interval: 500 },
    )
    const { counts, scores } = await quality('traffic')
    expect(counts).toMatchObject({ missing: 11_976, duplicate: 7629, outOfRange: 0 })
    expect(scores).toMatchObject({ completeness: 40_575 / 52_551, uniqueness: 40_575 / 48_204, validity: 1 })
    expect((await quality('temperature')).counts).toMatchObject({ missing: 11_976, outOfRange: 10 })
    expect((await quality('rain')).counts).toMatchObject({ missing: 11_976, outOfRange: 1 })
  })

  it('asks the steward when 0 K come, when nothing comes, when it rains 9,831 mm; and no more when it is over', async () => {
    await at('2014-01-31T12:05:00Z', ['temperature validity'])
    await at('2014-02-05T12:05:00Z', [])
    await at('2015-01-01T00:05:00Z', ['rain completeness', 'temperature completeness', 'traffic completeness'])
    await at('2015-07-20T00:05:00Z', [])
    await at('2016-07-11T20:05:00Z', ['rain validity'])
    const { items } = (await server.call('GET', '/v1/stewardship-tasks?limit=500')).body
    for (const task of items) expect(task).toMatchObject({ dataset: 'road', steward: 'sensors@example.com' })
    const [zero] = items.filter(
      ({ dimension, sensor }: { dimension: string; sensor: string }) =>
        `${sensor} ${dimension}` === 'temperature validity',
    )
    expect(zero).toMatchObject({ state: 'closed', endReason: 'recovered', worst: expect.closeTo(20 / 24, 9) })
    expect(zero.closedAt - zero.openedAt).toBe(5 * 24 * 60 * MINUTE)
  })
})
