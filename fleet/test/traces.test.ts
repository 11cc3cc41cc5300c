import { readFile } from 'node:fs/promises'
import { tinyDemand } from '@storecast/agent/test/tiny-demand'
import { type TestCloud, testCloud } from '@storecast/cloud/test/cloud'
import { rolloutOf } from '@storecast/cloud/test/rollout'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type AgentProgram, prepareAgent } from '../constellation/agent.ts'
import { temporaryFolder } from '../constellation/index.ts'
import { readClock, sinceNow } from '../constellation/store-clock.ts'
import { pushReadings, SHOP_SENSORS } from '../simulator/index.ts'
import { otlpReceiver, type ReceivedSpan } from './otlp-receiver.ts'

/** A real agent and a real cloud that send their spans to one collector: what belongs together is one trace. */

/** A reading's way, and what it does on it. */
const WHOLE = ['reading', 'journal.commit', 'window', 'uplink', 'ingest'].map((name) => `storecast.${name}`)

const stack = new AsyncDisposableStack()
// A window of an hour closes every four seconds.
const clock = sinceNow({ start: Date.UTC(2026, 2, 2, 9), speed: 900 })
let otlp: Awaited<ReturnType<typeof otlpReceiver>>
let server: TestCloud
let agent: AgentProgram
let folder: string
beforeAll(async () => {
  folder = stack.use(await temporaryFolder('traces')).path
  otlp = stack.use(await otlpReceiver())
  const tracing = { endpoint: otlp.url }
  server = stack.use(await testCloud({}, { tracing }))
  await server.call('PUT', '/v1/sites/berlin', { json: { timeZone: 'Europe/Berlin', sensors: SHOP_SENSORS } })
  const { body } = await server.call('POST', '/v1/claims', { json: { site: 'berlin', device: 'berlin-1' } })
  agent = stack.use(
    await prepareAgent({
      ...{ device: 'berlin-1', claim: body.claims[0].claim, timeZone: 'Europe/Berlin', clock, folder },
      settings: { tracing: { ...tracing, everySeconds: 0.5 } },
    }),
  )
  await agent.program.start()
})
afterAll(() => stack.disposeAsync())

const named = (name: string) => otlp.spans.filter((span) => span.name === name)
const family = (trace: string) => otlp.spans.filter((span) => span.trace === trace)
const parentOf = ({ trace, parent }: ReceivedSpan) => family(trace).find(({ id }) => id === parent)

describe('a trace', () => {
  it('goes from a reading’s arrival on the device to the cloud’s commit', async () => {
    const push = async () => {
      const at = Math.floor(readClock(clock)) - 60_000
      await pushReadings([{ sensor: 'fridge', entity: '', at, value: 4.2 }], { url: agent.url })
    }
    const ingest = await vi.waitFor(
      async () => {
        await push()
        // A batch that was sent twice has two ends, and what a trace consists of comes from two programs in its own time.
        const isWhole = ({ trace }: ReceivedSpan) => {
          const names = family(trace).map(({ name }) => name)
          return WHOLE.every((name) => names.includes(name))
        }
        const found = named('storecast.ingest').find((one) => isWhole(one) && parentOf(one))
        if (!found) throw new Error('no whole trace yet')
        return found
      },
      { timeout: 120_000, interval: 500 },
    )
    const uplink = parentOf(ingest)!
    const reading = parentOf(uplink)!
    const those = (name: string) => family(ingest.trace).find((span) => span.name === name)
    expect([reading.name, reading.parent, reading.attributes['storecast.sensor']]).toEqual([
      'storecast.reading',
      '',
      'fridge',
    ])
    expect(uplink).toMatchObject({
      name: 'storecast.uplink',
      service: 'storecast-agent',
      instance: 'berlin-1',
      failed: false,
    })
    expect(ingest).toMatchObject({ service: 'storecast-cloud', attributes: { 'storecast.device': 'berlin-1' } })
    for (const name of ['storecast.journal.commit', 'storecast.window']) expect(those(name)?.parent).toBe(reading.id)
    // The device holds the cloud's acknowledgement when its span ends.
    expect(uplink.end).toBeGreaterThanOrEqual(ingest.end - 5)
    expect(reading.start).toBeLessThanOrEqual(uplink.start)
    console.log(
      `reading to commit: ${family(ingest.trace)
        .map(({ name }) => name)
        .join(', ')}`,
    )
  })

  it('goes from a rollout’s step to the device’s commit', async () => {
    const bundle = await tinyDemand({ directory: folder })
    const bytes = new Uint8Array(await readFile(bundle.path))
    expect((await server.call('POST', '/v1/models/demand/versions', { bytes })).status).toBe(201)
    await server.call('POST', '/v1/rollouts', { json: rolloutOf('models:/demand/1', { name: 'spring' }) })
    // Device and cloud send their spans each in its own time.
    const names = await vi.waitFor(
      () => {
        const [activate] = named('storecast.update.activate')
        const step = activate && parentOf(activate)
        expect(step).toMatchObject({
          name: 'storecast.rollout.step',
          service: 'storecast-cloud',
          attributes: { 'storecast.rollout': 'spring', 'storecast.model': 'demand/1' },
        })
        const all = family(step!.trace).map(({ name }) => name)
        expect(all).toEqual(expect.arrayContaining(['storecast.desired.publish', 'storecast.update.fetch']))
        return all
      },
      { timeout: 120_000, interval: 200 },
    )
    console.log(`step to commit: ${names.join(', ')}`)
  })
})
