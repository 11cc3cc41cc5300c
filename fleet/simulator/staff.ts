import { setTimeout as sleep } from 'node:timers/promises'
import { draws } from './draws.ts'
import type { StockedShop } from './shop.ts'

export interface StaffOptions {
  readonly shop: StockedShop
  /** Base URL of the agent's local HTTP interface. */
  readonly url: string
  /** Store time. */
  readonly now: () => number
}

export interface Staff extends AsyncDisposable {
  /** Rejects when the agent refuses a choice; resolves when they go home. */
  readonly ended: Promise<void>
  /** From now on somebody else chooses, on the page; what they order is delivered as well. */
  handOver(): void
}

interface Suggestion {
  readonly id: string
  readonly entity: string
  readonly quantity: number
  readonly issuedAt: string
  /** Null while nobody has chosen. */
  readonly choice: { readonly quantity: number } | null
}

/** Of a hundred suggestions: so many are taken as they are, and so many rejected; the others are changed. */
const ACCEPTED = 86
const REJECTED = 6
/** Real milliseconds between two looks. */
const LOOK = 100

/** People who look at what is suggested, choose, and have what they chose delivered: the same choices each time. */
export function startStaff({ shop, url, now }: StaffOptions): Staff {
  const abort = new AbortController()
  const { signal } = abort
  const done = new Set<string>()
  let isHandedOver = false
  const chooseAll = async () => {
    for (const suggestion of await decisions(url, { state: 'open', signal })) {
      if (isHandedOver) return
      done.add(suggestion.id)
      const answer = answerTo(suggestion, shop.site)
      const ordered = await choose(url, suggestion.id, { answer, signal })
      if (ordered > 0) shop.order(suggestion.entity, ordered, now())
    }
  }
  const deliver = async () => {
    for (const { id, entity, choice } of await decisions(url, { state: 'chosen', signal })) {
      if (done.has(id)) continue
      done.add(id)
      if (choice!.quantity > 0) shop.order(entity, choice!.quantity, now())
    }
  }
  const run = async () => {
    for (;;) {
      await (isHandedOver ? deliver() : chooseAll())
      await sleep(LOOK, undefined, { signal })
    }
  }
  const ended = run().catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  return {
    ended,
    handOver() {
      isHandedOver = true
    },
    async [Symbol.asyncDispose]() {
      abort.abort()
      await ended
    },
  }
}

/** The newest suggestions of an agent's page; none while the agent is away. @param url its local HTTP interface */
export async function decisions(
  url: string,
  { state, signal }: { state: 'open' | 'chosen'; signal: AbortSignal },
): Promise<readonly Suggestion[]> {
  const response = await ask(new URL(`/v1/decisions?state=${state}&limit=500`, url), { signal })
  if (!response?.ok) return []
  const { decisions } = (await response.json()) as { decisions: readonly Suggestion[] }
  return decisions
}

/**
 * Asks until it is answered: the same choice counts once, also where the agent took it in and its answer was lost.
 * @returns the units ordered: none where a newer suggestion came first
 */
async function choose(
  url: string,
  id: string,
  { answer, signal }: { answer: object; signal: AbortSignal },
): Promise<number> {
  const init = { method: 'POST', body: JSON.stringify(answer), signal }
  for (;;) {
    const response = await ask(new URL(`/v1/decisions/${id}/choice`, url), init)
    if (response?.status === 409) return 0
    if (response && response.status < 500) {
      const body = (await response.json()) as { choice: { quantity: number }; error?: string }
      if (response.ok) return body.choice.quantity
      throw new Error(`${url} refuses a choice (${response.status}): ${body.error}`)
    }
    await sleep(LOOK, undefined, { signal })
  }
}

/** Undefined where the agent does not answer. */
async function ask(url: URL, init: RequestInit): Promise<Response | undefined> {
  try {
    return await fetch(url, init)
  } catch (cause) {
    if (cause instanceof TypeError && !init.signal?.aborted) return undefined
    throw cause
  }
}

function answerTo({ entity, issuedAt, quantity }: Suggestion, site: string): object {
  const random = draws(Date.parse(issuedAt), site, entity, 'choice')
  const of100 = random.below(100)
  if (of100 < ACCEPTED) return { choice: 'accepted' }
  if (of100 < ACCEPTED + REJECTED) return { choice: 'rejected', reason: 'enough in the back room' }
  return { choice: 'changed', quantity: 2 * quantity, reason: 'a feast in the quarter' }
}
