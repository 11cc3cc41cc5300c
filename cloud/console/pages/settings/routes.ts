import { createRoute } from '@tanstack/react-router'
import { lazyPage } from '../../app/lazy-page.ts'
import { signedInRoute } from '../../app/roots.tsx'

const settings = (path: string, component: ReturnType<typeof lazyPage>) =>
  createRoute({ getParentRoute: () => signedInRoute, path, component })

export const settingsRoutes = [
  settings(
    '/settings',
    lazyPage(() => import('./account.tsx'), 'Account'),
  ),
  settings(
    '/settings/people',
    lazyPage(() => import('./people.tsx'), 'People'),
  ),
  settings(
    '/settings/roles',
    lazyPage(() => import('./roles.tsx'), 'Roles'),
  ),
  settings(
    '/settings/tokens',
    lazyPage(() => import('./tokens.tsx'), 'Tokens'),
  ),
  settings(
    '/settings/enrolment',
    lazyPage(() => import('./enrolment.tsx'), 'Enrolment'),
  ),
  settings(
    '/settings/routes',
    lazyPage(() => import('./alert-routes.tsx'), 'AlertRoutes'),
  ),
  settings(
    '/settings/policies',
    lazyPage(() => import('./policies.tsx'), 'Policies'),
  ),
]
