import { Group, Text } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import { api, ask, type Item } from '../../api/client.ts'
import { type Column, DataTable } from '../../kit/data-table.tsx'
import { FilterSelect, Filters, FilterText } from '../../kit/filters.tsx'
import { PageLink } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Page } from '../../kit/page.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Empty } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { useFilters } from '../../kit/use-filters.ts'
import { AlertTabs } from './alert-tabs.tsx'
import { SEVERITIES, STATES } from './search.ts'

export type Alert = Item<'/v1/alerts'>

const TONES = { pending: 'quiet', firing: 'bad', resolved: 'good' } as const
const SEVERITY_TONES = { critical: 'bad', warning: 'warning', info: 'quiet' } as const

/** Its state, and what keeps others from being told of it. */
export const AlertMarks = ({ alert }: { alert: Alert }) => (
  <Group gap={4}>
    <Mark tone={TONES[alert.state]}>{alert.state}</Mark>
    {alert.acknowledgedAt !== null && <Mark tone="busy">acknowledged</Mark>}
    {alert.silencedBy !== null && <Mark tone="quiet">silenced</Mark>}
    {alert.inhibitedBy !== null && <Mark tone="quiet">{`part of ${alert.inhibitedBy}`}</Mark>}
  </Group>
)

const COLUMNS: readonly Column<Alert>[] = [
  {
    id: 'summary',
    title: 'Alert',
    cell: ({ id, summary }) => (
      <PageLink to="/alerts/$alert" params={{ alert: String(id) }}>
        {summary}
      </PageLink>
    ),
    csv: ({ summary }) => summary,
  },
  { id: 'state', title: 'State', cell: (alert) => <AlertMarks alert={alert} />, csv: ({ state }) => state },
  {
    id: 'severity',
    title: 'Severity',
    cell: ({ severity }) => <Mark tone={SEVERITY_TONES[severity]}>{severity}</Mark>,
    csv: ({ severity }) => severity,
  },
  { id: 'rule', title: 'Rule', cell: ({ rule }) => rule, csv: ({ rule }) => rule },
  {
    id: 'site',
    title: 'Shop',
    cell: ({ site }) =>
      site ?? (
        <Text span c="dimmed" size="sm">
          of no one shop
        </Text>
      ),
    csv: ({ site }) => site,
  },
  {
    id: 'since',
    title: 'Since',
    cell: ({ since }) => <Time at={since} />,
    csv: ({ since }) => new Date(since).toISOString(),
  },
  {
    id: 'resolved',
    title: 'Ended',
    cell: ({ resolvedAt }) => <Time at={resolvedAt} />,
    csv: ({ resolvedAt }) => (resolvedAt === null ? null : new Date(resolvedAt).toISOString()),
  },
]

export function Alerts() {
  const search = useSearch({ from: '/signed-in/alerts' })
  const set = useFilters<typeof search>()
  const listing = useListing<Alert>({
    queryKey: ['alert', search],
    page: (at, init) =>
      ask(
        api.GET('/v1/alerts', {
          params: { query: { ...search, ...at } },
          ...init,
        }),
      ),
  })
  return (
    <Page
      title="Alerts"
      about="What needs attention now, and what did before. One thing that is wrong is one alert, however often it is seen."
    >
      <AlertTabs />
      <Filters>
        <FilterSelect
          label="State"
          any="any"
          value={search.state}
          options={STATES}
          onChange={(state) => set({ state })}
        />
        <FilterSelect
          label="Severity"
          any="any"
          value={search.severity}
          options={SEVERITIES}
          onChange={(severity) => set({ severity })}
        />
        <FilterText label="Rule" value={search.rule} onChange={(rule) => set({ rule })} />
        <FilterText label="Shop" value={search.site} onChange={(site) => set({ site })} />
      </Filters>
      <DataTable
        name="Alerts"
        columns={COLUMNS}
        listing={listing}
        rowId={({ id }) => String(id)}
        empty={<Empty title="No alerts">No alert fits these conditions. Rules say when one fires.</Empty>}
      />
    </Page>
  )
}
