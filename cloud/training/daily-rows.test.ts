import type { CovariatesDocument, DailyDemandView } from '@storecast/shared/contracts'
import { calendar } from '@storecast/shared/windows'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dailyColumns, dailyRows, type SiteRecords, type WindowSum } from './daily-rows.ts'

const view: DailyDemandView = {
  kind: 'daily-demand',
  target: 'sales',
  censoredBy: 'stockout',
  openHours: [6, 22],
  statics: { site: 2, entity: 4, category: 3 },
  groups: ['category', 'aisle'],
  knownAhead: { entity: ['discount'], site: ['rain'] },
  states: [],
}
const berlin = calendar('Europe/Berlin')
const at = (local: string) => Date.parse(`${local}:00+01:00`)
const hour = (entity: string, local: string, sum: number): WindowSum => ({
  entity,
  start: at(local),
  end: at(local) + 3_600_000,
  sum,
})
const issue = (
  issuedAt: number,
  days: string[],
  rain: (number | null)[],
  milk: (number | null)[],
): CovariatesDocument => ({
  kind: 'covariates',
  site: 's',
  issuedAt,
  days,
  site_values: { rain },
  entity_values: { discount: { milk } },
})
const rowsOf = (records: Partial<SiteRecords>) => {
  const columns = dailyColumns(view)
  const all: SiteRecords = {
    site: 's',
    calendar: berlin,
    entities: [],
    sales: [],
    stockouts: [],
    issues: [],
    closedUntil: at('2027-01-01T00:00'),
    ...records,
  }
  return [...dailyRows(view, all)].map((row) => {
    expect(row).toHaveLength(columns.length)
    return Object.fromEntries(columns.map((name, index) => [name, row[index]!]))
  })
}

describe('dailyRows', () => {
  it('names its columns as the workshop reads them', () => {
    const columns = dailyColumns(view)
    expect(columns.slice(0, 7)).toEqual(['site', 'entity', 'day', 'category', 'aisle', 'discount', 'rain'])
    expect(columns.slice(7)).toHaveLength(25)
    expect([columns[7], columns.at(-2), columns.at(-1)]).toEqual(['h00', 'h23', 'stockout24'])
  })

  it('puts sums in the hour and day of the site’s own clock, and zeros where nothing was sold', () => {
    const [monday, tuesday, ...more] = rowsOf({
      entities: [{ id: 'milk', attributes: { category: 'dairy' } }],
      sales: [
        hour('milk', '2026-03-02T08:00', 3),
        { ...hour('milk', '2026-03-02T09:15', 1.1), end: at('2026-03-02T09:20') },
        { ...hour('milk', '2026-03-02T09:20', 2.2), end: at('2026-03-02T09:25') },
        hour('milk', '2026-03-03T23:00', 5),
      ],
    })
    expect(monday).toMatchObject({ site: 's', entity: 'milk', day: '2026-03-02', category: 'dairy', aisle: '' })
    expect(monday).toMatchObject({ h00: '0', h08: '3', h09: '3.3', h23: '0', stockout24: '0'.repeat(24) })
    expect(tuesday).toMatchObject({ day: '2026-03-03', h08: '0', h23: '5' })
    expect(more).toEqual([])
  })

  it('begins a product with its first window, and leaves out days in which the site sold nothing or that are open', () => {
    const rows = rowsOf({
      sales: [
        hour('milk', '2026-03-02T08:00', 1),
        hour('bread', '2026-03-04T08:00', 1),
        hour('milk', '2026-03-05T08:00', 1),
      ],
      closedUntil: at('2026-03-05T22:00'),
    })
    expect(rows.map((row) => `${row.entity} ${row.day}`)).toEqual([
      'bread 2026-03-04',
      'milk 2026-03-02',
      'milk 2026-03-04',
    ])
  })

  it('does not know the hours of a day that came as one window, but for an empty one', () => {
    const day = { start: at('2026-03-02T00:00'), end: at('2026-03-03T00:00') }
    const rows = rowsOf({
      sales: [
        { entity: 'bread', ...day, sum: 0 },
        { entity: 'milk', ...day, sum: 7 },
      ],
      stockouts: [{ entity: 'milk', ...day, sum: 30 }],
    })
    expect(rows).toMatchObject([
      { entity: 'bread', h08: '0', stockout24: '0'.repeat(24) },
      { entity: 'milk', h08: '', h23: '', stockout24: '1'.repeat(24) },
    ])
  })

  it('flags the hours out of stock', () => {
    const [row] = rowsOf({
      sales: [hour('milk', '2026-03-02T08:00', 1)],
      stockouts: [hour('milk', '2026-03-02T10:00', 12), hour('milk', '2026-03-02T11:00', 0)],
    })
    expect(row!.stockout24).toBe(`${'0'.repeat(10)}1${'0'.repeat(13)}`)
  })

  it('knows of a day what was known when it began', () => {
    const days = ['2026-03-02', '2026-03-03']
    const rows = rowsOf({
      sales: days.map((day) => hour('milk', `${day}T08:00`, 1)),
      issues: [
        issue(at('2026-03-01T12:00'), days, [1, 2], [0.9, null]),
        issue(at('2026-03-02T00:00'), days, [3, null], [null, 0.8]),
        issue(at('2026-03-02T00:01'), days, [99, 4], [99, 99]),
        issue(at('2026-03-03T00:01'), days, [99, 99], [99, 99]),
      ],
    })
    expect(rows.map(({ rain, discount }) => [rain, discount])).toEqual([
      ['3', '0.9'],
      ['4', '99'],
    ])
  })

  it('loses and doubles nothing, across changes of the clock too', () => {
    const quarter = 900_000
    const from = Date.parse('2026-03-27T00:00:00Z')
    const window = fc.record({ n: fc.nat(4 * 24 * 5), entity: fc.constantFrom('a', 'b'), steps: fc.nat(500) })
    fc.assert(
      fc.property(fc.array(window, { maxLength: 200 }), (windows) => {
        const sales = windows.map(({ n, entity, steps }) => ({
          entity,
          start: from + n * quarter,
          end: from + (n + 1) * quarter,
          sum: steps / 10,
        }))
        const cells = rowsOf({ sales }).map((row) =>
          Object.entries(row).reduce((sum, [name, cell]) => (/^h\d\d$/.test(name) ? sum + Number(cell) : sum), 0),
        )
        const total = (values: number[]) => values.reduce((a, b) => a + b, 0)
        expect(total(cells)).toBeCloseTo(total(sales.map((one) => one.sum)), 6)
      }),
    )
  })
})
