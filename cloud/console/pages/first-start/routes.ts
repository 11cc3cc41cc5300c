import { createRoute } from '@tanstack/react-router'
import { lazyPage } from '../../app/lazy-page.ts'
import { rootRoute } from '../../app/roots.tsx'

export const firstStartRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/claim',
    component: lazyPage(() => import('./first-start.tsx'), 'FirstStart'),
  }),
]
