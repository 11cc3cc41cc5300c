import { Group, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { api, ask } from '../../api/client.ts'
import { useSession } from '../../app/session.tsx'
import { type Column, DataTable } from '../../kit/data-table.tsx'
import { duration } from '../../kit/figures.ts'
import { Filters, FilterText } from '../../kit/filters.tsx'
import { labelTexts } from '../../kit/labels.ts'
import { PageLink } from '../../kit/links.tsx'
import { ModelFilter } from '../../kit/model-filter.tsx'
import { Page } from '../../kit/page.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { present } from '../../kit/search.ts'
import { Empty } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { useFilters } from '../../kit/use-filters.ts'
import { BulkBar } from './bulk.tsx'
import { LabelChips } from './labels.tsx'
import { type DevicesSearch, IN_SERVICE } from './search.ts'
import { StateCounts } from './state-counts.tsx'
import { type Device, modelText, StateMark } from './state-mark.tsx'
import { Views } from './views.tsx'

const columnsOf = (onLabel: (term: string) => void): readonly Column<Device>[] => [
  {
    id: 'id',
    title: 'Device',
    sort: 'id',
    cell: ({ id }) => (
      <PageLink to="/devices/$device" params={{ device: id }}>
        {id}
      </PageLink>
    ),
    csv: ({ id }) => id,
  },
  {
    id: 'state',
    title: 'State',
    sort: 'state',
    cell: ({ state }) => <StateMark state={state} />,
    csv: ({ state }) => state,
  },
  { id: 'site', title: 'Shop', sort: 'site', cell: ({ site }) => site, csv: ({ site }) => site },
  {
    id: 'labels',
    title: 'Labels',
    cell: ({ labels, siteLabels }) => <LabelChips own={labels} site={siteLabels} onChoose={onLabel} />,
    csv: ({ labels, siteLabels }) => labelTexts({ ...siteLabels, ...labels }).join(' '),
  },
  {
    id: 'models',
    title: 'Models',
    sort: 'version',
    cell: ({ models }) =>
      models.length === 0 ? '–' : models.map((one) => <div key={one.model}>{modelText(one)}</div>),
    csv: ({ models }) => models.map(modelText).join('; '),
  },
  {
    id: 'lastSeen',
    title: 'Last seen',
    sort: 'lastSeen',
    cell: ({ lastSeen }) => <Time at={lastSeen} never="never" />,
    csv: ({ lastSeen }) => (lastSeen === null ? null : new Date(lastSeen).toISOString()),
  },
  {
    id: 'waiting',
    title: 'Backlog',
    align: 'right',
    cell: ({ waiting }) =>
      waiting === null || waiting.records === 0
        ? '–'
        : `${waiting.records.toLocaleString('en')}, ${duration(waiting.toldAt - waiting.since)} old`,
    csv: ({ waiting }) => waiting?.records,
  },
  {
    id: 'agent',
    title: 'Agent',
    sort: 'agent',
    cell: ({ agentVersion }) => agentVersion ?? '–',
    csv: ({ agentVersion }) => agentVersion,
  },
]

/** The list's conditions as the API takes them. */
const conditionsOf = ({ sort: _s, order: _o, state: _t, version, model, ...rest }: DevicesSearch) => ({
  ...rest,
  ...(model !== undefined && { model, ...(Number(version) > 0 && { version: Number(version) }) }),
})

export function Devices() {
  const search: DevicesSearch = present(useSearch({ from: '/signed-in/devices' }))
  const set = useFilters<DevicesSearch & Record<string, unknown>>()
  const { can } = useSession()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const conditions = conditionsOf(search)
  const { sort = 'id', order = 'asc', state } = search
  const listing = useListing<Device>({
    queryKey: ['device', 'list', search],
    page: (at, init) =>
      ask(
        api.GET('/v1/devices', {
          params: {
            query: { ...conditions, state: state ?? IN_SERVICE, sort, order, ...at } as never,
          },
          ...init,
        }),
      ),
  })
  const counts = useQuery({
    queryKey: ['device', 'states', conditions],
    queryFn: ({ signal }) => ask(api.GET('/v1/device-states', { params: { query: conditions as never }, signal })),
    placeholderData: keepPreviousData,
  })
  const { selector } = search
  const addLabel = (term: string) => {
    const terms = (selector ?? '').split(',').filter(Boolean)
    if (!terms.includes(term)) set({ selector: [...terms, term].join(',') })
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: a chip's click reads the selector of its own render.
  const columns = useMemo(() => columnsOf(addLabel), [selector])
  const isFiltered = Object.keys(search).some((name) => name !== 'sort' && name !== 'order')
  return (
    <Page
      title="Devices"
      about="Every device with what it runs, how it is, and when it was heard of last."
      actions={<Views page="devices" search={search as Record<string, string>} />}
    >
      {counts.data && <StateCounts counts={counts.data} chosen={state} onChoose={(next) => set({ state: next })} />}
      <Filters>
        <FilterText label="Find" placeholder="device, shop or label" value={search.q} onChange={(q) => set({ q })} />
        <FilterText
          label="Labels"
          placeholder="region=eu,tier!=lab"
          value={selector}
          onChange={(next) => set({ selector: next })}
        />
        <FilterText label="Shop" value={search.site} onChange={(site) => set({ site })} />
        <ModelFilter value={search.model} onChange={(model) => set({ model, version: undefined })} />
        {search.model !== undefined && (
          <FilterText label="Version" value={search.version} onChange={(version) => set({ version })} />
        )}
        {isFiltered && (
          <PageLink pb={5} to="/devices">
            Show all
          </PageLink>
        )}
      </Filters>
      {chosen.size > 0 && <BulkBar chosen={[...chosen]} onDone={() => setChosen(new Set())} />}
      <DataTable
        name="Devices"
        columns={columns}
        listing={listing}
        rowId={({ id }) => id}
        sorting={{ by: sort, descending: order === 'desc' }}
        onSort={({ by, descending }) =>
          set({ sort: by as NonNullable<DevicesSearch['sort']>, order: descending ? 'desc' : 'asc' })
        }
        {...(can('device.write') && { chosen, onChoose: setChosen })}
        empty={
          isFiltered ? (
            <Empty title="No such devices">Nothing fits these conditions. Take one away, or show all.</Empty>
          ) : (
            <Empty title="No devices yet">
              <Group justify="center">
                <Text size="sm">
                  A claim enrols one: <code>storecast claim create --site …</code>, and run the agent with it.
                </Text>
              </Group>
            </Empty>
          )
        }
      />
    </Page>
  )
}
