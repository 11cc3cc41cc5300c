import { Badge, Code, Group, Stack, Text } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import { api, ask, type Item } from '../../api/client.ts'
import { Command } from '../../kit/command.tsx'
import { type Column, DataTable } from '../../kit/data-table.tsx'
import { Filters, FilterText } from '../../kit/filters.tsx'
import { labelTexts } from '../../kit/labels.ts'
import { PageLink } from '../../kit/links.tsx'
import { Page } from '../../kit/page.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Empty } from '../../kit/states.tsx'
import { useFilters } from '../../kit/use-filters.ts'
import { DataTabs } from './data-tabs.tsx'
import { Party } from './party.tsx'
import { SensitivityMark } from './sensitivity.tsx'

type Dataset = Item<'/v1/datasets'>

const names = (list: readonly string[] | undefined) => (list ?? []).join(', ')

const COLUMNS: readonly Column<Dataset>[] = [
  {
    id: 'name',
    title: 'Data set',
    cell: ({ metadata }) => (
      <Stack gap={0}>
        <Text size="sm" fw={600}>
          {metadata.name}
        </Text>
        <Text size="xs" c="dimmed">
          {metadata.description}
        </Text>
      </Stack>
    ),
    csv: ({ metadata }) => metadata.name,
  },
  { id: 'owner', title: 'Owner', cell: ({ spec }) => <Party of={spec.owner} />, csv: ({ spec }) => spec.owner },
  {
    id: 'steward',
    title: 'Steward',
    cell: ({ spec }) => <Party of={spec.steward ?? spec.owner} />,
    csv: ({ spec }) => spec.steward ?? spec.owner,
  },
  {
    id: 'sensitivity',
    title: 'Sensitivity',
    cell: ({ spec }) => <SensitivityMark of={spec.sensitivity} />,
    csv: ({ spec }) => spec.sensitivity,
  },
  {
    id: 'sensors',
    title: 'Sensors',
    cell: ({ spec }) => (
      <Group gap="0 10px">
        {spec.sensors.map((sensor) => (
          <PageLink key={sensor} to="/data/sensors/$sensor" params={{ sensor }}>
            {sensor}
          </PageLink>
        ))}
      </Group>
    ),
    csv: ({ spec }) => names(spec.sensors),
  },
  {
    id: 'views',
    title: 'Feature views',
    cell: ({ spec }) =>
      spec.featureViews.length === 0 ? (
        '–'
      ) : (
        <Group gap="0 10px">
          {spec.featureViews.map((model) => (
            <PageLink key={model} to="/data/feature-views/$model" params={{ model }}>
              {model}
            </PageLink>
          ))}
        </Group>
      ),
    csv: ({ spec }) => names(spec.featureViews),
  },
  {
    id: 'sites',
    title: 'Shops',
    cell: ({ spec }) => {
      const terms = Object.entries(spec.sites)
      if (terms.length === 0) return 'all'
      return terms.map(([name, value]) => (
        <Badge key={name} variant="default" tt="none" radius="sm">
          {name}={value}
        </Badge>
      ))
    },
    csv: ({ spec }) => labelTexts(spec.sites).join(' '),
  },
  {
    id: 'retention',
    title: 'Kept',
    align: 'right',
    cell: ({ spec }) => (spec.retentionDays === undefined ? '–' : `${spec.retentionDays} d`),
    csv: ({ spec }) => spec.retentionDays,
  },
]

export function Datasets() {
  const search = useSearch({ from: '/signed-in/data' })
  const set = useFilters<typeof search>()
  const listing = useListing<Dataset>({
    queryKey: ['dataset', search],
    page: (at, init) =>
      ask(
        api.GET('/v1/datasets', {
          params: { query: { ...search, ...at } },
          ...init,
        }),
      ),
  })
  return (
    <Page
      title="Data sets"
      about={
        <>
          Whose data it is, who looks after it, and who may see it. Sets are code: <Command>storecast apply -f</Command>{' '}
          puts them.
        </>
      }
    >
      <DataTabs />
      <Filters>
        <FilterText label="Holds the sensor" value={search.sensor} onChange={(sensor) => set({ sensor })} />
      </Filters>
      <DataTable
        name="Data sets"
        columns={COLUMNS}
        listing={listing}
        rowId={({ metadata }) => metadata.name}
        empty={
          <Empty title="No data sets">
            {search.sensor === undefined ? (
              <>
                Write one as <Code>kind: Dataset</Code> and put it with{' '}
                <Command>storecast apply -f dataset.yaml</Command>: its steward then gets the tasks of its sensors.
              </>
            ) : (
              <>No data set holds the sensor {search.sensor}: nobody is asked when it goes wrong.</>
            )}
          </Empty>
        }
      />
    </Page>
  )
}
