import { useSearch } from '@tanstack/react-router'
import { api, ask, type Item } from '../../api/client.ts'
import { DataReach } from '../../kit/data-reach.tsx'
import { type Column, DataTable } from '../../kit/data-table.tsx'
import { percent } from '../../kit/figures.ts'
import { FilterSelect, Filters, FilterText } from '../../kit/filters.tsx'
import { PageLink } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Page } from '../../kit/page.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { ShopTime } from '../../kit/shop-time.tsx'
import { Empty } from '../../kit/states.tsx'
import { useFilters } from '../../kit/use-filters.ts'
import { DataTabs } from './data-tabs.tsx'
import { DIMENSIONS } from './dimensions.ts'
import { STATES } from './search.ts'

export type Task = Item<'/v1/stewardship-tasks'>

export const TASK_TONES = { open: 'bad', acknowledged: 'warning', closed: 'good' } as const

const COLUMNS: readonly Column<Task>[] = [
  {
    id: 'what',
    title: 'Task',
    cell: ({ id, sensor, dimension, device }) => (
      <PageLink to="/data/tasks/$task" params={{ task: String(id) }}>
        {DIMENSIONS[dimension].title} of {sensor}, {device}
      </PageLink>
    ),
    csv: ({ dimension, sensor, device }) => `${DIMENSIONS[dimension].title} of ${sensor}, ${device}`,
  },
  {
    id: 'state',
    title: 'State',
    cell: ({ state }) => <Mark tone={TASK_TONES[state]}>{state}</Mark>,
    csv: ({ state }) => state,
  },
  {
    id: 'score',
    title: 'Score',
    align: 'right',
    cell: ({ score, threshold }) => `${percent(score)}, at least ${percent(threshold)}`,
    csv: ({ score }) => score,
  },
  { id: 'site', title: 'Shop', cell: ({ site }) => site, csv: ({ site }) => site },
  { id: 'dataset', title: 'Data set', cell: ({ dataset }) => dataset ?? 'none', csv: ({ dataset }) => dataset },
  {
    id: 'steward',
    title: 'For',
    cell: ({ assignee, steward }) => assignee ?? steward ?? 'nobody',
    csv: ({ assignee, steward }) => assignee ?? steward,
  },
  {
    id: 'opened',
    title: 'Opened',
    cell: ({ openedAt }) => <ShopTime at={openedAt} />,
    csv: ({ openedAt }) => new Date(openedAt).toISOString(),
  },
]

export function Tasks() {
  const search = useSearch({ from: '/signed-in/data/tasks' })
  const set = useFilters<typeof search>()
  const query = { ...search, state: search.state ?? 'standing' } as const
  const listing = useListing<Task>({
    queryKey: ['task', query],
    page: (at, init) =>
      ask(
        api.GET('/v1/stewardship-tasks', {
          params: { query: { ...query, ...at } },
          ...init,
        }),
      ),
  })
  return (
    <Page
      title="Stewardship tasks"
      about="Sensors whose data fell below what was promised of it. A task closes by itself once its sensor has recovered."
    >
      <DataTabs />
      <DataReach>Tasks open and close by the shops’ days.</DataReach>
      <Filters>
        <FilterSelect label="State" value={query.state} options={STATES} onChange={(state) => set({ state })} />
        <FilterText label="Shop" value={search.site} onChange={(site) => set({ site })} />
        <FilterText label="Sensor" value={search.sensor} onChange={(sensor) => set({ sensor })} />
        <FilterText label="For" value={search.steward} onChange={(steward) => set({ steward })} />
      </Filters>
      <DataTable
        name="Stewardship tasks"
        columns={COLUMNS}
        listing={listing}
        rowId={({ id }) => String(id)}
        empty={<Empty title="No tasks">Every sensor that is asked for here is as good as was promised.</Empty>}
      />
    </Page>
  )
}
