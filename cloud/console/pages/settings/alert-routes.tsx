import { Command } from '../../kit/command.tsx'
import { PageLink } from '../../kit/links.tsx'
import { Page } from '../../kit/page.tsx'
import { RoutesTable } from '../alerts/routes-table.tsx'
import { SettingsTabs } from './settings-tabs.tsx'

export const AlertRoutes = () => (
  <Page
    title="Settings"
    about={
      <>
        Who is told of which{' '}
        <PageLink underline="always" to="/alerts/rules">
          alerts
        </PageLink>
        . Routes are code: change the files, <Command>storecast diff -f</Command>, <Command>storecast apply -f</Command>
        .
      </>
    }
  >
    <SettingsTabs />
    <RoutesTable />
  </Page>
)
