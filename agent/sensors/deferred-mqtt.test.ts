import { createRequire } from 'node:module'
import { describe, expect, it, vi } from 'vitest'
import { startBroker } from '../test/broker.ts'
import { DeferredMqtt, type DeferredMqttOptions, type Delivery } from './deferred-mqtt.ts'

function open(url: string, options: Partial<DeferredMqttOptions> = {}) {
  const deliveries: Delivery[] = []
  const states: (string | undefined)[] = []
  const link = new DeferredMqtt({
    url,
    clientId: 'listener',
    filters: ['readings/#'],
    mostPending: 1000,
    onDelivery: (delivery) => deliveries.push(delivery),
    onState: (state) => states.push(state),
    ...options,
  })
  link.start()
  return { link, deliveries, states }
}
const publish = (broker: Awaited<ReturnType<typeof startBroker>>, n: number, qos: 0 | 1 = 1) =>
  Promise.all(
    Array.from({ length: n }, (_, i) => {
      const packet = {
        cmd: 'publish',
        topic: `readings/${i}`,
        payload: String(i),
        qos,
        retain: false,
        dup: false,
      } as const
      return new Promise<void>((resolve, reject) =>
        broker.broker.publish(packet, (error?: Error | null) => (error ? reject(error) : resolve())),
      )
    }),
  )
const connected = (states: (string | undefined)[]) => vi.waitFor(() => expect(states).toEqual([undefined]))
const count = (deliveries: Delivery[], n: number) => vi.waitFor(() => expect(deliveries).toHaveLength(n))

describe('deferred acknowledgement', () => {
  it('is written for this version of mqtt.js: on another, read its handlers again', () => {
    expect(createRequire(import.meta.url)('mqtt/package.json')).toMatchObject({ version: '5.16.0' })
  })

  it('takes many messages before the first acknowledgement, then acknowledges them in order of arrival', async () => {
    await using broker = await startBroker()
    const { link, deliveries, states } = open(broker.url)
    await using _ = link
    await connected(states)
    const acks: number[] = []
    broker.broker.on('ack', (packet) => acks.push(Number((packet as { payload?: unknown }).payload)))
    await publish(broker, 400)
    await count(deliveries, 400)
    expect(broker.acknowledged).toBe(0)
    expect(link.pending).toBe(400)
    for (const delivery of deliveries.slice(1).reverse()) link.acknowledge([delivery])
    expect(link.pending).toBe(400)
    link.acknowledge(deliveries.slice(0, 1))
    expect(link.pending).toBe(0)
    await vi.waitFor(() => expect(acks).toEqual(Array.from({ length: 400 }, (__, i) => i)))
  })

  it('gets again, on the next connection, what was not acknowledged on the last, and only that', async () => {
    await using broker = await startBroker()
    const { link, deliveries, states } = open(broker.url)
    await using _ = link
    await connected(states)
    await publish(broker, 10)
    await count(deliveries, 10)
    link.acknowledge(deliveries.slice(0, 4))
    await vi.waitFor(() => expect(broker.acknowledged).toBe(4))
    link.redeliver()
    await count(deliveries, 16)
    expect(deliveries.slice(10).map(({ topic }) => topic)).toEqual([4, 5, 6, 7, 8, 9].map((i) => `readings/${i}`))
    // Acknowledgements of the ended connection are void: its message ids may name others now.
    link.acknowledge(deliveries.slice(4, 10))
    expect(link.pending).toBe(6)
    link.acknowledge(deliveries.slice(10))
    await vi.waitFor(() => expect(broker.acknowledged).toBe(10))
  })

  it('receives what was published while it was away', async () => {
    await using broker = await startBroker()
    const first = open(broker.url)
    await connected(first.states)
    await first.link[Symbol.asyncDispose]()
    await publish(broker, 3)
    const { link, deliveries } = open(broker.url)
    await using _ = link
    await count(deliveries, 3)
  })

  it('pauses at the cap and goes on as acknowledgements leave', async () => {
    await using broker = await startBroker()
    const { link, deliveries, states } = open(broker.url, { mostPending: 5 })
    await using _ = link
    await connected(states)
    await publish(broker, 12)
    await count(deliveries, 5)
    for (let done = 0; done < 12; done++) {
      await vi.waitFor(() => expect(deliveries.length).toBeGreaterThan(done))
      expect(link.pending).toBeLessThanOrEqual(5)
      link.acknowledge([deliveries[done]!])
    }
    await vi.waitFor(() => expect(broker.acknowledged).toBe(12))
  })

  it('passes QoS 0 on without acknowledgement, and comes back after a cut', async () => {
    await using broker = await startBroker()
    const { link, deliveries, states } = open(broker.url)
    await using _ = link
    await connected(states)
    await publish(broker, 2, 0)
    await count(deliveries, 2)
    expect(link.pending).toBe(0)
    broker.cut()
    await vi.waitFor(() => expect(states).toEqual([undefined, expect.any(String), undefined]))
  })

  it('says why it cannot listen: no broker, a refused subscription', async () => {
    await using broker = await startBroker({ authorizeSubscribe: () => false })
    const refused = open(broker.url)
    await using _ = refused.link
    await vi.waitFor(() => expect(refused.states[0]).toMatch(/refuses the subscription to readings/))
    const nobody = open('mqtt://127.0.0.1:1')
    await using __ = nobody.link
    await vi.waitFor(() => expect(nobody.states[0]).toMatch(/ECONNREFUSED/))
  })
})
