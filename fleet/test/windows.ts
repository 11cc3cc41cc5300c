import { calendar } from '@storecast/shared/windows'
import type { Constellation } from '../constellation/index.ts'
import type { Reading, Shop } from '../simulator/index.ts'

/** Count and sum of each window, by `sensor/entity/start`. */
export type WindowTotals = Readonly<Record<string, { readonly count: number; readonly sum: number }>>

/** Sensors whose windows are the plain sums of what was read; a counter's hold what it grew by. */
const SUMMED = ['sales', 'stockout', 'fridge']
const key = (sensor: string, entity: string, start: number) => `${sensor}/${entity}/${new Date(start).toISOString()}`
/** The finest resolution is a hundredth. */
const exact = (sum: number) => Math.round(sum * 100) / 100

/** What the hourly windows of some readings have to be. */
export function windowTotals(readings: readonly Reading[], timeZone: string): WindowTotals {
  const zone = calendar(timeZone)
  const totals: Record<string, { count: number; sum: number }> = {}
  for (const { sensor, entity, at, value } of readings) {
    if (!SUMMED.includes(sensor)) continue
    const name = key(sensor, entity, zone.windowAt(at, '1h').start)
    const total = totals[name] ?? { count: 0, sum: 0 }
    totals[name] = { count: total.count + 1, sum: exact(total.sum + value) }
  }
  return totals
}

interface Page {
  readonly items: readonly { readonly start: number; readonly count: number; readonly sum: number }[]
  readonly next?: string
}

/** Every window that the cloud holds of a shop's own sensors and products; none where nothing was counted. */
export async function cloudWindows({ cloud }: Constellation, shop: Shop): Promise<WindowTotals> {
  const totals: Record<string, { count: number; sum: number }> = {}
  const entities = shop.products.map(({ id }) => id)
  for (const sensor of SUMMED) {
    for (const entity of sensor === 'fridge' ? [''] : entities) {
      let cursor: string | undefined
      do {
        const query = new URLSearchParams({ sensor, entity, limit: '500', ...(cursor !== undefined && { cursor }) })
        const page = await cloud.client.get<Page>(`/v1/devices/${shop.site}/windows?${query}`)
        for (const { start, count, sum } of page.items) {
          if (count > 0) totals[key(sensor, entity, start)] = { count, sum: exact(sum) }
        }
        cursor = page.next
      } while (cursor !== undefined)
    }
  }
  return totals
}
