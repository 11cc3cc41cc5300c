import { Code } from '@mantine/core'
import type { ReactNode } from 'react'

/** What one types, in one piece. */
export const Command = ({ children }: { children: ReactNode }) => (
  <Code style={{ whiteSpace: 'nowrap' }}>{children}</Code>
)
