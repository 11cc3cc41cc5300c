import { createRoute } from '@tanstack/react-router'
import { lazyPage } from '../../app/lazy-page.ts'
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
    component: lazyPage(() => import('./alerts.tsx'), 'Alerts'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/alerts/$alert',
    component: lazyPage(() => import('./alert.tsx'), 'AlertPage'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/alerts/silences',
    component: lazyPage(() => import('./silences.tsx'), 'Silences'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/alerts/rules',
    component: lazyPage(() => import('./rules.tsx'), 'Rules'),
  }),
]
