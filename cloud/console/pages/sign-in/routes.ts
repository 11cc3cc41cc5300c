import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../app/roots.tsx'

export const signInRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/sign-in',
    // Back to a page of this console only: `//host` would be another's.
    validateSearch: ({ to }: Record<string, unknown>): { to?: string } =>
      typeof to === 'string' && /^\/(?![/\\])/.test(to) ? { to } : {},
    component: lazyRouteComponent(() => import('./sign-in.tsx'), 'SignIn'),
  }),
]
