import { Anchor } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

interface VersionLinkProps {
  readonly model: string
  readonly version: number
  readonly children?: ReactNode
}

export const VersionLink = ({ model, version, children = `version ${version}` }: VersionLinkProps) => (
  <Anchor
    size="sm"
    renderRoot={(props) => (
      <Link to="/models/$model/$version" params={{ model, version: String(version) }} {...props} />
    )}
  >
    {children}
  </Anchor>
)
