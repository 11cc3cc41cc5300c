import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { REASONS, type Reason, reasonSent } from '../decisions.ts'
import { useWords } from '../i18n.tsx'
import { useFocus } from './focus.ts'

const LARGEST = 1_000_000

/** Another quantity. */
export function Change({
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
  return (
    <Asking save={t('orders.save')} isGood={isGood} onSave={() => onSave(quantity)} onCancel={onCancel}>
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
    </Asking>
  )
}

/** Why nothing is ordered. */
export function Reject({ onSave, onCancel }: { onSave: (reason: string) => void; onCancel: () => void }) {
  const { t } = useWords()
  const [chosen, setChosen] = useState<Reason | 'other'>()
  const [text, setText] = useState('')
  const field = useFocus<HTMLInputElement>()
  const own = text.trim()
  const isGood = chosen !== undefined && (chosen !== 'other' || own !== '')
  return (
    <Asking
      save={t('orders.reject.save')}
      isGood={isGood}
      onSave={() => onSave(chosen === 'other' ? own : reasonSent(chosen!))}
      onCancel={onCancel}
    >
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
    </Asking>
  )
}

interface AskingProps {
  /** The button's words. */
  readonly save: string
  /** What is in the fields can be taken. */
  readonly isGood: boolean
  readonly onSave: () => void
  readonly onCancel: () => void
  readonly children: ComponentChildren
}

function Asking({ save, isGood, onSave, onCancel, children }: AskingProps) {
  const { t } = useWords()
  return (
    <form
      class="ask"
      onSubmit={(event) => {
        event.preventDefault()
        if (isGood) onSave()
      }}
    >
      {children}
      <div class="buttons">
        <button type="submit" class="main" disabled={!isGood}>
          {save}
        </button>
        <button type="button" onClick={onCancel}>
          {t('orders.cancel')}
        </button>
      </div>
    </form>
  )
}
