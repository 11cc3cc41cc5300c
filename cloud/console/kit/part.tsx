import { Group, Paper, Title } from '@mantine/core'
import type { ReactNode } from 'react'

interface PartProps {
  readonly title: string
  /** Beside the title, such as the way to all of it. */
  readonly more?: ReactNode
  readonly children: ReactNode
}

/** A part of a page with a title of its own. */
export const Part = ({ title, more, children }: PartProps) => (
  <Paper withBorder p="md" component="section" aria-label={title}>
    <Group justify="space-between" mb="xs" gap="xs">
      <Title order={2}>{title}</Title>
      {more}
    </Group>
    {children}
  </Paper>
)
