import { HOURS, type Shop } from './shop.ts'

const ENTITY_AHEAD = ['discount', 'activity']
const SITE_AHEAD = ['holiday', 'rain', 'temperature', 'humidity', 'wind']

/**
 * The demand data set of some shops as CSV lines, header first: one row a (shop, product, day) with the columns that
 * `storecast model train` reads. `days` counts from the shops' first; all of them by default.
 */
export function* demandRows(shops: readonly Shop[], days?: number): Generator<string> {
  const statics = [...new Set(shops.flatMap(({ products }) => products.flatMap((p) => Object.keys(p.attributes))))]
  const hours = Array.from({ length: HOURS }, (_, hour) => `h${String(hour).padStart(2, '0')}`)
  yield ['site', 'entity', 'day', ...statics, ...ENTITY_AHEAD, ...SITE_AHEAD, ...hours, 'stockout24'].join(',')
  for (const shop of shops) {
    for (let index = 0; index < Math.min(days ?? shop.days, shop.days); index++) {
      const { date, ahead, products } = shop.day(index)
      for (const [at, product] of shop.products.entries()) {
        const day = products[at]!
        yield [
          shop.site,
          product.id,
          date,
          ...statics.map((name) => product.attributes[name] ?? ''),
          ...ENTITY_AHEAD.map((name) => day.ahead[name] ?? ''),
          ...SITE_AHEAD.map((name) => ahead[name] ?? ''),
          ...day.sold,
          day.minutesOut.map((minutes) => (minutes > 0 ? 1 : 0)).join(''),
        ]
          .map(cell)
          .join(',')
      }
    }
  }
}

/** RFC 4180, 2: names have commas in them. */
function cell(value: string | number): string {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
