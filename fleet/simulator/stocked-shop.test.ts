import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { calendar } from '@storecast/shared/windows'
import { describe, expect, it, vi } from 'vitest'
import { startFeed } from './feed.ts'
import { simulateStockedShop } from './index.ts'
import { dayReadings, hourReadings } from './readings.ts'
import { sensorsOf } from './sensors.ts'
import { type StockedShop, UNIT } from './shop.ts'
import { simulateShop } from './simulated-shop.ts'
import { startStaff } from './staff.ts'

const HOUR = 3_600_000
const options = { site: 'shop-1', seed: 7, products: 6, firstDay: '2026-03-02', days: 30 }
const open = () => simulateStockedShop({ ...options, playedFrom: '2026-03-12' })
const midnight = (shop: StockedShop, index: number) => calendar(shop.timeZone).daySpan(shop.day(index).date).start
const inUnits = (amount: number) => Math.round(amount / UNIT)
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)

/** Plays days; each morning every shelf is filled up to a number of the units that a day's customers want on average. */
function playOrdering(shop: StockedShop, days: number, level: number) {
  const ordered = shop.products.map(() => 0)
  const usual = shop.products.map((_, at) => {
    const past = Array.from({ length: shop.playedFrom }, (_, index) => sum(shop.day(index).products[at]!.sold))
    return sum(past) / past.length
  })
  for (let index = shop.playedFrom; index < shop.playedFrom + days; index++) {
    for (const [at, { id }] of shop.products.entries()) {
      const before = shop.day(index - 1).products[at]!.shelf!.at(-1)!
      const amount = inUnits(Math.max(0, level * usual[at]! - before.stock - before.onOrder))
      shop.order(id, amount * UNIT, midnight(shop, index) + HOUR / 2)
      ordered[at]! += amount
    }
    for (let hour = 0; hour < 24; hour++) shop.play(index, hour)
  }
  return ordered
}
const minutesOut = (shop: StockedShop, days: number) =>
  sum(
    Array.from({ length: days }, (_, day) =>
      sum(shop.day(shop.playedFrom + day).products.flatMap((product) => product.minutesOut.slice(6, 23))),
    ),
  )

describe('a shop whose staff order', () => {
  it('is any simulated shop until they do, and measures its shelves from the day before', () => {
    const [stocked, plain] = [open(), simulateShop(options)]
    for (let index = 0; index < 10; index++) {
      const products = stocked.day(index).products.map(({ shelf: _, ...product }) => product)
      expect(products).toEqual(plain.day(index).products)
    }
    for (const { attributes } of stocked.products) expect(Number(attributes.pack)).toBeGreaterThanOrEqual(1)
    expect(stocked.day(8).products[0]).not.toHaveProperty('shelf')
    for (const { sold, shelf } of stocked.day(9).products) {
      for (let hour = 1; hour < 24; hour++) {
        if (sold[hour]! > 0) {
          const before = inUnits(shelf![hour]!.stock) + inUnits(sold[hour]!)
          expect(before).toBe(inUnits(shelf![hour - 1]!.stock))
        }
      }
    }
    const told = new Set(dayReadings(stocked, 9).map(({ sensor }) => sensor))
    expect([...told].toSorted()).toEqual(['on-order', 'sales', 'stock', 'stockout'])
    expect(sensorsOf(stocked).map(({ name }) => name)).toEqual(expect.arrayContaining([...told]))
    expect(sensorsOf(plain).map(({ name }) => name)).not.toContain('stock')
  })

  it('sells what it has and no more: what was there and came was sold or is left', () => {
    const shop = open()
    const before = shop.day(9).products.map(({ shelf }) => inUnits(shelf!.at(-1)!.stock))
    const ordered = playOrdering(shop, 8, 1.2)
    for (const [at] of shop.products.entries()) {
      const days = Array.from({ length: 8 }, (_, day) => shop.day(10 + day).products[at]!)
      const sold = sum(days.flatMap((day) => day.sold.map(inUnits)))
      const { stock, onOrder } = days.at(-1)!.shelf!.at(-1)!
      expect(before[at]! + ordered[at]!).toBe(sold + inUnits(stock) + inUnits(onOrder))
      for (const { sold: byHour, minutesOut: out } of days) {
        for (const [hour, minutes] of out.entries()) if (minutes === 60) expect(byHour[hour]).toBe(0)
      }
    }
  })

  it('runs out less the more is ordered, and sells nothing where nothing is', () => {
    const [nothing, little, plenty] = [0, 0.8, 2].map((level) => {
      const shop = open()
      playOrdering(shop, 10, level)
      return minutesOut(shop, 10)
    })
    expect(little).toBeLessThan(nothing!)
    expect(plenty).toBeLessThan(little! / 3)
  })

  it('gets an order some hours later, on the full hour', () => {
    const shop = open()
    const { id } = shop.products[0]!
    shop.order(id, 50, midnight(shop, 10) + 1.5 * HOUR)
    for (let hour = 0; hour < 8; hour++) shop.play(10, hour)
    const levels = shop.day(10).products[0]!.shelf!
    expect(levels.map(({ onOrder }) => onOrder)).toEqual([50, 50, 50, 50, 50, 0, 0, 0])
    expect(levels[5]!.stock).toBeGreaterThan(40)
    expect(hourReadings(shop, 10, 5).filter(({ sensor }) => sensor === 'stock')).toHaveLength(6)
  })
})

it('staff choose each suggestion once, also where an answer was lost, and what they choose is delivered', async () => {
  const shop = open()
  const { id: entity } = shop.products[0]!
  const order = vi.spyOn(shop, 'order')
  const suggestion = { id: 'a', entity, quantity: 7, issuedAt: new Date(midnight(shop, 10)).toISOString() }
  const choices: object[] = []
  let answered = false
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      if (!request.url!.includes('decisions')) response.end()
      else response.end(JSON.stringify({ decisions: answered ? [] : [suggestion] }))
      return
    }
    let text = ''
    for await (const chunk of request) text += chunk
    if (!request.url!.includes('decisions')) return void response.writeHead(204).end()
    choices.push(JSON.parse(text))
    if (choices.length === 1) return void response.destroy()
    answered = true
    response.end(JSON.stringify({ choice: { quantity: suggestion.quantity } }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  using _ = { [Symbol.dispose]: () => void server.close() }
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  let now = midnight(shop, 10) + HOUR / 2
  await using _staff = startStaff({ shop, url, now: () => now })
  await vi.waitFor(() => expect(order).toHaveBeenCalledExactlyOnceWith(entity, 7, now))
  expect(choices).toEqual([{ choice: 'accepted' }, { choice: 'accepted' }])
  await using feed = startFeed({ shop, firstDay: 10, now: () => now, url })
  now = midnight(shop, 10) + 5 * HOUR
  await vi.waitFor(() => expect(feed.until).toBeGreaterThan(now - HOUR))
  expect(shop.day(10).products[0]!.shelf![0]!.onOrder).toBe(7)
})
