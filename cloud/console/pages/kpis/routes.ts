import { createRoute } from '@tanstack/react-router'
import { lazyPage } from '../../app/lazy-page.ts'
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
    component: lazyPage(() => import('./kpis.tsx'), 'Kpis'),
  }),
]
