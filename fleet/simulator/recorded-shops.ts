import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { dateAfter, HOURS, type Product, type ProductDay, type Shop } from './shop.ts'

const STATICS = { category1: 'first_category_id', category3: 'third_category_id' } as const
const BY_PRODUCT = { discount: 'discount', activity: 'activity_flag' } as const
const BY_SHOP = {
  holiday: 'holiday_flag',
  rain: 'precpt',
  temperature: 'avg_temperature',
  humidity: 'avg_humidity',
  wind: 'avg_wind_level',
} as const

interface Row extends ProductDay {
  readonly site: string
  readonly entity: string
  readonly date: string
  readonly attributes: Readonly<Record<string, string>>
  readonly shopAhead: Readonly<Record<string, number>>
}

/**
 * The shops of a FreshRetailNet file (CSV, gzipped or not), one for each `store_id`, with every product of that store and
 * all days that the file covers; a product's missing day is a day without sales.
 *
 * @throws Error naming the file, the line and the column of what it cannot read
 */
export async function recordedShops(path: string): Promise<Shop[]> {
  const bySite = new Map<string, Row[]>()
  for await (const row of readRows(path)) {
    const rows = bySite.get(row.site)
    if (rows) rows.push(row)
    else bySite.set(row.site, [row])
  }
  return [...bySite].map(([site, rows]) => assemble(site, rows))
}

function assemble(site: string, rows: readonly Row[]): Shop {
  const dates = rows.map((row) => row.date).sort()
  const firstDay = dates[0]!
  const days = (Date.parse(dates.at(-1)!) - Date.parse(firstDay)) / 86_400_000 + 1
  const products = new Map<string, Product>()
  const byDate = new Map<string, Map<string, Row>>()
  for (const row of rows) {
    if (!products.has(row.entity)) products.set(row.entity, { id: row.entity, attributes: row.attributes })
    let day = byDate.get(row.date)
    if (!day) {
      day = new Map()
      byDate.set(row.date, day)
    }
    day.set(row.entity, row)
  }
  const listed = [...products.values()]
  return {
    site: `store-${site}`,
    timeZone: 'Asia/Shanghai',
    labels: { source: 'freshretailnet' },
    products: listed,
    firstDay,
    days,
    day(index) {
      if (index < 0 || index >= days) throw new RangeError(`day ${index} of ${site}: it has days 0 to ${days - 1}`)
      const date = dateAfter(firstDay, index)
      const day = byDate.get(date)
      const [any] = day?.values() ?? []
      return { date, ahead: any?.shopAhead ?? {}, products: listed.map(({ id }) => day?.get(id) ?? CLOSED) }
    },
  }
}

const NOTHING = Array.from({ length: HOURS }, () => 0)
const CLOSED: ProductDay = { ahead: {}, sold: NOTHING, minutesOut: NOTHING }

async function* readRows(path: string): AsyncGenerator<Row> {
  const file = createReadStream(path)
  const text = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  file.on('error', (error) => text.destroy(error))
  let read: ((cells: readonly string[], line: number) => Row) | undefined
  let line = 0
  for await (const content of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++
    const cells = content.split(',')
    if (read === undefined) read = rowReader(path, cells)
    else if (content !== '') yield read(cells, line)
  }
}

function rowReader(path: string, header: readonly string[]) {
  const column = (name: string) => {
    const at = header.indexOf(name)
    if (at < 0) throw new Error(`${path}: there is no column "${name}"; it needs those of FreshRetailNet-50K`)
    return at
  }
  const [site, entity, date, flags] = ['store_id', 'product_id', 'dt', 'stockout24'].map(column) as number[]
  const hours = NOTHING.map((_, hour) => column(`h${String(hour).padStart(2, '0')}`))
  const positions = (names: Readonly<Record<string, string>>) =>
    Object.entries(names).map(([name, source]) => [name, column(source)] as const)
  const [statics, byProduct, byShop] = [STATICS, BY_PRODUCT, BY_SHOP].map(positions)
  return (cells: readonly string[], line: number): Row => {
    const number = (at: number) => {
      const value = Number(cells[at])
      if (cells[at] !== '' && Number.isFinite(value)) return value
      throw new Error(`${path}, line ${line}, column ${header[at]}: "${cells[at] ?? ''}" is not a number`)
    }
    const numbers = (of: typeof byShop) => Object.fromEntries(of!.map(([name, at]) => [name, number(at)]))
    return {
      site: cells[site!]!,
      entity: cells[entity!]!,
      date: cells[date!]!,
      attributes: Object.fromEntries(statics!.map(([name, at]) => [name, cells[at]!])),
      shopAhead: numbers(byShop),
      ahead: numbers(byProduct),
      sold: hours.map(number),
      minutesOut: Array.from(cells[flags!]!, (flag) => (flag === '1' ? 60 : 0)),
    }
  }
}
