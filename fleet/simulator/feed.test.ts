import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it, vi } from 'vitest'
import { FeedRefusedError, pushReadings, startFeed } from './feed.ts'
import type { Reading } from './readings.ts'
import { simulateShop } from './simulated-shop.ts'

let server: Server | undefined
afterEach(() => server?.close())

/** An agent's intake that answers with the given statuses in turn, then 204; holds the lines it took. */
async function intake(...statuses: number[]) {
  const taken: string[] = []
  const body = async (request: IncomingMessage) => {
    let text = ''
    for await (const chunk of request) text += chunk
    return text
  }
  server = createServer(async (request, response) => {
    const lines = (await body(request)).split('\n')
    const status = statuses.shift() ?? 204
    if (status === 204) taken.push(...lines)
    response.writeHead(status).end(status === 400 ? 'line 1: no such sensor' : '')
  })
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, taken }
}

const readings = (count: number): Reading[] =>
  Array.from({ length: count }, (_, at) => ({ sensor: 'sales', entity: '1', at, value: 0.1, id: `${at}` }))

it('sends in order, and again what a busy agent did not take', async () => {
  const { url, taken } = await intake(503, 204, 429, 408)
  const acknowledged = vi.fn()
  await pushReadings(readings(6_000), { url }, acknowledged)
  expect(taken).toHaveLength(6_000)
  expect(taken[5_999]).toBe('sales,product=1 value=0.1,id="5999" 5999')
  expect(acknowledged.mock.calls.map(([chunk]) => chunk.length)).toEqual([5_000, 1_000])
})

it('does not repeat what the agent refuses', async () => {
  const { url } = await intake(400)
  await expect(pushReadings(readings(1), { url })).rejects.toThrow(FeedRefusedError)
})

it('plays a shop by its clock, ahead by the lead, and stops when told', async () => {
  const { url, taken } = await intake()
  const shop = simulateShop({ site: 'shop-1', seed: 3, products: 3, firstDay: '2026-03-02', days: 2 })
  const midnight = Date.parse('2026-03-02T00:00:00+08:00')
  let now = midnight
  await using feed = startFeed({ shop, firstDay: 0, now: () => now, url, lead: () => 600_000 })
  const stamps = () => taken.map((line) => Number(line.split(' ').at(-1)))
  await vi.waitFor(() => expect(feed.until).toBeGreaterThan(0))
  expect(Math.max(...stamps())).toBeLessThanOrEqual(midnight + 600_000)
  now = midnight + 48 * 3_600_000
  await feed.ended
  expect(Math.max(...stamps())).toBe(feed.until)
  expect(new Set(taken).size).toBe(taken.length)
})
