import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { RolloutDocument } from '@storecast/shared/contracts'
import { readDocument } from '../../fleet/documents/read-document.ts'
import { type CandidateName, makeCandidates } from './analysis/candidates.ts'
import { startCrew } from './analysis/crew.ts'
import type { Outcome } from './analysis/rollout.ts'
import type { BenchOptions, BenchResult } from './measure.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const DATA = here('../../../shared/data/freshretail/freshretail50k_subset_dev.csv.gz')
const POLICY = here('../../fleet/rollouts/demand.yaml')
const ROLLOUTS: Readonly<Record<CandidateName, number>> = {
  ...{ noise: 2000, retrained: 2000, different: 500 },
  ...{ worseNoise: 500, worseBias: 500, stale: 500, someShops: 500 },
}

/**
 * Rollouts judged by the cloud's own analysis and moved by its own steps, under the shipped policy, with a look after every
 * closed day to the last. Devices' paired errors are drawn from real shops, which the product's models forecast, with the
 * shocks of their real days; the prior is what the product makes of the 28 days before.
 *
 * `false_verdict_rate`: "better" or "worse" at any look where neither is true, the worse of the two null candidates.
 * `harm_contained_rate`: 25 % of the devices never get the candidate, the least of four harmful ones; and the one that is worse
 * by noise is called so. `progress_rate`: an equal candidate passes by itself.
 */
export async function run({ data = DATA }: BenchOptions): Promise<BenchResult> {
  if (!existsSync(data)) {
    throw new Error(`analysis: there is no ${data}: name the dev part of FreshRetailNet-50K with --data <csv.gz>`)
  }
  const began = performance.now()
  const { spec } = await readDocument(POLICY, RolloutDocument)
  const candidates = await makeCandidates(data)
  const trained = performance.now()
  await using crew = startCrew(spec)
  const of = (name: CandidateName) => crew.run(candidates[name], ROLLOUTS[name])
  const [noise, retrained, different] = [await of('noise'), await of('retrained'), await of('different')]
  const worseNoise = await of('worseNoise')
  const harmful = [worseNoise, await of('worseBias'), await of('stale'), await of('someShops')]
  const asSeen = await crew.run({ ...candidates.noise, asSeen: true }, ROLLOUTS.different)
  const rate = (outcomes: readonly Outcome[], is: (outcome: Outcome) => boolean) =>
    outcomes.filter(is).length / outcomes.length
  const isFalse = ({ said }: Outcome) => said.includes('better') || said.includes('worse')
  const isProgress = ({ said, spread }: Outcome) => said.includes('non-inferior') && spread
  const [, worseBias, stale, someShops] = harmful
  return {
    false_verdict_rate: Math.max(rate(noise, isFalse), rate(retrained, isFalse)),
    harm_contained_rate: Math.min(
      ...harmful.map((outcomes) => rate(outcomes, ({ spread }) => !spread)),
      rate(worseNoise, ({ said }) => said.includes('worse')),
    ),
    progress_rate: rate(noise, isProgress),
    ...described({
      'equal: noise': noise,
      'equal: noise, days as seen': asSeen,
      'equal: retrained': retrained,
      'equal: another model': different,
      '5 % worse: noise': worseNoise,
      '5 % worse: bias': worseBias!,
      '5 % worse: stale': stale!,
      '25 % worse in 20 % of shops': someShops!,
    }),
    seconds_training: (trained - began) / 1000,
    seconds_rollouts: (performance.now() - trained) / 1000,
  }
}

/** What was said at any look, and how many went on by themselves: a line a candidate. */
function described(all: Readonly<Record<string, readonly Outcome[]>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(all).map(([name, outcomes]) => {
      const said = (['guard-stop', 'worse', 'better', 'non-inferior', 'heterogeneous', 'pause'] as const).map(
        (verdict) => {
          return `${verdict} ${outcomes.filter((outcome) => outcome.said.includes(verdict)).length}`
        },
      )
      const spread = outcomes.filter((outcome) => outcome.spread).length
      return [name, `of ${outcomes.length}: ${said.join(', ')}; at 25 % ${spread}`]
    }),
  )
}
