import { queryOptions } from '@tanstack/react-query'
import { api, ask } from '../api/client.ts'

/** Names of labels that sites carry, by the first of them: more than enough to find them all. */
export const labelNamesQuery = queryOptions({
  queryKey: ['site', 'label-names'],
  staleTime: 60_000,
  queryFn: async ({ signal }) => {
    const { items } = await ask(api.GET('/v1/sites', { params: { query: { limit: 500 } }, signal }))
    return [...new Set(items.flatMap(({ labels }) => Object.keys(labels)))].sort()
  },
})

/** Models by name, to choose from. */
export const modelNamesQuery = queryOptions({
  queryKey: ['model', 'names'],
  queryFn: async ({ signal }) => {
    const { items } = await ask(api.GET('/v1/models', { params: { query: { limit: 500 } }, signal }))
    return items
  },
})
