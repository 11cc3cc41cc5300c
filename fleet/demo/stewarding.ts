import { fileURLToPath } from 'node:url'
import { readDocuments } from '../code/documents.ts'
import type { StoryContext } from './context.ts'
import { type SiteLook, taskLines } from './telling.ts'

const DATASET = fileURLToPath(new URL('../datasets/cold-chain.yaml', import.meta.url))

/** Tells the cloud whose the fridges' data is: the shipped data set. */
export async function catalogueFridges({ constellation }: StoryContext): Promise<void> {
  const [dataset] = await readDocuments(DATASET)
  await constellation.cloud.client.put(`/v1/datasets/${dataset!.name}`, dataset!.document)
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
