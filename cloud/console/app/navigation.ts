import {
  type Icon,
  IconBell,
  IconBox,
  IconChartBar,
  IconDatabase,
  IconDevices,
  IconHistory,
  IconHome,
  IconRocket,
  IconSettings,
  IconWaveSine,
} from '@tabler/icons-react'
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
export const PLACES: readonly Place[] = [
  { label: 'Fleet', to: '/', icon: IconHome, permission: 'device.read' },
  { label: 'Devices', to: '/devices', icon: IconDevices, permission: 'device.read' },
  { label: 'Models', to: '/models', icon: IconBox, permission: 'model.read' },
  { label: 'Rollouts', to: '/rollouts', icon: IconRocket, permission: 'rollout.read' },
  { label: 'Data', to: '/data', icon: IconDatabase, permission: 'dataset.read' },
  { label: 'Drift', to: '/drift', icon: IconWaveSine, permission: 'telemetry.read' },
  { label: 'Alerts', to: '/alerts', icon: IconBell, permission: 'alert.read' },
  { label: 'KPIs', to: '/kpis', icon: IconChartBar, permission: 'telemetry.read' },
  { label: 'Audit', to: '/audit', icon: IconHistory, permission: 'audit.read' },
  { label: 'Settings', to: '/settings', icon: IconSettings, permission: 'self.read' },
]
