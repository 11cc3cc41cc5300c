import { Anchor, Code, Table, Title, Typography } from '@mantine/core'
import type { ReactNode } from 'react'
import Markdown, { type Components } from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { Wide } from '../../kit/wide.tsx'

/**
 * A model's card: Markdown of whoever made the bundle, and so nobody's whom one may trust. Raw HTML is shown as the text that it
 * is, addresses are http, https or mailto, and nothing is loaded: an image is its words.
 */
export const Card = ({ markdown }: { markdown: string }) => (
  <Typography fz="sm" style={{ overflowWrap: 'anywhere' }}>
    <Markdown remarkPlugins={[remarkGfm]} components={COMPONENTS}>
      {markdown}
    </Markdown>
  </Typography>
)

/** All below the page's own headings, whatever the card thinks of itself. */
const Heading = ({ children }: { children: ReactNode }) => (
  <Title order={3} size="h5" mt="md" mb={4}>
    {children}
  </Title>
)

const COMPONENTS: Components = {
  h1: ({ children }) => <Heading>{children}</Heading>,
  h2: ({ children }) => <Heading>{children}</Heading>,
  h3: ({ children }) => <Heading>{children}</Heading>,
  h4: ({ children }) => <Heading>{children}</Heading>,
  h5: ({ children }) => <Heading>{children}</Heading>,
  h6: ({ children }) => <Heading>{children}</Heading>,
  a: ({ href, children }) => (
    <Anchor size="sm" {...(href && { href })} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </Anchor>
  ),
  img: ({ alt }) => <span>{alt}</span>,
  code: ({ children }) => <Code>{children}</Code>,
  table: ({ children }) => (
    <Wide label="A table of the card" minWidth={320}>
      <Table fz="sm" verticalSpacing={4}>
        {children}
      </Table>
    </Wide>
  ),
}
