import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { type Answer, chosenLately, type Decision, REASONS, type Reason, reasonOf, reasonSent } from '../decisions.ts'
import { useWords } from '../i18n.tsx'
import { expected, QUANTITY } from '../names.ts'
import type { ShopView } from '../view.ts'
import { Icon } from './icon.tsx'

/** What the device suggests to order, and what staff made of it. */
export function Orders({ view }: { view: ShopView }) {
  const { t } = useWords()
  const { seen, now, feed } = view
  if (seen.decisions === undefined) return null
  const open = seen.decisions.filter((decision) => decision.open)
  const chosen = chosenLately(seen.decisions, now)
  return (
    <section aria-labelledby="orders">
      <h2 id="orders" tabIndex={-1}>
        {t('orders.heading')} {open.length > 0 && <span class="count">{open.length}</span>}
      </h2>
      {open.length === 0 && <p class="quiet">{t('orders.none')}</p>}
      <ul class="orders">
        {open.map((decision) => (
          <Order
            key={decision.id}
            decision={decision}
            name={decision.name ?? decision.entity}
            view={view}
            unsent={seen.unsent[decision.id]}
            refused={seen.refused[decision.id]}
            onChoose={(answer) => feed.choose(decision.id, answer)}
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
                <strong>{decision.name ?? decision.entity}</strong> <Chosen decision={decision} />{' '}
                <small>{view.times.moment(Date.parse(decision.choice!.chosenAt))}</small>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  )
}

function Chosen({ decision: { choice, quantity: suggested } }: { decision: Decision }) {
  const { t, number } = useWords()
  const { kind, quantity, reason } = choice!
  const offered = reasonOf(reason)
  return (
    <span>
      {t(`orders.${kind}`, {
        quantity: number(quantity, QUANTITY),
        suggested: number(suggested, QUANTITY),
        reason: offered === undefined ? reason : t(`reason.${offered}`),
      })}
    </span>
  )
}

interface OrderProps {
  readonly decision: Decision
  readonly name: string
  readonly view: ShopView
  readonly unsent: Answer | undefined
  readonly refused: string | undefined
  readonly onChoose: (answer: Answer) => Promise<void>
}

function Order({ decision, name, view, unsent, refused, onChoose }: OrderProps) {
  const { t, number } = useWords()
  const [asked, setAsked] = useState<'change' | 'reject'>()
  const buttons = useRef<HTMLDivElement>(null)
  const { quantity, stock, onOrder, quantiles, end } = decision
  const shown = number(quantity, QUANTITY)
  const close = () => {
    setAsked(undefined)
    requestAnimationFrame(() => buttons.current?.querySelector('button')?.focus())
  }
  const choose = (answer: Answer) => {
    setAsked(undefined)
    // The card goes: the focus is not to fall to the top of the page.
    document.getElementById('orders')?.focus()
    void onChoose(answer)
  }
  return (
    <li class="card order">
      <h3>
        <span class="product">{name}</span> <span class="amount">{t('orders.suggest', { quantity: shown })}</span>
      </h3>
      <p class="quiet">
        {t('orders.why', {
          stock: number(stock, QUANTITY),
          onOrder: number(onOrder, QUANTITY),
          until: view.times.until(Date.parse(end)),
          demand: number(expected(quantiles[quantiles.length - 1] ?? 0)),
        })}
      </p>
      {refused !== undefined && (
        <p class="trouble" role="alert">
          {t('orders.refused')}
        </p>
      )}
      {unsent !== undefined ? (
        <p class="unsent" role="status">
          <Icon name="warning" /> <span>{t('orders.unsent')}</span>
        </p>
      ) : asked === 'change' ? (
        <Change suggested={quantity} onSave={(changed) => choose(answerOf(changed, quantity))} onCancel={close} />
      ) : asked === 'reject' ? (
        <Reject onSave={(reason) => choose({ choice: 'rejected', reason })} onCancel={close} />
      ) : (
        <div class="buttons" ref={buttons}>
          <button
            type="button"
            class="main"
            aria-label={t('orders.accept.label', { product: name, quantity: shown })}
            onClick={() => choose({ choice: 'accepted' })}
          >
            {t('orders.accept', { quantity: shown })}
          </button>
          <button
            type="button"
            aria-label={t('orders.change.label', { product: name })}
            onClick={() => setAsked('change')}
          >
            {t('orders.change')}
          </button>
          <button
            type="button"
            aria-label={t('orders.reject.label', { product: name })}
            onClick={() => setAsked('reject')}
          >
            {t('orders.reject')}
          </button>
        </div>
      )}
    </li>
  )
}

const answerOf = (changed: number, suggested: number): Answer =>
  changed === suggested ? { choice: 'accepted' } : { choice: 'changed', quantity: changed }

const LARGEST = 1_000_000

function Change({
  suggested,
  onSave,
  onCancel,
}: {
  suggested: number
  onSave: (quantity: number) => void
  onCancel: () => void
}) {
  const { t } = useWords()
  const [text, setText] = useState(String(suggested))
  const field = useFocus<HTMLInputElement>()
  const quantity = Number(text.replace(',', '.'))
  const isGood = text.trim() !== '' && quantity > 0 && quantity <= LARGEST
  const step = (by: number) => setText(String(Math.max(1, (Number.isNaN(quantity) ? suggested : quantity) + by)))
  const save = (event: Event) => {
    event.preventDefault()
    if (isGood) onSave(quantity)
  }
  return (
    <form class="ask" onSubmit={save}>
      <label for={`quantity-${field.id}`}>{t('orders.quantity')}</label>
      <div class="stepper">
        <button type="button" aria-label={t('orders.fewer')} onClick={() => step(-1)}>
          −
        </button>
        <input
          id={`quantity-${field.id}`}
          ref={field.ref}
          inputMode="decimal"
          autocomplete="off"
          value={text}
          aria-invalid={!isGood}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <button type="button" aria-label={t('orders.more')} onClick={() => step(1)}>
          +
        </button>
      </div>
      <div class="buttons">
        <button type="submit" class="main" disabled={!isGood}>
          {t('orders.save')}
        </button>
        <button type="button" onClick={onCancel}>
          {t('orders.cancel')}
        </button>
      </div>
    </form>
  )
}

function Reject({ onSave, onCancel }: { onSave: (reason: string) => void; onCancel: () => void }) {
  const { t } = useWords()
  const [chosen, setChosen] = useState<Reason | 'other'>()
  const [text, setText] = useState('')
  const field = useFocus<HTMLInputElement>()
  const own = text.trim()
  const isGood = chosen !== undefined && (chosen !== 'other' || own !== '')
  const save = (event: Event) => {
    event.preventDefault()
    if (isGood) onSave(chosen === 'other' ? own : reasonSent(chosen!))
  }
  return (
    <form class="ask" onSubmit={save}>
      <fieldset>
        <legend>{t('orders.reason')}</legend>
        {[...REASONS, 'other' as const].map((reason, i) => (
          <label class="check" key={reason}>
            <input
              type="radio"
              name={`reason-${field.id}`}
              ref={i === 0 ? field.ref : null}
              checked={chosen === reason}
              onChange={() => setChosen(reason)}
            />
            {reason === 'other' ? t('orders.reason.own') : t(`reason.${reason}`)}
          </label>
        ))}
      </fieldset>
      {chosen === 'other' && (
        <label class="field">
          {t('orders.reason.text')}
          <input
            value={text}
            maxLength={200}
            autocomplete="off"
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
      )}
      <div class="buttons">
        <button type="submit" class="main" disabled={!isGood}>
          {t('orders.reject.save')}
        </button>
        <button type="button" onClick={onCancel}>
          {t('orders.cancel')}
        </button>
      </div>
    </form>
  )
}

/** The first field of what has just been opened has the focus. */
function useFocus<T extends HTMLElement>() {
  const ref = useRef<T>(null)
  const id = useMemo(() => Math.random().toString(36).slice(2), [])
  useEffect(() => ref.current?.focus(), [])
  return { ref, id }
}
