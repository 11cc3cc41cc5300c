import { chosenLately } from '../decisions.ts'
import { useWords } from '../i18n.tsx'
import type { ShopView } from '../view.ts'
import { ChoiceWords } from './choice-words.tsx'
import { Order } from './order.tsx'
import { isOver, productRuns } from './product-list.tsx'

/** What the device suggests to order, and what staff made of it. */
export function Orders({ view }: { view: ShopView }) {
  const { t } = useWords()
  const { seen, now, feed } = view
  if (seen.decisions === undefined) return null
  const open = seen.decisions.filter((decision) => decision.open)
  const isBlind = productRuns(seen.forecasts?.models ?? []).every((run) => isOver(run, now))
  const toDecide = open.filter(({ id }) => seen.choices[id] === undefined)
  const chosen = chosenLately(seen.decisions, now)
  return (
    <section aria-labelledby="orders">
      <h2 id="orders" tabIndex={-1}>
        {t('orders.heading')} {toDecide.length > 0 && <span class="count">{toDecide.length}</span>}
      </h2>
      {open.length === 0 && <p class="quiet">{t(isBlind ? 'orders.blind' : 'orders.none')}</p>}
      <ul class="orders">
        {open.map((decision) => (
          <Order
            key={decision.id}
            decision={decision}
            name={decision.name ?? decision.entity}
            view={view}
            chosen={seen.choices[decision.id]}
            refused={seen.refused[decision.id]}
            onChoose={(answer) => feed.choose(decision.id, answer)}
            onTakeBack={() => feed.takeBack(decision.id)}
          />
        ))}
      </ul>
      {chosen.length > 0 && (
        <details class="done">
          <summary>
            {t('orders.done')} <span class="count">{chosen.length}</span>
          </summary>
          <ul>
            {chosen.map((decision) => (
              <li key={decision.id}>
                <strong>{decision.name ?? decision.entity}</strong>{' '}
                <ChoiceWords choice={decision.choice!} suggested={decision.quantity} />{' '}
                <small>{view.times.moment(Date.parse(decision.choice!.chosenAt))}</small>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  )
}
