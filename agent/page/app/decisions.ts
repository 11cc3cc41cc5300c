import en from './languages/en.json'

/** A suggestion, as `GET /v1/decisions` tells it; times are ISO 8601. */
export interface Decision {
  readonly id: string
  readonly entity: string
  readonly name?: string
  readonly issuedAt: string
  /** The time that an order has to last for. */
  readonly start: string
  readonly end: string
  readonly quantiles: readonly number[]
  readonly stock: number
  readonly onOrder: number
  readonly quantity: number
  /** Whether staff may still choose. */
  readonly open: boolean
  readonly choice?: {
    readonly kind: 'accepted' | 'changed' | 'rejected'
    readonly chosenAt: string
    readonly quantity: number
    readonly reason: string
  } | null
}

/** Of `POST /v1/decisions/{id}/choice`. */
export type Answer =
  | { readonly choice: 'accepted' }
  | { readonly choice: 'changed'; readonly quantity: number }
  | { readonly choice: 'rejected'; readonly reason: string }

export const REASONS = ['enough', 'ordered', 'space', 'season'] as const
export type Reason = (typeof REASONS)[number]

/** Reasons that are offered are sent in one language, so that they can be counted over all shops. */
export const reasonSent = (reason: Reason): string => en[`reason.${reason}`]

/** Which of those that are offered it is; undefined where staff wrote it themselves. */
export const reasonOf = (sent: string): Reason | undefined => REASONS.find((reason) => reasonSent(reason) === sent)

const DAY = 86_400_000

/** What was chosen lately, the newest first. @param now store time, unix ms */
export function chosenLately(
  decisions: readonly Decision[],
  now: number,
): readonly (Decision & Required<Pick<Decision, 'choice'>>)[] {
  const at = ({ choice }: Decision) => (choice ? Date.parse(choice.chosenAt) : 0)
  return decisions
    .filter((decision): decision is Decision & Required<Pick<Decision, 'choice'>> => at(decision) > now - DAY)
    .sort((a, b) => at(b) - at(a))
}
