import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { signedInRoute } from '../../app/roots.tsx'
import { oneOf, text } from '../../kit/search.ts'
import { SEVERITIES, STATES } from './search.ts'

export const alertRoutes = [
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/alerts',
    validateSearch: (search: Record<string, unknown>) => ({
      ...oneOf(search, 'state', STATES),
      ...oneOf(search, 'severity', SEVERITIES),
      ...text(search, 'rule'),
      ...text(search, 'site'),
    }),
    component: lazyRouteComponent(() => import('./alerts.tsx'), 'Alerts'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/alerts/$alert',
    component: lazyRouteComponent(() => import('./alert.tsx'), 'AlertPage'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/alerts/silences',
    component: lazyRouteComponent(() => import('./silences.tsx'), 'Silences'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/alerts/rules',
    component: lazyRouteComponent(() => import('./rules.tsx'), 'Rules'),
  }),
]
