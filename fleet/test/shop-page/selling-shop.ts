import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBroker, type TestBroker } from '@storecast/agent/test/broker'
import { setPagePin } from '@storecast/agent/test/page-pin'
import { CATALOGUE, openShop, SHOP_SENSORS, type Shop, STOCK_SENSORS } from '@storecast/agent/test/shop'
import { tinyDemand } from '@storecast/agent/test/tiny-demand'
import { freePort } from '@storecast/shared/test/ports'
import { vi } from 'vitest'

export const PIN = '804615'

/** Names as a catalogue may have them: long, of other scripts, and of somebody who means harm. */
export const NAMES = {
  milk: 'Vollmilch 3,5 % aus der Region, Pfandflasche 1 l',
  bread: 'Bauernbrot',
  eggs: '<img src=x onerror="document.title=1">',
  tea: '緑茶 ティーバッグ',
} as const

const HOUR = 3_600_000
/** Berlin is an hour ahead of UTC in early March. */
const midnight = (day: number) => Date.UTC(2026, 2, day) - HOUR

/** An agent that has sold for nine days, forecasts the tenth, and suggests to reorder every product. */
export interface SellingShop extends AsyncDisposable {
  readonly shop: Shop
  readonly broker: TestBroker
  /** When the forecast was issued: decisions are keyed by product and this. */
  readonly issuedAt: number
  /** Ends the agent, and starts it again on the same disk and port. */
  restart(between: () => Promise<void>): Promise<void>
}

export async function openSellingShop(language: string): Promise<SellingShop> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'shop-page-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const broker = stack.use(await startBroker())
  await setPagePin(join(folder, 'data'), PIN)
  // One that it finds again when it starts anew.
  const http = { port: await freePort() }
  const settings = { sensors: [...SHOP_SENSORS, ...STOCK_SENSORS], timeZone: 'Europe/Berlin', http }
  let shop = await openShop({ folder, now: midnight(1), broker, settings })
  stack.defer(() => shop[Symbol.asyncDispose]())
  const products = Object.keys(NAMES)
  const tell = async (at: number, lines: readonly string[]) => {
    shop.clock.advance(Math.max(0, at + 1000 - shop.clock.now()))
    const { status } = await shop.post('/api/v2/write?precision=ms', lines.join('\n'))
    if (status !== 204) throw new Error(`the shop does not take readings: ${status}`)
  }
  const sell = (day: number, hour: number) => {
    const at = midnight(day) + hour * HOUR
    const sales = products.map((id, i) => `sales,product=${id} value=${10 + 5 * i},id="${id}-${at}" ${at}`)
    return tell(at, [...sales, `fridge value=4.2 ${at}`])
  }
  for (let day = 1; day <= 9; day++) await sell(day, 12)
  const evening = midnight(9) + 22 * HOUR
  await tell(
    evening,
    products.flatMap((id) => [`stock,product=${id} value=3 ${evening}`, `on-order,product=${id} value=0 ${evening}`]),
  )
  const entities = Object.entries(NAMES).map(([id, name]) => ({ id, attributes: { name } }))
  const catalogue = { ...CATALOGUE, labels: { language }, entities }
  await shop.desire({
    documents: { catalogue: shop.objects.put(JSON.stringify(catalogue)) },
    models: {
      demand: await shop.publish(await tinyDemand({ directory: folder, decision: { onOrder: 'on-order' } })),
    },
  })
  const eventually = (check: () => Promise<boolean>) =>
    vi.waitFor(
      async () => {
        if (!(await check())) throw new Error('not yet')
      },
      { timeout: 60_000 },
    )
  await eventually(async () => (await shop.get('/v1/status')).body.models.demand?.phase === 'active')
  shop.clock.advance(midnight(10) + 1000 - shop.clock.now())
  await eventually(async () => (await shop.get('/v1/decisions')).body.decisions.length === products.length)
  await sell(10, 9)
  shop.clock.advance(midnight(10) + 11 * HOUR - shop.clock.now())
  await eventually(async () => {
    const [demand] = (await shop.get('/v1/forecasts?so-far=1&detail=totals')).body.models
    return demand.forecasts.every(({ soFar }: { soFar: unknown[] }) => soFar.length === 1)
  })

  const owned = stack.move()
  return {
    get shop() {
      return shop
    },
    broker,
    issuedAt: midnight(10),
    async restart(between) {
      const now = shop.clock.now()
      await shop[Symbol.asyncDispose]()
      await between()
      shop = await openShop({ folder, now, broker, settings })
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
