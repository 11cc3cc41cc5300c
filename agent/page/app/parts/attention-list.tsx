import { type AttentionCode, attention, type Item } from '../attention.ts'
import { useWords, type Values } from '../i18n.tsx'
import { nameOf } from '../names.ts'
import type { ShopView } from '../view.ts'
import { Icon } from './icon.tsx'

export function AttentionList({ view }: { view: ShopView }) {
  const { t } = useWords()
  const { status, seen } = view
  const items = attention({
    status,
    forecasts: seen.forecasts,
    decisions: seen.decisions,
    realNow: Date.now(),
  })
  return (
    <section aria-labelledby="attention">
      <h2 id="attention">{t('attention.heading')}</h2>
      {items.length === 0 ? (
        <p class="card good">
          <Icon name="ok" />
          <span>{t('attention.none')}</span>
        </p>
      ) : (
        <ul class="attention">
          {items.map((item) => (
            <AttentionItem key={`${item.code} ${JSON.stringify(item.about)}`} item={item} view={view} />
          ))}
        </ul>
      )}
    </section>
  )
}

/** Their time is when something ends. */
const ENDING: readonly AttentionCode[] = ['no-forecast', 'stale-orders']

function AttentionItem({ item, view }: { item: Item; view: ShopView }) {
  const words = useWords()
  const { t, percent } = words
  const { code, level, about, time } = item
  const { times } = view
  const told = ENDING.indexOf(code) >= 0 ? times.until : times.moment
  const values: Values = {
    ...about,
    ...(about.sensor !== undefined && { sensor: nameOf(String(about.sensor), words) }),
    ...(about.model !== undefined && { model: nameOf(String(about.model), words) }),
    ...(about.share !== undefined && { share: percent(Number(about.share)) }),
    ...(time !== undefined && { time: told(time) }),
  }
  return (
    <li class={`card ${level}`}>
      <Icon name={level} />
      <div>
        <p class="level">{t(`attention.${level}`)}</p>
        <h3>{t(`attention.${code}.title`, values)}</h3>
        <p>{t(`attention.${code}.cause`, values)}</p>
        <p class="fix">{t(`attention.${code}.fix`, values)}</p>
      </div>
    </li>
  )
}
