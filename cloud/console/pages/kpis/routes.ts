import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { signedInRoute } from '../../app/roots.tsx'
import { oneOf, text } from '../../kit/search.ts'
import { SPANS } from './search.ts'

export const kpiRoutes = [
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/kpis',
    validateSearch: (search: Record<string, unknown>) => ({
      ...oneOf(search, 'days', SPANS),
      ...text(search, 'model'),
      ...text(search, 'by'),
    }),
    component: lazyRouteComponent(() => import('./kpis.tsx'), 'Kpis'),
  }),
]
