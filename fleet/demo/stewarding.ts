import { fileURLToPath } from 'node:url'
import { applyChange, planApply } from '../code/apply.ts'
import { readDocuments } from '../code/documents.ts'
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
 * Has the cloud judge every shop's data of the day before `until`, store time: by its own clock, which is not the shops', it
 * would find nothing to judge. @returns lines for the tasks that it opened and closed
 */
export async function judgeData({ constellation }: StoryContext, until: number): Promise<string[]> {
  const { client } = constellation.cloud
  const looks = await Promise.all(
    constellation.stores.map(({ shop }) => client.post<SiteLook>(`/v1/sites/${shop.site}/quality-looks`, { until })),
  )
  return looks.flatMap(taskLines)
}
