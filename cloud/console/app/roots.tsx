import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, createRoute, Outlet, redirect } from '@tanstack/react-router'
import { NoSuchPage } from './no-such-page.tsx'
import { selfQuery } from './session.tsx'
import { Shell } from './shell.tsx'

export const rootRoute = createRootRouteWithContext<{ readonly client: QueryClient }>()({ component: Outlet })

/** Pages for those who are signed in: others sign in first, and come back to where they wanted to go. */
export const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'signed-in',
  component: Shell,
  beforeLoad: async ({ context: { client }, location }) => {
    const self = await client.ensureQueryData(selfQuery)
    if (self === null) throw redirect({ to: '/sign-in', search: { to: location.href } })
  },
})

/** Where nothing else is: inside of the shell, so that one finds on from there. */
export const elsewhereRoute = createRoute({ getParentRoute: () => signedInRoute, path: '$', component: NoSuchPage })
