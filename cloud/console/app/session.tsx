import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useMemo } from 'react'
import { api, ask, type Got } from '../api/client.ts'
import { ProblemError } from '../api/problem.ts'

export type Self = Got<'/v1/self'>
/** A permission as docs/reference/permissions.md has them, such as `rollout.write`. */
export type Permission = string

/** Who is signed in; null: nobody. */
export const selfQuery = queryOptions({
  queryKey: ['self'],
  queryFn: async ({ signal }): Promise<Self | null> => {
    try {
      return await ask(api.GET('/v1/self', { signal }))
    } catch (error) {
      if (error instanceof ProblemError && error.status === 401) return null
      throw error
    }
  },
  staleTime: 60_000,
})

interface Session {
  readonly self: Self
  /** Whether the cloud would let this person do it. */
  can(permission: Permission): boolean
}

const SessionContext = createContext<Session | undefined>(undefined)

export function SessionProvider({ self, children }: { self: Self; children: ReactNode }) {
  const session = useMemo(() => {
    const granted = new Set(self.permissions)
    return { self, can: (permission: Permission) => granted.has(permission) }
  }, [self])
  return <SessionContext value={session}>{children}</SessionContext>
}

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('a page that needs a session stands outside of one')
  return session
}

/** Shows what is inside to those who may; a button that would be refused is not drawn. */
export function Allowed({ to, children }: { to: Permission; children: ReactNode }) {
  return useSession().can(to) ? children : null
}

export const useSelf = () => useQuery(selfQuery)

/** Ends the session here and in the cloud, and forgets what was read in it. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient()
  return async () => {
    await ask(api.DELETE('/v1/sessions/current'))
    client.clear()
  }
}
