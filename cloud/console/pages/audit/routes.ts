import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { signedInRoute } from '../../app/roots.tsx'
import { oneOf, text } from '../../kit/search.ts'
import { DECISIONS } from './search.ts'

export const auditRoutes = [
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/audit',
    validateSearch: (search: Record<string, unknown>) => ({
      ...text(search, 'actor'),
      ...text(search, 'action'),
      ...oneOf(search, 'decision', DECISIONS),
    }),
    component: lazyRouteComponent(() => import('./audit.tsx'), 'Audit'),
  }),
]
