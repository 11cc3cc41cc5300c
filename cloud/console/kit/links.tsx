import { Anchor, type AnchorProps, Button, type ButtonProps } from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import type { ReactNode, Ref } from 'react'

interface LinkOf {
  readonly ref?: Ref<HTMLAnchorElement>
  readonly children?: ReactNode
}

/** A link in a text or a list to one of the console's own pages. */
export const PageLink = createLink((props: Omit<AnchorProps, 'href'> & LinkOf) => <Anchor size="sm" {...props} />)

/** A link that looks like the button of what its page does. */
export const LinkButton = createLink((props: Omit<ButtonProps, 'href'> & LinkOf) => (
  <Button size="xs" component="a" {...props} />
))

/** Of a device, to its page. */
export const DeviceLink = ({ id, size = 'sm' }: { id: string; size?: 'xs' | 'sm' }) => (
  <PageLink size={size} to="/devices/$device" params={{ device: id }}>
    {id}
  </PageLink>
)
