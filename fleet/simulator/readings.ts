import { calendar } from '@storecast/shared/windows'
import { draws } from './draws.ts'
import { HOURS, OPEN, type Shop } from './shop.ts'

/** One reading as a source hands it to the agent. */
export interface Reading {
  readonly sensor: string
  /** Product id; empty for a reading of the shop itself. */
  readonly entity: string
  /** Unix milliseconds, store time. */
  readonly at: number
  readonly value: number
  /** Of events: sent twice, they count once. */
  readonly id?: string
}

const MINUTE = 60_000
/** A value that a fridge may well have. */
const STUCK_AT = 4.1
const HOUR = 60 * MINUTE

/**
 * A shop's readings of one local day, by time: what the tills sold in each hour, the minutes without stock, what was on the
 * shelf where that is measured, and where asked for the fridge's temperature and the door's counter. The hours count from local midnight, so that of a day with
 * 23 hours the last is not told. Ids are the same each time: a day can be sent again.
 */
export function dayReadings(shop: Shop, index: number, options: { surroundings?: boolean } = {}): Reading[] {
  const { date, products } = shop.day(index)
  const { start, end } = calendar(shop.timeZone).daySpan(date)
  const readings: Reading[] = []
  for (const [at, { sold, minutesOut, shelf = [] }] of products.entries()) {
    const entity = shop.products[at]!.id
    for (let hour = 0; hour < HOURS; hour++) {
      const began = start + hour * HOUR
      const id = `${shop.site}.${entity}.${date}.${hour}`
      if (sold[hour]! > 0) {
        // Tills report through the hour, not all at once.
        const minute = (at * 7 + hour * 13) % 60
        readings.push({ sensor: 'sales', entity, at: began + minute * MINUTE, value: sold[hour]!, id })
      }
      if (minutesOut[hour]! > 0) {
        readings.push({ sensor: 'stockout', entity, at: began + HOUR - 1, value: minutesOut[hour]!, id: `${id}.out` })
      }
      const level = shelf[hour]
      if (level) {
        readings.push({ sensor: 'stock', entity, at: began + HOUR - 1, value: level.stock })
        readings.push({ sensor: 'on-order', entity, at: began + HOUR - 1, value: level.onOrder })
      }
    }
  }
  if (options.surroundings) readings.push(...fridge(shop, start).map(stuckIn(shop)), ...footfall(shop, index, start))
  return readings.filter(({ at }) => at < end).sort((a, b) => a.at - b.at)
}

/** The readings of one hour of a day. */
export function hourReadings(shop: Shop, index: number, hour: number): Reading[] {
  const from = calendar(shop.timeZone).daySpan(shop.day(index).date).start + hour * HOUR
  return dayReadings(shop, index, { surroundings: true }).filter(({ at }) => at >= from && at < from + HOUR)
}

/** Every 5 minutes; the compressor's swing, warmer while the shop is open and its door is used. */
function fridge(shop: Shop, start: number): Reading[] {
  const random = draws(start, shop.site, 'fridge')
  return Array.from({ length: HOURS * 12 }, (_, step) => {
    const hour = step / 12
    const open = hour >= OPEN[0] && hour <= OPEN[1] ? 0.8 : 0
    const value = 3.6 + open + 0.9 * Math.sin(step * 0.9) + 0.2 * random.normal()
    return { sensor: 'fridge', entity: '', at: start + step * 5 * MINUTE, value: Math.round(value * 10) / 10 }
  })
}

/** The reading as the shop's fault leaves it: a stuck sensor goes on telling, and always the same. */
function stuckIn({ fault, timeZone, day }: Shop): (reading: Reading) => Reading {
  if (!fault) return (reading) => reading
  const { start } = calendar(timeZone).daySpan(day(fault.day).date)
  const [from, to] = fault.hours.map((hour) => start + hour * HOUR) as [number, number]
  return (reading) =>
    reading.sensor === fault.sensor && reading.at >= from && reading.at < to ? { ...reading, value: STUCK_AT } : reading
}

/** The door's counter every quarter of an hour: it only grows, by customers in step with what is sold. */
function footfall(shop: Shop, index: number, start: number): Reading[] {
  const random = draws(start, shop.site, 'footfall')
  const { products } = shop.day(index)
  let counter = index * 100_000
  return Array.from({ length: HOURS * 4 }, (_, step) => {
    const soldInHour = products.reduce((sum, { sold }) => sum + sold[step >> 2]!, 0)
    counter += random.poisson(soldInHour * 1.5)
    return { sensor: 'footfall', entity: '', at: start + step * 15 * MINUTE, value: counter }
  })
}

/** InfluxDB line protocol with millisecond stamps, as the agent's `POST /api/v2/write?precision=ms` takes it. */
export function toLines(readings: readonly Reading[]): string {
  return readings
    .map(({ sensor, entity, at, value, id }) => {
      const tag = entity === '' ? '' : `,product=${entity}`
      const fields = id === undefined ? `value=${value}` : `value=${value},id="${id}"`
      return `${sensor}${tag} ${fields} ${at}`
    })
    .join('\n')
}
