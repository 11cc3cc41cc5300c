import { Alert, Button, Center, Loader, Stack, Text, Title } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ProblemError } from '../api/problem.ts'

export const Loading = ({ what }: { what: string }) => (
  <Center mih={160} role="status" aria-live="polite">
    <Stack align="center" gap="xs">
      <Loader size="sm" />
      <Text size="sm" c="dimmed">
        Loading {what}…
      </Text>
    </Stack>
  </Center>
)

/** What stays so however often one tries. */
const SETTLED: Readonly<Record<number, string>> = { 403: 'Not permitted', 404: 'Not found' }

/** What went wrong, in the cloud's own words, and the way on. */
export function Failed({ error, retry }: { error: Error; retry?: () => void }) {
  const { code, status } = error instanceof ProblemError ? error : { code: undefined, status: 0 }
  const settled = SETTLED[status]
  return (
    <Alert
      color="red"
      variant="light"
      icon={<IconAlertTriangle aria-hidden />}
      title={settled ?? 'This did not work'}
      my="sm"
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{error.message}</Text>
        {code !== undefined && (
          <Text size="xs" c="dimmed" ff="monospace">
            {code}
          </Text>
        )}
        {retry && settled === undefined && (
          <Button size="xs" variant="default" onClick={retry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  )
}

/** Nothing to show: why, and what one could do. */
export const Empty = ({ title, children }: { title: string; children?: ReactNode }) => (
  <Center mih={160} p="md">
    <Stack gap={4} align="center" maw={460} ta="center">
      <Title order={2} size="h4" fw={600}>
        {title}
      </Title>
      {children !== undefined && (
        <Text size="sm" c="dimmed" component="div">
          {children}
        </Text>
      )}
    </Stack>
  </Center>
)

/** What a query has to show, or why it has nothing yet. What was read once stays while it is read again. */
export function Loaded<T>({
  query,
  what,
  children,
}: {
  query: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>
  what: string
  children: (data: T) => ReactNode
}) {
  const { data, error, refetch } = query
  if (data !== undefined) return children(data)
  if (error) return <Failed error={error} retry={() => void refetch()} />
  return <Loading what={what} />
}
