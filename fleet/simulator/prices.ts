import type { Draws } from './draws.ts'

/** What a shop decides ahead for a product's day. */
export type Offer = {
  /** Price over the usual price, in (0, 1]. */
  readonly discount: number
  /** 1 in a promotion that customers are told of. */
  readonly activity: number
}

/** Spells of a few days each: the usual price, a reduced one, or a promotion. */
export function simulatePrices(random: Draws, days: number): Offer[] {
  const offers: Offer[] = []
  while (offers.length < days) {
    const length = 2 + random.below(6)
    const activity = random.chance(0.4) ? 1 : 0
    const reduced = random.chance(activity === 1 ? 0.75 : 0.3)
    const discount = reduced ? Math.round((1 - 0.45 * random.uniform()) * 100) / 100 : 1
    for (let day = 0; day < length; day++) offers.push({ discount, activity })
  }
  return offers.slice(0, days)
}
