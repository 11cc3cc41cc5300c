import { useMemo, useState } from 'preact/hooks'
import { rangeOf } from '../chart.ts'
import { useWords } from '../i18n.tsx'
import { expected, QUANTITY } from '../names.ts'
import { addressOf } from '../place.ts'
import type { ShopView } from '../view.ts'
import type { Forecast, Run } from '../wire.ts'
import { RangeBar } from './range-bar.tsx'
import { RangeKey } from './range-key.tsx'

const PAGE = 40
const SEARCH_FROM = 12
const SORTS = ['most', 'name'] as const
type Sort = (typeof SORTS)[number]

/** Runs of models of products; those of sensors tell no totals of a day. */
export const productRuns = (runs: readonly Run[]): readonly Run[] =>
  runs.filter(({ forecasts }) => forecasts.some(({ soFar }) => soFar !== undefined))

/** @param now store time, unix ms */
export const isOver = ({ end }: Run, now: number): boolean => Date.parse(end) <= now

export function ProductList({ view }: { view: ShopView }) {
  const { t } = useWords()
  const runs = productRuns(view.seen.forecasts?.models ?? [])
  return (
    <section aria-labelledby="forecast">
      <h2 id="forecast">{t('forecast.heading')}</h2>
      {runs.length === 0 && <p class="quiet">{t('forecast.none')}</p>}
      {runs.map((run) => (
        <RunList key={run.model} run={run} view={view} />
      ))}
    </section>
  )
}

function RunList({ run, view: { times, now } }: { run: Run; view: ShopView }) {
  const { t } = useWords()
  const [search, setSearch] = useState('')
  const [sort, setSort] = useState<Sort>('most')
  const [most, setMost] = useState(PAGE)
  const rows = useMemo(() => run.forecasts.map((forecast) => rowOf(forecast, run)), [run])
  const found = useMemo(() => pick(rows, { search, sort }), [rows, search, sort])
  const scale = useMemo(() => Math.max(1, ...rows.map(({ range, sold }) => Math.max(range.high, sold))), [rows])
  const day = times.day(Date.parse(run.start))
  return (
    <>
      {isOver(run, now) ? (
        <p class="trouble">{t('forecast.over', { day })}</p>
      ) : (
        <p class="quiet">{t('forecast.for', { day, time: times.moment(Date.parse(run.issuedAt)) })}</p>
      )}
      {rows.length >= SEARCH_FROM && (
        <div class="tools">
          <label class="field">
            {t('forecast.search')}
            <input
              type="search"
              value={search}
              autocomplete="off"
              onInput={({ currentTarget }) => {
                setSearch(currentTarget.value)
                setMost(PAGE)
              }}
            />
          </label>
          <label class="field">
            {t('forecast.sort')}
            <select value={sort} onChange={({ currentTarget }) => setSort(currentTarget.value as Sort)}>
              {SORTS.map((one) => (
                <option key={one} value={one}>
                  {t(`forecast.sort.${one}`)}
                </option>
              ))}
            </select>
          </label>
        </div>
      )}
      {found.length === 0 && <p class="quiet">{t('forecast.no-match')}</p>}
      {found.length > 0 && <RangeKey levels={run.levels} />}
      <ul class="products">
        {found.slice(0, most).map((row) => (
          <ProductRow key={row.entity} row={row} scale={scale} model={run.model} />
        ))}
      </ul>
      {found.length > most && (
        <button type="button" class="wide" onClick={() => setMost(most + PAGE)}>
          {t('forecast.more', { n: Math.min(PAGE, found.length - most) })}
        </button>
      )}
    </>
  )
}

interface Row {
  readonly entity: string
  readonly name: string
  readonly range: ReturnType<typeof rangeOf>
  readonly sold: number
}

function rowOf({ entity, name, quantiles, soFar = [] }: Forecast, { levels }: Run): Row {
  const sold = soFar[soFar.length - 1]?.total ?? 0
  return { entity, name: name ?? entity, range: rangeOf(quantiles, levels), sold }
}

function pick(rows: readonly Row[], { search, sort }: { search: string; sort: Sort }): readonly Row[] {
  const wanted = search.trim().toLowerCase()
  const found = rows.filter(({ name, entity }) => `${name} ${entity}`.toLowerCase().indexOf(wanted) >= 0)
  const byName = (a: Row, b: Row) => a.name.localeCompare(b.name, undefined, { numeric: true })
  return found.sort(sort === 'name' ? byName : (a, b) => b.range.middle - a.range.middle || byName(a, b))
}

function ProductRow({ row, scale, model }: { row: Row; scale: number; model: string }) {
  const { t, number } = useWords()
  const { entity, name, range, sold } = row
  const [low, middle, high] = [range.low, range.middle, range.high].map((value) => number(expected(value)))
  return (
    <li>
      <a href={addressOf({ page: 'product', model, entity })}>
        <span class="product">{name}</span>
        <RangeBar range={range} sold={sold} scale={scale} />
        <span class="words">
          {t('forecast.range', { low: low!, middle: middle!, high: high! })}
          <span class={sold > range.high ? 'sold over' : 'sold'}>
            {t('forecast.sold', { sold: number(sold, QUANTITY) })}
          </span>
        </span>
      </a>
    </li>
  )
}
