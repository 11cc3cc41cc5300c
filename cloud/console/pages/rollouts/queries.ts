import type { RolloutDocument } from '@storecast/shared/contracts'
import { queryOptions } from '@tanstack/react-query'
import { api, ask, type Got, type Item } from '../../api/client.ts'

/** As the API gives it; `selector` is left out for who may not see all of its devices. */
export type Rollout = Omit<Got<'/v1/rollouts/{rollout}'>, 'document' | 'analysis'> & {
  readonly document: Omit<RolloutDocument, 'spec'> & {
    readonly spec: Omit<RolloutDocument['spec'], 'selector'> & Partial<Pick<RolloutDocument['spec'], 'selector'>>
  }
  readonly analysis: AnalysisRecord | null
}
export type ListedRollout = Item<'/v1/rollouts'>
export type Counts = Rollout['counts']
export type Cohort = Rollout['cohorts'][number]
export type Member = Item<'/v1/rollouts/{rollout}/devices'>

interface Coverage {
  readonly rows: number
  readonly champion: number
  readonly candidate: number
}

/** What of an analysis is shown; shares are of the champion's error, above 0 the candidate is worse. */
export interface Analysis {
  readonly verdict: string
  readonly reason: string
  readonly final: boolean
  readonly rule: { readonly margin: number; readonly minDays: number; readonly maxDays: number }
  readonly estimate: {
    readonly days: number
    readonly devices: number
    readonly mean: number
    readonly lower: number
    readonly upper: number
  } | null
  readonly coverage: Coverage | null
  readonly guards: readonly {
    readonly guard: string
    readonly limit: number
    readonly devices: number
    readonly broken: number
    readonly stop: boolean
  }[]
  readonly denominators: {
    readonly members: number
    readonly matured: number
    readonly pending: number
    readonly rows: number
    readonly excludedRows: number
  }
}
export interface AnalysisRecord {
  readonly step: number
  readonly at: number
  readonly analysis: Analysis
}

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
      const { items } = await ask(api.GET('/v1/rollouts/{rollout}/analyses', { params, signal }))
      return items as unknown as readonly AnalysisRecord[]
    },
  })
