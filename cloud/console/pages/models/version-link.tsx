import type { ReactNode } from 'react'
import { PageLink } from '../../kit/links.tsx'

interface VersionLinkProps {
  readonly model: string
  readonly version: number
  readonly children?: ReactNode
}

export const VersionLink = ({ model, version, children = `version ${version}` }: VersionLinkProps) => (
  <PageLink to="/models/$model/$version" params={{ model, version: String(version) }}>
    {children}
  </PageLink>
)
