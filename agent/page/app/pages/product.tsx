import { useEffect, useState } from 'preact/hooks'
import { ask } from '../ask.ts'
import { rangeOf } from '../chart.ts'
import { type Day, dayOf, expectedBy, soldBy } from '../day.ts'
import { useWords } from '../i18n.tsx'
import { expected, QUANTITY } from '../names.ts'
import { DayChart } from '../parts/day-chart.tsx'
import { DayTable } from '../parts/day-table.tsx'
import { Icon } from '../parts/icon.tsx'
import { addressOf } from '../place.ts'
import type { ShopView } from '../view.ts'
import type { Forecasts } from '../wire.ts'

interface ProductPageProps {
  readonly view: ShopView
  readonly model: string
  readonly entity: string
}

export function ProductPage({ view, model, entity }: ProductPageProps) {
  const { t } = useWords()
  const day = useDay({ model, entity, heardAt: view.seen.forecasts })
  const { times, now } = view
  return (
    <>
      <p>
        <a class="back" href={addressOf({ page: 'today' })}>
          <Icon name="back" />
          {t('back')}
        </a>
      </p>
      <h1 tabIndex={-1}>{day?.name ?? entity}</h1>
      {day === undefined ? (
        <p class="loading" role="status">
          {t('loading')}
        </p>
      ) : day === null ? (
        <p class="quiet">{t('product.none')}</p>
      ) : (
        <>
          {day.end <= now ? (
            <p class="trouble">{t('forecast.over', { day: times.day(day.start) })}</p>
          ) : (
            <Summary day={day} now={now} />
          )}
          <DayChart day={day} now={now} times={times} />
          <details>
            <summary>{t('product.table')}</summary>
            <DayTable day={day} now={now} times={times} />
          </details>
        </>
      )}
    </>
  )
}

function Summary({ day, now }: { day: Day; now: number }) {
  const { t, number } = useWords()
  const say = (value: number) => number(expected(value))
  const { low, middle, high } = rangeOf(day.quantiles, day.levels)
  const sold = soldBy(day, now)
  const byNow = expectedBy(day, now)
  return (
    <>
      <p class="lead">{t('product.summary', { low: say(low), middle: say(middle), high: say(high) })}</p>
      <p>
        {sold === 0 || byNow === undefined
          ? t('product.sold.none')
          : t('product.sold', { sold: number(sold, QUANTITY), low: say(byNow.low), high: say(byNow.high) })}
      </p>
    </>
  )
}

/** Undefined while it comes, null where there is none. Comes again with every new look at all forecasts. */
function useDay({ model, entity, heardAt }: { model: string; entity: string; heardAt: unknown }) {
  const [day, setDay] = useState<Day | null>()
  useEffect(() => {
    let isGone = false
    const query = `model=${encodeURIComponent(model)}&entity=${encodeURIComponent(entity)}&so-far=1`
    ask<Forecasts>(`/v1/forecasts?${query}`).then(
      ({ models: [run] }) => {
        if (!isGone) setDay(run === undefined ? null : (dayOf(run) ?? null))
      },
      // What was seen last stays; the page says above that the device does not answer.
      () => {
        if (!isGone) setDay((last) => last)
      },
    )
    return () => {
      isGone = true
    }
  }, [model, entity, heardAt])
  return day
}
