import { createRoute } from '@tanstack/react-router'
import { lazyPage } from '../../app/lazy-page.ts'
import { signedInRoute } from '../../app/roots.tsx'
import { number, oneOf, text } from '../../kit/search.ts'
import { SLICES } from './slices-of.ts'

export const modelRoutes = [
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/models',
    component: lazyPage(() => import('./models.tsx'), 'ModelsPage'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/models/$model',
    component: lazyPage(() => import('./model.tsx'), 'ModelPage'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/models/$model/compare',
    validateSearch: (search: Record<string, unknown>) => ({ ...number(search, 'a'), ...number(search, 'b') }),
    component: lazyPage(() => import('./compare.tsx'), 'ComparePage'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/models/$model/$version',
    validateSearch: (search: Record<string, unknown>) => ({
      ...text(search, 'column'),
      ...oneOf(search, 'slices', SLICES),
      ...text(search, 'label'),
      ...text(search, 'attribute'),
      ...oneOf(search, 'differs', ['yes']),
    }),
    component: lazyPage(() => import('./version.tsx'), 'VersionPage'),
  }),
]
