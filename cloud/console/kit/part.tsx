import { Grid, Group, Paper, Title } from '@mantine/core'
import type { ReactNode } from 'react'

interface PartProps {
  readonly title: string
  /** Beside the title, such as the way to all of it. */
  readonly more?: ReactNode
  readonly children: ReactNode
}

/** A part of a page with a title of its own. */
export const Part = (part: PartProps) => <Framed {...part} />

/** One beside others, in twelfths of a wide page, as high as its neighbours. */
export const GridPart = ({ span, ...part }: PartProps & { readonly span: number }) => (
  <Grid.Col span={{ base: 12, md: span }}>
    <Framed {...part} h="100%" />
  </Grid.Col>
)

const Framed = ({ title, more, children, h }: PartProps & { readonly h?: '100%' }) => (
  <Paper withBorder p="md" h={h} component="section" aria-label={title}>
    <Group justify="space-between" mb="xs" gap="xs">
      <Title order={2}>{title}</Title>
      {more}
    </Group>
    {children}
  </Paper>
)
