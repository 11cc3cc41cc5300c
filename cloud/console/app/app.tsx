import '@mantine/core/styles.css'
import { MantineProvider } from '@mantine/core'
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { useState } from 'react'
import { ProblemError } from '../api/problem.ts'
import { styleNonce } from './nonce.ts'
import { createConsoleRouter } from './router.tsx'
import { selfQuery } from './session.tsx'
import { cssVariables, theme } from './theme.ts'

/** What the cloud refused once it refuses again; what did not reach it may the next time. */
const retry = (failures: number, error: Error) => !(error instanceof ProblemError && error.status < 500) && failures < 3

function createQueryClient(): QueryClient {
  // A call that is refused for want of a session is how a page hears that its session has ended.
  const onError = (error: Error) => {
    if (error instanceof ProblemError && error.status === 401) void client.invalidateQueries(selfQuery)
  }
  const client = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    // Whether there is an internet, as browsers tell it, says nothing of the way to this cloud.
    defaultOptions: {
      queries: { retry, staleTime: 5_000, networkMode: 'always' },
      mutations: { retry: false, networkMode: 'always' },
    },
  })
  return client
}

export function App() {
  const [client] = useState(createQueryClient)
  const [router] = useState(() => createConsoleRouter(client))
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      cssVariablesResolver={cssVariables}
      getStyleNonce={styleNonce}
    >
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  )
}
