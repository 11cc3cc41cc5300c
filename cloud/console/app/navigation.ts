import { type Icon, IconHistory } from '@tabler/icons-react'
import type { Permission } from './session.tsx'

export interface Place {
  readonly label: string
  /** Of the page itself; the pages below it belong to the same place. */
  readonly to: string
  readonly icon: Icon
  /** Who has it not does not see the place. */
  readonly permission: Permission
}

/** The console's places, in the order in which one looks at them in the morning. */
export const PLACES: readonly Place[] = [{ label: 'Audit', to: '/audit', icon: IconHistory, permission: 'audit.read' }]
