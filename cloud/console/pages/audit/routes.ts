import { createRoute } from '@tanstack/react-router'
import { lazyPage } from '../../app/lazy-page.ts'
import { signedInRoute } from '../../app/roots.tsx'
import { number, oneOf, text } from '../../kit/search.ts'
import { DECISIONS } from './search.ts'

export const auditRoutes = [
  createRoute({
    getParentRoute: () => signedInRoute,
    path: '/audit',
    validateSearch: (search: Record<string, unknown>) => ({
      ...text(search, 'actor'),
      ...text(search, 'action'),
      ...text(search, 'subject'),
      ...oneOf(search, 'decision', DECISIONS),
      /** The entry that is looked at. */
      ...number(search, 'entry'),
    }),
    component: lazyPage(() => import('./audit.tsx'), 'Audit'),
  }),
]
