import type { RolloutDocument } from '@storecast/shared/contracts'
import { queryOptions } from '@tanstack/react-query'
import { api, ask, type Got, type Item } from '../../api/client.ts'

/** As the API gives it; `selector` is left out for who may not see all of its devices. */
export type Rollout = Omit<Got<'/v1/rollouts/{rollout}'>, 'document'> & {
  readonly document: Omit<RolloutDocument, 'spec'> & {
    readonly spec: Omit<RolloutDocument['spec'], 'selector'> & Partial<Pick<RolloutDocument['spec'], 'selector'>>
  }
}
export type ListedRollout = Item<'/v1/rollouts'>
export type Counts = Rollout['counts']
export type Cohort = Rollout['cohorts'][number]
export type Member = Item<'/v1/rollouts/{rollout}/devices'>

export type AnalysisRecord = Item<'/v1/rollouts/{rollout}/analyses'>
/** Shares are of the champion's error; above 0 the candidate is worse. */
export type Analysis = AnalysisRecord['analysis']

export const rolloutQuery = (rollout: string) =>
  queryOptions({
    queryKey: ['rollout', rollout],
    queryFn: async ({ signal }) =>
      // Its document's schema is open: rollouts of older versions stay as they were started.
      (await ask(api.GET('/v1/rollouts/{rollout}', { params: { path: { rollout } }, signal }))) as unknown as Rollout,
  })

export const analysesQuery = (rollout: string) =>
  queryOptions({
    queryKey: ['rollout', rollout, 'analyses'],
    queryFn: async ({ signal }) => {
      const query = { limit: 200 }
      const params = { path: { rollout }, query }
      return (await ask(api.GET('/v1/rollouts/{rollout}/analyses', { params, signal }))).items
    },
  })
