import { type Decision, reasonOf } from '../decisions.ts'
import { useWords } from '../i18n.tsx'
import { QUANTITY } from '../names.ts'

export interface ChoiceWordsProps {
  readonly choice: Pick<NonNullable<Decision['choice']>, 'kind' | 'quantity' | 'reason'>
  readonly suggested: number
}

/** What staff made of a suggestion. */
export function ChoiceWords({ choice: { kind, quantity, reason }, suggested }: ChoiceWordsProps) {
  const { t, number } = useWords()
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
