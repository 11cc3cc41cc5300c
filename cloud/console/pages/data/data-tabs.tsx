import { PageTabs } from '../../kit/tabs.tsx'

export const DataTabs = () => (
  <PageTabs
    name="Data"
    tabs={[
      { label: 'Data sets', to: '/data' },
      { label: 'Sensors', to: '/data/sensors' },
      { label: 'Feature views', to: '/data/feature-views' },
      { label: 'Quality', to: '/data/quality' },
      { label: 'Stewardship tasks', to: '/data/tasks' },
    ]}
  />
)
