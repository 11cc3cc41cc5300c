import { Group, Stack, Text } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import { api, ask } from '../../api/client.ts'
import { Command } from '../../kit/command.tsx'
import { type Column, DataTable } from '../../kit/data-table.tsx'
import { count } from '../../kit/figures.ts'
import { FilterSelect, Filters, FilterText } from '../../kit/filters.tsx'
import { PageLink } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Page } from '../../kit/page.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Empty } from '../../kit/states.tsx'
import { useFilters } from '../../kit/use-filters.ts'
import { DataTabs } from './data-tabs.tsx'
import { Party } from './party.tsx'
import { HELD } from './search.ts'
import { SensitivityMark } from './sensitivity.tsx'
import { intervalText, rangeText, type Sensor, type Variant, windowText } from './sensor-fields.ts'

const HELD_WORDS = { true: 'at each of its shops', false: 'not at some shop' } as const

/** How most shops define it. */
const usual = ({ variants }: Sensor): Variant => variants[0]!
const counting = ({ datasets }: Sensor) => datasets.filter(({ sites }) => sites > 0)

const COLUMNS: readonly Column<Sensor>[] = [
  {
    id: 'name',
    title: 'Sensor',
    cell: (sensor) => (
      <Stack gap={0}>
        <PageLink to="/data/sensors/$sensor" params={{ sensor: sensor.name }} fw={600}>
          {sensor.name}
        </PageLink>
        <Text size="xs" c="dimmed">
          {usual(sensor).kind}, one per {usual(sensor).per === 'site' ? 'shop' : 'product'}
        </Text>
      </Stack>
    ),
    csv: ({ name }) => name,
  },
  { id: 'unit', title: 'Unit', cell: (sensor) => usual(sensor).unit, csv: (sensor) => usual(sensor).unit },
  {
    id: 'range',
    title: 'Range',
    cell: (sensor) => (
      <Stack gap={0}>
        <span>{rangeText(usual(sensor))}</span>
        <Text size="xs" c="dimmed">
          in steps of {usual(sensor).resolution}
        </Text>
      </Stack>
    ),
  },
  {
    id: 'readings',
    title: 'Readings',
    cell: (sensor) => (
      <Stack gap={0} style={{ whiteSpace: 'nowrap' }}>
        <span>{intervalText(usual(sensor))}</span>
        <Text size="xs" c="dimmed">
          in windows of {windowText(usual(sensor))}
        </Text>
      </Stack>
    ),
  },
  { id: 'sites', title: 'Shops', align: 'right', cell: ({ sites }) => count(sites), csv: ({ sites }) => sites },
  {
    id: 'definitions',
    title: 'Defined',
    cell: ({ definitions }) =>
      definitions === 1 ? 'in one way' : <Mark tone="warning">{`in ${count(definitions)} ways`}</Mark>,
    csv: ({ definitions }) => definitions,
  },
  {
    id: 'datasets',
    title: 'Data set',
    cell: (sensor) => <Whose sensor={sensor} />,
    csv: (sensor) =>
      counting(sensor)
        .map(({ name }) => name)
        .join(' '),
  },
  {
    id: 'tasks',
    title: 'Open tasks',
    align: 'right',
    cell: ({ name, tasks }) =>
      tasks === 0 ? (
        '0'
      ) : (
        <PageLink to="/data/tasks" search={{ sensor: name }}>
          {count(tasks)}
        </PageLink>
      ),
    csv: ({ tasks }) => tasks,
  },
  {
    id: 'quality',
    title: 'Quality',
    cell: ({ name }) => (
      <PageLink to="/data/quality" search={{ sensor: name }} aria-label={`scores of ${name}`}>
        scores
      </PageLink>
    ),
  },
]

const EXPORTED: readonly Pick<Column<Sensor>, 'title' | 'csv'>[] = [
  { title: 'kind', csv: (sensor) => usual(sensor).kind },
  { title: 'per', csv: (sensor) => usual(sensor).per },
  { title: 'lowest', csv: (sensor) => usual(sensor).range[0] },
  { title: 'highest', csv: (sensor) => usual(sensor).range[1] },
  { title: 'resolution', csv: (sensor) => usual(sensor).resolution },
  { title: 'interval in seconds', csv: (sensor) => usual(sensor).interval },
  { title: 'window', csv: (sensor) => usual(sensor).window },
  {
    title: 'owners',
    csv: (sensor) =>
      counting(sensor)
        .map(({ owner }) => owner)
        .join(' '),
  },
  {
    title: 'stewards',
    csv: (sensor) =>
      counting(sensor)
        .map(({ steward }) => steward)
        .join(' '),
  },
  {
    title: 'sensitivity',
    csv: (sensor) =>
      counting(sensor)
        .map(({ sensitivity }) => sensitivity)
        .join(' '),
  },
  { title: 'shops in no data set', csv: ({ unheld }) => unheld },
]

/** The data sets that count for it somewhere, each with who looks after it; how many shops is said where it is not all. */
function Whose({ sensor }: { sensor: Sensor }) {
  const { sites, unheld } = sensor
  const part = (some: number) =>
    some < sites && (
      <Text size="xs" c="dimmed">
        {count(some)} of {count(sites)} shops
      </Text>
    )
  return (
    <Stack gap={4}>
      {counting(sensor).map(({ name, steward, sensitivity, sites: some }) => (
        <div key={name}>
          <Group gap="0 10px">
            <PageLink to="/data" search={{ sensor: sensor.name }}>
              {name}
            </PageLink>
            <SensitivityMark of={sensitivity} />
          </Group>
          <Text size="xs" c="dimmed">
            <Party of={steward} />
          </Text>
          {part(some)}
        </div>
      ))}
      {unheld > 0 && (
        <div>
          <Mark tone="warning">none</Mark>
          {part(unheld)}
        </div>
      )}
    </Stack>
  )
}

export function Sensors() {
  const search = useSearch({ from: '/signed-in/data/sensors' })
  const set = useFilters<typeof search>()
  const listing = useListing<Sensor>({
    queryKey: ['site|dataset|task', 'sensors', search],
    page: async (at, init) => {
      const { items, ...rest } = await ask(api.GET('/v1/sensors', { params: { query: { ...search, ...at } }, ...init }))
      return { ...rest, items: items as Sensor[] }
    },
  })
  const isFiltered = search.q !== undefined || search.held !== undefined
  return (
    <Page
      title="Sensors"
      about="What the shops measure, as most of them define it, and who is asked when it goes wrong: the steward of the first data set, by name, that holds the sensor and fits the shop."
    >
      <DataTabs />
      <Filters>
        <FilterText label="Find" placeholder="name of a sensor" value={search.q} onChange={(q) => set({ q })} />
        <FilterSelect
          label="In a data set"
          any="all"
          value={search.held}
          options={HELD.map((value) => ({ value, label: HELD_WORDS[value] }))}
          onChange={(held) => set({ held })}
        />
      </Filters>
      <DataTable
        name="Sensors"
        columns={COLUMNS}
        exported={EXPORTED}
        listing={listing}
        rowId={({ name }) => name}
        empty={
          isFiltered ? (
            <Empty title="No such sensors">
              {search.held === 'false'
                ? 'Every sensor that is asked for is in a data set at each of its shops.'
                : 'No shop that you may see defines one like this. Take a condition away to see the others.'}
            </Empty>
          ) : (
            <Empty title="No sensors">
              No shop says what it measures yet. A shop’s sensors are part of its definition:{' '}
              <Command>PUT /v1/sites/…</Command>
            </Empty>
          )
        }
      />
    </Page>
  )
}
