import { seededRandom } from '../networks/index.ts'

const DAY_MS = 86_400_000
const names = ['site', 'entity', 'day', 'category1', 'category3', 'discount', 'activity', 'holiday', 'rain']
const weather = ['temperature', 'humidity', 'wind']
const hours = Array.from({ length: 24 }, (_, h) => `h${String(h).padStart(2, '0')}`)

/** Units sold in an hour, given the expected ones: Poisson by inversion. */
function poisson(mean: number, uniform: () => number): number {
  let count = 0
  for (let product = uniform(); product > Math.exp(-mean); product *= uniform()) count++
  return count
}

/**
 * A small daily-demand data set as CSV, canonical column names: shops × products × days with weekends, promotions that
 * sell more, and stock-outs that cut a day short. The same options give the same text.
 */
export function smallShops(options: { shops: number; products: number; days: number; seed?: number }): string {
  const { shops, products, days, seed = 1 } = options
  const random = seededRandom(seed)
  const { uniform } = random
  const lines = [[...names, ...weather, ...hours, 'stockout24'].join(',')]
  const first = Date.UTC(2026, 0, 5)
  for (let shop = 0; shop < shops; shop++) {
    const products_ = Array.from({ length: products }, (_, p) => ({
      id: `p${p}`,
      level: 1 + 6 * uniform(),
      category: p % 4,
    }))
    for (let day = 0; day < days; day++) {
      const date = new Date(first + day * DAY_MS).toISOString().slice(0, 10)
      const weekend = day % 7 >= 5
      const temperature = 15 + 5 * Math.sin(day / 9)
      for (const { id, level, category } of products_) {
        const promoted = uniform() < 0.15
        const mean = level * (weekend ? 1.5 : 1) * (promoted ? 1.4 : 1)
        const outFrom = uniform() < 0.25 ? 12 + random.below(9) : 24
        const units = hours.map((_, h) => (h < 7 || h > 21 || h >= outFrom ? 0 : poisson(mean / 15, uniform)))
        const flags = hours.map((_, h) => (h >= outFrom ? 1 : 0)).join('')
        const known = [promoted ? 0.8 : 1, Number(promoted), Number(weekend), 0, temperature.toFixed(1), 70, 2]
        lines.push([`s${shop}`, id, date, category, category, ...known, ...units, flags].join(','))
      }
    }
  }
  return `${lines.join('\n')}\n`
}
