import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../app/roots.tsx'

export const firstStartRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/claim',
    component: lazyRouteComponent(() => import('./first-start.tsx'), 'FirstStart'),
  }),
]
