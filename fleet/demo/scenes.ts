import { dateAfter, recordedShops, type Shop, simulateShop, simulateStockedShop } from '../simulator/index.ts'

/** A stretch of days told under one heading. */
export interface Chapter {
  readonly title: string
  /** Of a chapter that is judged the most: it ends when its version serves. */
  readonly days: number
  /** Before it begins, the cloud trains on everything so far and rolls the new version out; so before the first. */
  readonly train: boolean
  /** What is trained before it runs in shadow first, and serves when the evidence of this chapter's days lets it. */
  readonly judged?: boolean
  /** Store seconds in a real one, from here on; otherwise the scene's: shops whose staff order are played hour by hour. */
  readonly speed?: number
  /** At its end the cloud looks for drift. */
  readonly watched?: boolean
  /** Somebody then rolls out one that verifies and forecasts nonsense: so many devices have it in shadow first. */
  readonly bad?: number
}

/** Which shops, how much of their past is known, and what happens then. */
export interface Scene {
  readonly title: string
  readonly shops: readonly Shop[]
  /** Days before the first chapter. */
  readonly history: number
  readonly chapters: readonly Chapter[]
  /** Store seconds in a real one, while days are told. */
  readonly speed: number
  /**
   * From that local day on, staff of the shops with the one label order by what is suggested; those of the others as ever. Told
   * since a day of the same demand.
   */
  readonly ordering?: {
    readonly since: string
    readonly from: string
    readonly treated: string
    readonly control: string
  }
  /** Chapters whose scores are set side by side at the end: before and after the second model. */
  readonly compare: readonly [before: number, after: number]
}

const DAY_SECONDS = 86_400
const QUIET = 7
const SHIFTED = 14
const JUDGED = 30
const LATER = 7
/** Days beyond the last chapter, lived slowly while the demo stays up. */
const SPARE = 120
/** Days of the judged chapter and the last, which are more together. */
const STANDS_AFTER = 11
/** Hours, beyond every shop's days. */
const FOR_GOOD = 24 * 400

export function simulatedScene({ shops = 3, products = 24, seed = 11 } = {}): Scene {
  const history = 56
  const firstDay = '2026-01-05'
  const options = { seed, products, firstDay, days: history + QUIET + SHIFTED + JUDGED + LATER + SPARE }
  const shift = { from: '2026-03-09', level: 1.2, mix: 0.8 }
  const playedFrom = dateAfter(firstDay, history + QUIET + SHIFTED)
  return {
    title: `${shops} simulated shops with ${products} products each`,
    shops: withFaults(
      Array.from({ length: shops }, (_, n) => {
        const of = { ...options, site: `shop-${n + 1}`, shift }
        return n < shops - 1
          ? labelled(simulateStockedShop({ ...of, playedFrom }), 'suggested')
          : labelled(simulateShop(of), 'own')
      }),
      { first: history + 1, last: history + QUIET + SHIFTED + STANDS_AFTER },
    ),
    ordering: { since: shift.from, from: playedFrom, treated: 'orders=suggested', control: 'orders=own' },
    history,
    chapters: [
      { title: 'the shops as they were', days: QUIET, train: true, bad: shops },
      {
        title: `from ${shift.from} on an office quarter buys there too: other days, other hours, other goods`,
        days: SHIFTED,
        train: false,
        watched: true,
      },
      {
        title: 'a model that has seen it, in shadow beside the one that serves',
        days: JUDGED,
        train: true,
        judged: true,
        speed: DAY_SECONDS / 2,
      },
      { title: 'with the model that has seen it', days: LATER, train: false },
    ],
    speed: DAY_SECONDS / 1.5,
    compare: [1, 3],
  }
}

/**
 * The second shop's fridge tells one value for a day and a half. That of the third breaks later and for good: its steward has
 * something to do.
 */
function withFaults(shops: readonly Shop[], day: { readonly first: number; readonly last?: number }): Shop[] {
  const faults = [undefined, { day: day.first, hours: 36 }, day.last && { day: day.last, hours: FOR_GOOD }]
  return shops.map((shop, at) => {
    const fault = faults[at]
    return fault ? { ...shop, fault: { sensor: 'fridge', day: fault.day, hours: [0, fault.hours] } } : shop
  })
}

/** How a shop orders, for comparisons. */
const labelled = <S extends Shop>(shop: S, orders: string): S => ({ ...shop, labels: { ...shop.labels, orders } })

/** The last 14 of a recording's days are lived: the first week chooses nothing any more, the last is the test. */
export async function recordedScene(path: string): Promise<Scene> {
  const shops = await recordedShops(path)
  const days = Math.min(...shops.map((shop) => shop.days))
  const products = shops.reduce((sum, shop) => sum + shop.products.length, 0)
  return {
    title: `${shops.length} recorded shops with ${products} products in all`,
    shops: withFaults(shops, { first: days - 13 }),
    history: days - 14,
    chapters: [
      { title: 'the week before the test', days: 7, train: true, watched: true, bad: Math.min(shops.length, 6) },
      { title: 'the test: the last 7 days', days: 7, train: true },
    ],
    speed: DAY_SECONDS / 4,
    compare: [0, 1],
  }
}
