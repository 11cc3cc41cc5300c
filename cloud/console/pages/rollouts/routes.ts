import { MEMBER_STATES, ROLLOUT_STATES } from '@storecast/shared/contracts/rollout-states'
import { createRoute } from '@tanstack/react-router'
import { lazyPage } from '../../app/lazy-page.ts'
import { signedInRoute } from '../../app/roots.tsx'
import { number, oneOf, text } from '../../kit/search.ts'

export const rolloutRoutes = [
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/rollouts',
    validateSearch: (search: Record<string, unknown>) => ({
      ...oneOf(search, 'state', ROLLOUT_STATES),
      ...text(search, 'model'),
    }),
    component: lazyPage(() => import('./rollouts.tsx'), 'RolloutsPage'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/rollouts/new',
    validateSearch: (search: Record<string, unknown>) => ({
      ...text(search, 'model'),
      ...number(search, 'version'),
      ...number(search, 'like'),
    }),
    component: lazyPage(() => import('./new-rollout.tsx'), 'NewRolloutPage'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/rollouts/$rollout',
    validateSearch: (search: Record<string, unknown>) => ({
      ...oneOf(search, 'state', MEMBER_STATES),
      ...oneOf(search, 'differs', ['yes']),
    }),
    component: lazyPage(() => import('./rollout.tsx'), 'RolloutPage'),
  }),
]
