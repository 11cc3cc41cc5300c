import { createRoute } from '@tanstack/react-router'
import { lazyPage } from '../../app/lazy-page.ts'
import { signedInRoute } from '../../app/roots.tsx'
import { oneOf, text } from '../../kit/search.ts'
import { KINDS, VERDICTS } from './search.ts'

export const driftRoutes = [
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/drift',
    validateSearch: (search: Record<string, unknown>) => ({
      ...oneOf(search, 'kind', KINDS),
      ...oneOf(search, 'verdict', VERDICTS),
      ...text(search, 'scope'),
      ...text(search, 'name'),
      ...text(search, 'model'),
      /** The comparison that is looked at: row and column of the map. */
      ...text(search, 'row'),
      ...text(search, 'column'),
    }),
    component: lazyPage(() => import('./drift.tsx'), 'Drift'),
  }),
]
