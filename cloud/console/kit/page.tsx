import { Breadcrumbs, Group, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { PageLink } from './links.tsx'

interface PageProps {
  readonly title: string
  /** Places above this one, outermost first. */
  readonly above?: readonly { readonly label: string; readonly to: string }[]
  /** One line: what one sees here. */
  readonly about?: ReactNode
  /** Beside the title. */
  readonly mark?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** Every page's frame: where it is, its title, what one can do, then itself. */
export function Page({ title, above = [], about, mark, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Storecast`
  }, [title])
  return (
    <Stack gap="md" maw={1440} mx="auto">
      <Stack gap={4}>
        {above.length > 0 && (
          <Breadcrumbs component="nav" aria-label="Above this page" fz="sm">
            {above.map(({ label, to }) => (
              <PageLink key={to} to={to}>
                {label}
              </PageLink>
            ))}
          </Breadcrumbs>
        )}
        <Group justify="space-between" align="flex-start" gap="sm">
          <Group gap="sm" align="center">
            <Title order={1} style={{ overflowWrap: 'anywhere' }}>
              {title}
            </Title>
            {mark}
          </Group>
          {actions !== undefined && <Group gap="xs">{actions}</Group>}
        </Group>
        {about !== undefined && (
          <Text size="sm" c="dimmed" component="div" maw={760}>
            {about}
          </Text>
        )}
      </Stack>
      {children}
    </Stack>
  )
}
