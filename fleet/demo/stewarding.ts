import { fileURLToPath } from 'node:url'
import { applyChange, planApply } from '../code/apply.ts'
import { readDocuments } from '../code/documents.ts'
import { dayStart } from '../constellation/index.ts'
import { HOURS, type StuckSensor } from '../simulator/index.ts'
import type { StoryContext } from './context.ts'
import { type SiteLook, taskLines } from './telling.ts'

/** Of the shipped fleet as code; the policies that ask for approvals and held-out scores are for fleets that have a past. */
const SHIPPED = [
  'datasets/cold-chain.yaml',
  'datasets/sales.yaml',
  'policies/golden-vectors.yaml',
  'policies/licence-present.yaml',
].map((file) => fileURLToPath(new URL(`../${file}`, import.meta.url)))

/** Tells the cloud whose the shops' data is, and which models may be registered and rolled out. */
export async function applyShipped({ constellation }: StoryContext): Promise<void> {
  const { client } = constellation.cloud
  const documents = (await Promise.all(SHIPPED.map(readDocuments))).flat()
  const set = 'demo'
  const changes = await planApply(client, { documents, set, prune: false, force: false })
  for (const change of changes) await applyChange(client, set, change)
}

/**
 * Has the cloud judge a day's data: by its own clock, which is not the shops', it would find nothing to judge. Of shops where
 * nothing is wrong it is left out: the audit log would hold little else.
 * @returns lines for the tasks that it opened and closed
 */
export async function judgeData({ constellation, crew }: StoryContext, day: number): Promise<string[]> {
  const troubled = constellation.stores.filter(({ shop: { fault } }) => fault && isJudged(fault, day))
  const looks = await Promise.all(
    troubled.map(({ shop }) => {
      const until = dayStart(shop, day + 1)
      return crew.steward.post<SiteLook>(`/v1/sites/${shop.site}/quality-looks`, { until })
    }),
  )
  return looks.flatMap(taskLines)
}

/** Days after the first on which a sensor goes wrong that are judged, at most: of one that stays wrong, its task has opened by then. */
const MOST_JUDGED = 2

/** To the first on which it is whole again. */
const isJudged = ({ day, hours }: StuckSensor, today: number) =>
  today >= day && today <= day + Math.min(Math.ceil(hours[1] / HOURS), MOST_JUDGED)
