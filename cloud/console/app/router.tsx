import type { QueryClient } from '@tanstack/react-query'
import { createRouter } from '@tanstack/react-router'
import { alertRoutes } from '../pages/alerts/routes.ts'
import { auditRoutes } from '../pages/audit/routes.ts'
import { dataRoutes } from '../pages/data/routes.ts'
import { deviceRoutes } from '../pages/devices/routes.ts'
import { driftRoutes } from '../pages/drift/routes.ts'
import { firstStartRoutes } from '../pages/first-start/routes.ts'
import { fleetRoutes } from '../pages/fleet/routes.ts'
import { kpiRoutes } from '../pages/kpis/routes.ts'
import { modelRoutes } from '../pages/models/routes.ts'
import { rolloutRoutes } from '../pages/rollouts/routes.ts'
import { settingsRoutes } from '../pages/settings/routes.ts'
import { signInRoutes } from '../pages/sign-in/routes.ts'
import { PageFailed } from './page-failed.tsx'
import { elsewhereRoute, rootRoute, signedInRoute } from './roots.tsx'

const routeTree = rootRoute.addChildren([
  ...firstStartRoutes,
  ...signInRoutes,
  signedInRoute.addChildren([
    ...modelRoutes,
    ...rolloutRoutes,
    ...fleetRoutes,
    ...deviceRoutes,
    ...dataRoutes,
    ...driftRoutes,
    ...alertRoutes,
    ...kpiRoutes,
    ...auditRoutes,
    ...settingsRoutes,
    elsewhereRoute,
  ]),
])

export const createConsoleRouter = (client: QueryClient) =>
  createRouter({
    routeTree,
    context: { client },
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    // What somebody's mail program adds to a link is no filter that the API would know.
    search: { strict: true },
    defaultErrorComponent: ({ error, reset }) => <PageFailed error={error as Error} reset={reset} />,
  })

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>
  }
}
