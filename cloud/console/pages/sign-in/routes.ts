import { createRoute } from '@tanstack/react-router'
import { lazyPage } from '../../app/lazy-page.ts'
import { rootRoute } from '../../app/roots.tsx'

export const signInRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/sign-in',
    // Back to a page of this console only: `//host` would be another's.
    validateSearch: ({ to }: Record<string, unknown>): { to?: string } =>
      typeof to === 'string' && /^\/(?![/\\])/.test(to) ? { to } : {},
    component: lazyPage(() => import('./sign-in.tsx'), 'SignIn'),
  }),
]
