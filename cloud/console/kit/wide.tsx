import { Box } from '@mantine/core'
import type { ReactNode } from 'react'

interface WideProps {
  /** What is inside, for who does not see it. */
  readonly label: string
  /** Pixels below which it is moved rather than squeezed. */
  readonly minWidth?: number
  readonly maxHeight?: number | string
  readonly children: ReactNode
}

/** What may be larger than its place: it is moved there, by keyboard too. */
export const Wide = ({ label, minWidth, maxHeight, children }: WideProps) => (
  <Box
    component="section"
    aria-label={label}
    tabIndex={0}
    style={{ overflow: 'auto', ...(maxHeight !== undefined && { maxHeight }) }}
  >
    {minWidth === undefined ? children : <div style={{ minWidth }}>{children}</div>}
  </Box>
)
