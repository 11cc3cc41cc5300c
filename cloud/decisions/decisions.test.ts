import type { DecisionRecord } from '@storecast/shared/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestCloud, testCloud } from '../test/cloud.ts'
import { addDecisions } from '../test/records.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const T0 = Date.UTC(2026, 2, 2)
const NOW = T0 + DAY + HOUR
let server: TestCloud

/** A number a product: its id's last digits. */
const made = (product: number, more: Partial<DecisionRecord> = {}): DecisionRecord => ({
  ...{ id: `0195a2e4-1c00-7abc-8def-00000000000${product}`, decision: 'reorder', model: 'demand', version: 2 },
  ...{ entity: `p${product}`, issuedAt: T0, start: T0, end: T0 + DAY, quantiles: [1, 2, 3], stock: 1, onOrder: 0.5 },
  ...{ action: 'reorder', quantity: 6 },
  ...more,
})
const hold = { action: 'hold', quantity: 0 } as const
const outcome = { judgedAt: T0 + DAY, actual: 2.5, stockOut: false, correct: true }
const choice = (kind: 'accepted' | 'changed' | 'rejected', quantity: number, reason = '') => ({
  choice: { kind, chosenAt: T0 + HOUR, quantity, reason },
})

beforeAll(async () => {
  server = await testCloud({ clock: { now: () => NOW } })
  for (const site of ['berlin', 'boston']) {
    await server.call('PUT', `/v1/sites/${site}`, { json: { timeZone: 'UTC' } })
    await server.call('POST', '/v1/devices', { json: { id: `${site}-1`, site } })
  }
  await addDecisions(server.pool, 'berlin-1', [
    made(1, hold),
    made(2, { issuedAt: T0 + 2 * HOUR, start: T0 + 2 * HOUR, end: T0 + DAY + 2 * HOUR }),
    made(3, { ...choice('accepted', 6), outcome }),
    made(4, { ...choice('changed', 12, 'a fair'), outcome: { ...outcome, stockOut: true } }),
    made(5, { ...choice('rejected', 0, 'enough'), outcome: { ...outcome, correct: false } }),
    made(6),
  ])
  await addDecisions(server.pool, 'boston-1', [made(1, { ...hold, model: 'fresh', outcome })])
})
afterAll(() => server[Symbol.asyncDispose]())

const ask = async (query = '') => (await server.call('GET', `/v1/decisions?${query}`)).body
const products = async (query: string) => (await ask(query)).items.map(({ product }: { product: string }) => product)

describe('decisions', () => {
  it('are told as the device sent them, with how far they are', async () => {
    const { items } = await ask('site=berlin')
    expect(items.map(({ product, state }: { product: string; state: string }) => [product, state])).toEqual([
      ['p2', 'open'],
      ['p6', 'unanswered'],
      ['p5', 'rejected'],
      ['p4', 'changed'],
      ['p3', 'accepted'],
      ['p1', 'held'],
    ])
    expect(items[3]).toEqual({
      ...{ id: '0195a2e4-1c00-7abc-8def-000000000004', site: 'berlin', device: 'berlin-1', decision: 'reorder' },
      ...{ model: 'demand', version: 2, product: 'p4', issuedAt: T0, start: T0, end: T0 + DAY, quantiles: [1, 2, 3] },
      ...{ stock: 1, onOrder: 0.5, action: 'reorder', quantity: 6, state: 'changed' },
      choice: { kind: 'changed', chosenAt: T0 + HOUR, quantity: 12, reason: 'a fair' },
      outcome: { judgedAt: T0 + DAY, actual: 2.5, stockOut: true, correct: true },
    })
    expect(items[0]).toMatchObject({ choice: null, outcome: null })
  })

  it('are found by place, model, product, state, hindsight and time', async () => {
    expect(await products('device=boston-1')).toEqual(['p1'])
    expect(await products('model=fresh')).toEqual(['p1'])
    expect(await products('product=p5')).toEqual(['p5'])
    for (const [state, found] of [
      ['held', 2],
      ['open', 1],
      ['unanswered', 1],
    ] as const) {
      expect(await products(`state=${state}`), state).toHaveLength(found)
    }
    expect(await products('correct=false')).toEqual(['p5'])
    expect(await products('correct=true&site=berlin')).toEqual(['p4', 'p3'])
    expect(await products(`from=${T0 + 1}`)).toEqual(['p2'])
    expect(await products(`to=${T0}`)).toEqual([])
    expect((await server.call('GET', '/v1/decisions?state=lost')).status).toBe(400)
  })

  it('come page by page', async () => {
    const seen: unknown[] = []
    for (let cursor: string | undefined, pages = 0; pages < 10; pages++) {
      const page = await ask(`limit=2${cursor ? `&cursor=${cursor}` : ''}`)
      seen.push(...page.items)
      cursor = page.next
      if (cursor === undefined) break
    }
    expect(seen).toEqual((await ask()).items)
    expect((await server.call('GET', '/v1/decisions?cursor=x')).body.code).toBe('cursor')
  })
})
