import { createRoute } from '@tanstack/react-router'
import { lazyPage } from '../../app/lazy-page.ts'
import { signedInRoute } from '../../app/roots.tsx'
import { oneOf, text } from '../../kit/search.ts'
import { type DevicesSearch, ORDERS, SORTS, STATES } from './search.ts'

export const deviceRoutes = [
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/devices',
    validateSearch: (search: Record<string, unknown>): DevicesSearch => ({
      ...oneOf(search, 'state', STATES),
      ...text(search, 'q'),
      ...text(search, 'selector'),
      ...text(search, 'site'),
      ...text(search, 'model'),
      ...text(search, 'version'),
      ...oneOf(search, 'sort', SORTS),
      ...oneOf(search, 'order', ORDERS),
    }),
    component: lazyPage(() => import('./devices.tsx'), 'Devices'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/devices/$device',
    validateSearch: (search: Record<string, unknown>) => ({
      ...text(search, 'story'),
      /** Model and product whose forecasts are drawn. */
      ...text(search, 'forecast'),
    }),
    component: lazyPage(() => import('../device/device.tsx'), 'DevicePage'),
  }),
]
