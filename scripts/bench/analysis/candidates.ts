import { availableParallelism } from 'node:os'
import { type Forecasts, forecastShops, type ShopForecasts, type Variant } from './forecasts.ts'
import { noise, noiseOnEither, type Pool, pair, strengthFor, times, towards } from './pools.ts'

/** What a rollout's devices are drawn from. */
export interface Candidate {
  /** One of these for each rollout, in turns. */
  readonly pools: readonly Pool[]
  /** For a share of the devices others, in the same turns. */
  readonly some?: { readonly share: number; readonly pools: readonly Pool[] }
  /** A day did to all devices what the shops show of it, their own errors included. */
  readonly asSeen?: boolean
}

export const CANDIDATES = [
  ...(['noise', 'retrained', 'different'] as const),
  ...(['worseNoise', 'worseBias', 'stale', 'someShops'] as const),
] as const
export type CandidateName = (typeof CANDIDATES)[number]

/** Days of the data set before the first forecast, and those that the stale model learnt from. */
const HISTORY = 41
const STALE_HISTORY = 20
const WORSE = 0.05
const SOME = { share: 0.2, worse: 0.25 }

/** Four trainings of the product's demand model by other seeds, one that knows earlier days alone, and another model. */
const SAME: readonly Variant[] = [1, 5, 9, 13].map((seed) => ({
  seeds: [seed, seed + 1, seed + 2, seed + 3],
  trainedDays: HISTORY,
}))
const STALE: Variant = { seeds: [1, 2, 3, 4], trainedDays: STALE_HISTORY }
const DIFFERENT: Variant = { seeds: [1, 2, 3, 4], trainedDays: HISTORY, pastSalesOnly: true }

/** Trains on real shops, forecasts them, and makes every candidate of that, four champions each. */
export async function makeCandidates(data: string): Promise<Record<CandidateName, Candidate>> {
  const [stale, different, ...same] = (await forecastAll(data, [STALE, DIFFERENT, ...SAME])) as [
    ShopForecasts,
    ShopForecasts,
    ...ShopForecasts[],
  ]
  const of = (make: (champion: ShopForecasts, seed: number) => Pool) => same.map((one, n) => make(one, n + 1))
  const noiseFor = (effect: number, one: ShopForecasts, seed: number) =>
    strengthFor(effect, (sd) => pair(one, { champion: one, candidate: noise(one, { sd, seed }) }))
  const noisy = (effect: number) =>
    of((one, seed) => {
      const sd = noiseFor(effect, one, seed)
      return pair(one, { champion: one, candidate: noise(one, { sd, seed }) })
    })
  const eitherNoisy = of((one, seed) => {
    const sd = noiseFor(WORSE, one, seed)
    return pair(one, { ...noiseOnEither(one, { sd, seed }), equal: true })
  })
  const worse = (candidate: (champion: ShopForecasts, strength: number) => Forecasts) =>
    of((one) => {
      const at = (strength: number) => pair(one, { champion: one, candidate: candidate(one, strength) })
      return at(strengthFor(WORSE, at))
    })
  return {
    noise: { pools: eitherNoisy },
    retrained: {
      pools: same.flatMap((champion) =>
        same
          .filter((other) => other !== champion)
          .map((other) => pair(champion, { champion, candidate: other, equal: true })),
      ),
    },
    different: { pools: of((one) => pair(one, { champion: one, candidate: different, equal: true })) },
    worseNoise: { pools: noisy(WORSE) },
    worseBias: { pools: worse((one, share) => times(one, 1 + share)) },
    stale: { pools: worse((one, share) => towards(one, stale, share)) },
    someShops: { pools: eitherNoisy, some: { share: SOME.share, pools: noisy(SOME.worse) } },
  }
}

/** Trainings use threads of their own: half as many at once as there are cores. */
async function forecastAll(data: string, variants: readonly Variant[]): Promise<ShopForecasts[]> {
  const made: ShopForecasts[] = []
  const queue = [...variants.entries()]
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [index, variant] = next
      made[index] = await forecastShops({ data, variant, from: HISTORY })
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, availableParallelism() >> 1) }, work))
  const [first] = made
  for (const { actual } of made) {
    if (actual.length !== first!.actual.length) throw new Error('analysis: variants forecast different rows')
  }
  return made
}
