import { createRoute } from '@tanstack/react-router'
import { lazyPage } from '../../app/lazy-page.ts'
import { signedInRoute } from '../../app/roots.tsx'
import { oneOf, text } from '../../kit/search.ts'
import { HELD, SPANS, STATES } from './search.ts'

type Search = Record<string, unknown>

export const dataRoutes = [
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/data',
    validateSearch: (search: Search) => text(search, 'sensor'),
    component: lazyPage(() => import('./datasets.tsx'), 'Datasets'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/data/sensors',
    validateSearch: (search: Search) => ({ ...text(search, 'q'), ...oneOf(search, 'held', HELD) }),
    component: lazyPage(() => import('./sensors.tsx'), 'Sensors'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/data/sensors/$sensor',
    component: lazyPage(() => import('./sensor.tsx'), 'SensorPage'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/data/feature-views',
    validateSearch: (search: Search) => text(search, 'sensor'),
    component: lazyPage(() => import('./feature-views.tsx'), 'FeatureViews'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/data/feature-views/$model',
    component: lazyPage(() => import('./feature-view.tsx'), 'FeatureViewPage'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/data/quality',
    validateSearch: (search: Search) => ({
      ...text(search, 'site'),
      ...text(search, 'sensor'),
      ...oneOf(search, 'days', SPANS),
    }),
    component: lazyPage(() => import('./quality.tsx'), 'Quality'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/data/tasks',
    validateSearch: (search: Search) => ({
      ...text(search, 'site'),
      ...text(search, 'sensor'),
      ...text(search, 'steward'),
      ...oneOf(search, 'state', STATES),
    }),
    component: lazyPage(() => import('./tasks.tsx'), 'Tasks'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/data/tasks/$task',
    component: lazyPage(() => import('./task.tsx'), 'TaskPage'),
  }),
]
