import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { signedInRoute } from '../../app/roots.tsx'

const settings = (path: string, component: ReturnType<typeof lazyRouteComponent>) =>
  createRoute({ getParentRoute: () => signedInRoute, path, component })

export const settingsRoutes = [
  settings(
    '/settings',
    lazyRouteComponent(() => import('./account.tsx'), 'Account'),
  ),
  settings(
    '/settings/people',
    lazyRouteComponent(() => import('./people.tsx'), 'People'),
  ),
  settings(
    '/settings/tokens',
    lazyRouteComponent(() => import('./tokens.tsx'), 'Tokens'),
  ),
  settings(
    '/settings/enrolment',
    lazyRouteComponent(() => import('./enrolment.tsx'), 'Enrolment'),
  ),
  settings(
    '/settings/policies',
    lazyRouteComponent(() => import('./policies.tsx'), 'Policies'),
  ),
]
