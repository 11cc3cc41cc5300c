import { useSession } from '../../app/session.tsx'
import { PageTabs } from '../../kit/tabs.tsx'

/** Silences and rules are about every shop: who sees some shops only does not see them. */
export function AlertTabs() {
  const { self } = useSession()
  if (Object.keys(self.limit).length > 0) return null
  return (
    <PageTabs
      name="Alerts"
      tabs={[
        { label: 'Alerts', to: '/alerts' },
        { label: 'Silences', to: '/alerts/silences' },
        { label: 'Rules and routes', to: '/alerts/rules' },
      ]}
    />
  )
}
