import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startBroker, type TestBroker } from './broker.ts'
import { CATALOGUE, openShop, SHOP_SENSORS, type Shop, STOCK_SENSORS } from './shop.ts'
import { temporaryFolder } from './storage.ts'
import { tinyDemand } from './tiny-demand.ts'

/** Berlin is an hour ahead of UTC in early March. */
const midnight = (day: number) => Date.UTC(2026, 2, day) - 3_600_000
const HOUR = 3_600_000
const decision = { onOrder: 'on-order', pack: { size: 5, attribute: 'pack' } }
const settings = { sensors: [...SHOP_SENSORS, ...STOCK_SENSORS] }
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 20_000 })

let folder: { path: string } & AsyncDisposable
let broker: TestBroker
let shop: Shop

beforeEach(async () => {
  folder = await temporaryFolder()
  broker = await startBroker()
  shop = await openShop({ folder: folder.path, now: midnight(1), broker, settings })
})
afterEach(async () => {
  await shop[Symbol.asyncDispose]()
  await broker[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

/** Days on which milk and bread sell, without a word on stock. */
async function live(days: readonly number[], sold: Readonly<Record<string, number>>): Promise<void> {
  for (const day of days) {
    const lines = Object.entries(sold).map(
      ([product, units]) =>
        `sales,product=${product} value=${units},id="${product}${day}" ${midnight(day) + 12 * HOUR}`,
    )
    await tell(midnight(day) + 12 * HOUR, lines)
  }
}

/** What is on the shelf at a time, and on its way. */
const stocks = (at: number, products: Readonly<Record<string, readonly [stock: number, onOrder: number]>>) =>
  tell(
    at,
    Object.entries(products).flatMap(([product, [stock, onOrder]]) => [
      `stock,product=${product} value=${stock} ${at}`,
      `on-order,product=${product} value=${onOrder} ${at}`,
    ]),
  )

async function tell(at: number, lines: readonly string[]): Promise<void> {
  shop.clock.advance(Math.max(0, at + 1000 - shop.clock.now()))
  expect((await shop.post('/api/v2/write?precision=ms', lines.join('\n'))).status).toBe(204)
}

/** The tiny model: half the mean of the last 7 days, the mean, twice the mean, evenly over the day. */
async function serve(more: object = {}): Promise<void> {
  const entities = CATALOGUE.entities.map((entity) => ({
    ...entity,
    attributes: entity.id === 'milk' ? { pack: '12' } : {},
  }))
  await shop.desire({
    documents: { catalogue: shop.objects.put(JSON.stringify({ ...CATALOGUE, entities })) },
    models: {
      demand: await shop.publish(await tinyDemand({ directory: folder.path, decision: { ...decision, ...more } })),
    },
  })
  await eventually(async () => {
    const { demand } = (await shop.get('/v1/status')).body.models
    expect(demand).toMatchObject({ phase: 'active', active: 1 })
  })
}

const at = (day: number, hours = 0) => shop.clock.advance(midnight(day) + hours * HOUR + 1000 - shop.clock.now())
const listed = async (query = '') => (await shop.get(`/v1/decisions${query}`)).body.decisions
const choose = (id: string, body: object) => shop.post(`/v1/decisions/${id}/choice`, JSON.stringify(body))
const counted = (what: string) => shop.metric(`storecast_decisions_total{what="${what}"}`)

describe('decisions of a shop', () => {
  it('are suggested by the forecast and the shelf, taken offline, and judged when the day is over', async () => {
    await live([1, 2, 3, 4, 5, 6, 7, 8, 9], { milk: 20, bread: 8 })
    await stocks(midnight(9) + 22 * HOUR, { milk: [10, 12], bread: [16, 0] })
    await serve()
    at(10)
    await eventually(async () => expect(await listed()).toHaveLength(1))
    const [milk] = await listed()
    // 40 may be wanted and 22 are there or on their way: 18, and a pack has 12.
    expect(milk).toMatchObject({
      ...{
        decision: 'reorder',
        model: 'demand',
        version: 1,
        entity: 'milk',
        issuedAt: new Date(midnight(10)).toISOString(),
      },
      ...{ quantiles: [10, 20, 40], stock: 10, onOrder: 12, action: 'reorder', quantity: 24, open: true },
      ...{ choice: null, outcome: null },
    })
    expect(await listed('?state=hold')).toMatchObject([{ entity: 'bread', action: 'hold', quantity: 0, open: false }])
    await eventually(() => expect(shop.cloud!.decisions.size).toBe(2))

    const away = broker.away()
    at(10, 8)
    const answer = { choice: 'changed', quantity: 36, reason: 'market day' }
    const first = await choose(milk.id, answer)
    expect(first).toMatchObject({ status: 200, body: { choice: { kind: 'changed', quantity: 36 }, open: false } })
    expect(await choose(milk.id, answer)).toEqual(first)
    expect(await choose(milk.id, { choice: 'accepted' })).toMatchObject({
      status: 409,
      body: { code: 'decision-otherwise' },
    })
    expect(await listed()).toEqual([])
    expect(shop.cloud!.decisions.get(`milk ${midnight(10)}`)!.choice).toBeUndefined()
    away[Symbol.dispose]()
    await eventually(() =>
      expect(shop.cloud!.decisions.get(`milk ${midnight(10)}`)!.choice).toEqual({
        ...{ kind: 'changed', quantity: 36, reason: 'market day', chosenAt: Date.parse(first.body.choice.chosenAt) },
      }),
    )

    await live([10], { milk: 25, bread: 8 })
    await stocks(midnight(10) + 22 * HOUR, { milk: [0, 24], bread: [8, 0] })
    at(11)
    await eventually(() => {
      const { decisions } = shop.cloud!
      // Bread had 16 and sold 8. Of milk 22 were there or coming and 25 went, and none was left.
      expect(decisions.get(`bread ${midnight(10)}`)!.outcome).toMatchObject({
        actual: 8,
        stockOut: false,
        correct: true,
      })
      expect(decisions.get(`milk ${midnight(10)}`)!.outcome).toMatchObject({
        actual: 25,
        stockOut: true,
        correct: true,
      })
    })
    // A till that was away tells of more bread than there was.
    await tell(midnight(11) + HOUR, [`sales,product=bread value=9,id="late" ${midnight(10) + 13 * HOUR}`])
    at(12)
    await eventually(() =>
      expect(shop.cloud!.decisions.get(`bread ${midnight(10)}`)!.outcome).toMatchObject({ actual: 17, correct: false }),
    )
    expect(await counted('changed')).toBe(1)
  })

  it('are open one a product: the next day closes what nobody chose', async () => {
    await live([1, 2, 3, 4, 5, 6, 7, 8, 9], { milk: 20, bread: 8 })
    await serve()
    for (const day of [10, 11]) {
      await stocks(midnight(day) - HOUR, { milk: [10, 0], bread: [0, 0] })
      at(day)
      await eventually(async () => expect((await listed('?state=all')).length).toBe((day - 9) * 2))
    }
    expect(await listed()).toMatchObject([{ entity: 'milk' }, { entity: 'bread' }])
    const missed = await listed('?state=missed')
    expect(missed.map(({ issuedAt }: { issuedAt: string }) => Date.parse(issuedAt))).toEqual([
      midnight(10),
      midnight(10),
    ])
    expect(await choose(missed[0].id, { choice: 'accepted' })).toMatchObject({
      status: 409,
      body: { code: 'decision-closed' },
    })
    const pages = [await shop.get('/v1/decisions?state=all&limit=3')]
    pages.push(await shop.get(`/v1/decisions?state=all&limit=3&cursor=${pages[0]!.body.next}`))
    const ids = pages.flatMap(({ body }) => body.decisions.map(({ id }: { id: string }) => id))
    expect([ids.length, new Set(ids).size, pages[1]!.body.next]).toEqual([4, 4, null])
    expect(await shop.metric('storecast_suggestions_open')).toBe(2)
  })

  it('are not made by an old word on the shelf, and the shop is told why', async () => {
    await live([1, 2, 3, 4, 5, 6, 7, 8, 9], { milk: 20, bread: 8 })
    await stocks(midnight(9) + 9 * HOUR, { milk: [10, 0] })
    await serve()
    // Of the day on which the model came: nothing was said before it began.
    await eventually(async () => expect(await counted('stock-missing')).toBe(2))
    at(10)
    await eventually(async () => expect(await counted('stock-stale')).toBe(1))
    expect(await counted('stock-missing')).toBe(3)
    expect(await listed('?state=all')).toEqual([])
    await eventually(() =>
      expect([...shop.cloud!.events.values()].filter(({ code }) => code === 'not-decided')).toMatchObject([
        { severity: 'warning', detail: { model: 'demand', 'stock-stale': 1 } },
      ]),
    )
  })

  it('are refused with a reason where the choice makes no sense', async () => {
    await live([1, 2, 3, 4, 5, 6, 7, 8, 9], { milk: 20, bread: 8 })
    await stocks(midnight(10) - HOUR, { milk: [0, 0], bread: [100, 0] })
    await serve()
    at(10)
    await eventually(async () => expect(await listed('?state=all')).toHaveLength(2))
    const [{ id }] = await listed()
    const [hold] = await listed('?state=hold')
    const refused = async (of: string, body: object) => {
      const { status, body: said } = await choose(of, body)
      return [status, said.code]
    }
    expect(await refused(id, { choice: 'rejected' })).toEqual([400, 'bad-choice'])
    expect(await refused(id, { choice: 'changed', quantity: -1 })).toEqual([400, 'bad-choice'])
    expect(await refused(id, { choice: 'changed', quantity: 1, reason: 'x'.repeat(201) })).toEqual([400, 'bad-choice'])
    expect(await refused(hold.id, { choice: 'accepted' })).toEqual([409, 'decision-not-suggested'])
    expect(await refused('no-such', { choice: 'accepted' })).toEqual([404, 'decision-unknown'])
    expect(await refused(id, { choice: 'rejected', reason: 'enough in the back room' })).toEqual([200, undefined])
    expect(await listed('?state=chosen')).toMatchObject([{ choice: { kind: 'rejected', quantity: 0 } }])
    expect((await shop.get('/v1/decisions?state=none')).status).toBe(400)
  })
})
