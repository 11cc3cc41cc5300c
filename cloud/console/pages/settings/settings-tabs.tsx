import { useSession } from '../../app/session.tsx'
import { PageTabs } from '../../kit/tabs.tsx'

const TABS = [
  { label: 'Your account', to: '/settings', permission: 'self.read', isOfAll: false },
  { label: 'People', to: '/settings/people', permission: 'user.read', isOfAll: true },
  { label: 'Roles', to: '/settings/roles', permission: 'self.read', isOfAll: false },
  { label: 'Tokens', to: '/settings/tokens', permission: 'self.read', isOfAll: false },
  { label: 'Enrolment', to: '/settings/enrolment', permission: 'claim.read', isOfAll: false },
  { label: 'Alert routes', to: '/settings/routes', permission: 'alert.read', isOfAll: true },
  { label: 'Policies', to: '/settings/policies', permission: 'policy.read', isOfAll: false },
] as const

export function SettingsTabs() {
  const { self, can } = useSession()
  const isLimited = Object.keys(self.limit).length > 0
  const open = TABS.filter(({ permission, isOfAll }) => can(permission) && !(isOfAll && isLimited))
  return <PageTabs name="Settings" tabs={open} />
}
