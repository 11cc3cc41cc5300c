import { useRef, useState } from 'preact/hooks'
import type { Answer, Decision } from '../decisions.ts'
import type { Choice } from '../feed.ts'
import { useWords } from '../i18n.tsx'
import { expected, QUANTITY } from '../names.ts'
import type { ShopView } from '../view.ts'
import { ChoiceWords, type ChoiceWordsProps } from './choice-words.tsx'
import { useKeptFocus } from './focus.ts'
import { Icon } from './icon.tsx'
import { Change, Reject } from './order-forms.tsx'

interface OrderProps {
  readonly decision: Decision
  readonly name: string
  readonly view: ShopView
  readonly chosen: Choice | undefined
  readonly refused: string | undefined
  readonly onChoose: (answer: Answer) => void
  readonly onTakeBack: () => void
}

/** One suggestion, and what can be made of it. */
export function Order({ decision, name, view, chosen, refused, onChoose, onTakeBack }: OrderProps) {
  const { t, number } = useWords()
  const [asked, setAsked] = useState<'change' | 'reject'>()
  const buttons = useRef<HTMLDivElement>(null)
  const card = useKeptFocus()
  const { quantity, stock, onOrder, quantiles, end } = decision
  const shown = number(quantity, QUANTITY)
  const close = () => {
    setAsked(undefined)
    requestAnimationFrame(() => buttons.current?.querySelector('button')?.focus())
  }
  const choose = (answer: Answer) => {
    setAsked(undefined)
    onChoose(answer)
    requestAnimationFrame(() => card.current?.querySelector<HTMLElement>('.held')?.focus())
  }
  const takeBack = () => {
    onTakeBack()
    close()
  }
  return (
    <li class="card order" ref={card}>
      <h3>{name}</h3>
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
      {chosen !== undefined && chosen.state !== 'unsent' ? (
        <Held
          choice={choiceOf(chosen.answer, quantity)}
          suggested={quantity}
          name={name}
          onTakeBack={chosen.state === 'held' ? takeBack : undefined}
        />
      ) : chosen !== undefined ? (
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

interface HeldProps extends ChoiceWordsProps {
  readonly name: string
  /** Undefined once it stands. */
  readonly onTakeBack: (() => void) | undefined
}

/** Nothing to tap where the button was that was tapped: a second tap orders nothing, and takes nothing back. */
function Held({ choice, suggested, name, onTakeBack }: HeldProps) {
  const { t } = useWords()
  return (
    <>
      <p class="held" role="status" tabIndex={-1}>
        <Icon name="ok" /> <ChoiceWords choice={choice} suggested={suggested} />
      </p>
      <div class="buttons">
        <button
          type="button"
          disabled={onTakeBack === undefined}
          aria-label={t('orders.undo.label', { product: name })}
          onClick={onTakeBack}
        >
          {t('orders.undo')}
        </button>
      </div>
    </>
  )
}

/** What the device will make of an answer. */
function choiceOf(answer: Answer, suggested: number): ChoiceWordsProps['choice'] {
  const reason = answer.choice === 'rejected' ? answer.reason : ''
  const quantity = answer.choice === 'changed' ? answer.quantity : suggested
  return { kind: answer.choice, quantity, reason }
}

const answerOf = (changed: number, suggested: number): Answer =>
  changed === suggested ? { choice: 'accepted' } : { choice: 'changed', quantity: changed }
