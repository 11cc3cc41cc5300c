import { PageTabs } from '../../kit/tabs.tsx'

export const DataTabs = () => (
  <PageTabs
    name="Data"
    tabs={[
      { label: 'Catalogue', to: '/data' },
      { label: 'Quality', to: '/data/quality' },
      { label: 'Stewardship tasks', to: '/data/tasks' },
    ]}
  />
)
