import { Group, Stack, Text } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import { api, ask, type Item } from '../../api/client.ts'
import { Command } from '../../kit/command.tsx'
import { type Column, DataTable } from '../../kit/data-table.tsx'
import { count } from '../../kit/figures.ts'
import { Filters, FilterText } from '../../kit/filters.tsx'
import { PageLink } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Page } from '../../kit/page.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Empty } from '../../kit/states.tsx'
import { useFilters } from '../../kit/use-filters.ts'
import { VersionLink } from '../models/version-link.tsx'
import { DataTabs } from './data-tabs.tsx'
import { Party } from './party.tsx'
import { SensitivityMark } from './sensitivity.tsx'
import { kindText, reachText, rowText, SensorLink } from './view-words.tsx'

type View = Item<'/v1/feature-views'>

const COLUMNS: readonly Column<View>[] = [
  {
    id: 'name',
    title: 'Feature view',
    cell: ({ name, description }) => (
      <Stack gap={0}>
        <PageLink to="/data/feature-views/$model" params={{ model: name }} fw={600}>
          {name}
        </PageLink>
        <Text size="xs" c="dimmed">
          {description}
        </Text>
      </Stack>
    ),
    csv: ({ name }) => name,
  },
  {
    id: 'kind',
    title: 'Kind',
    cell: (view) => (
      <Stack gap={0}>
        <span style={{ whiteSpace: 'nowrap' }}>{kindText(view)}</span>
        <Text size="xs" c="dimmed">
          per {rowText(view)}
        </Text>
      </Stack>
    ),
    csv: ({ kind }) => kind,
  },
  { id: 'history', title: 'Looks back', cell: reachText, csv: reachText },
  {
    id: 'features',
    title: 'Features',
    align: 'right',
    cell: ({ features }) => count(features),
    csv: ({ features }) => features,
  },
  {
    id: 'sensors',
    title: 'Sensors',
    cell: ({ sensors }) => (
      <Group gap="0 10px">
        {sensors.map((name) => (
          <SensorLink key={name} name={name} />
        ))}
      </Group>
    ),
    csv: ({ sensors }) => sensors.join(' '),
  },
  {
    id: 'covariates',
    title: 'Known ahead',
    cell: ({ covariates }) => covariates.join(', ') || '–',
    csv: ({ covariates }) => covariates.join(' '),
  },
  {
    id: 'champion',
    title: 'Champion',
    cell: ({ name, champion, version }) =>
      champion === null ? (
        <Stack gap={0} align="flex-start">
          <Mark tone="warning">none</Mark>
          <Text size="xs" c="dimmed">
            as version {version} has it
          </Text>
        </Stack>
      ) : (
        <VersionLink model={name} version={champion} />
      ),
    csv: ({ champion }) => champion,
  },
  {
    id: 'datasets',
    title: 'Data set',
    cell: ({ datasets }) =>
      datasets.length === 0 ? (
        <Mark tone="warning">none</Mark>
      ) : (
        <Stack gap={4}>
          {datasets.map(({ name, steward, sensitivity }) => (
            <div key={name}>
              <Group gap="0 10px">
                <PageLink to="/data">{name}</PageLink>
                <SensitivityMark of={sensitivity} />
              </Group>
              <Text size="xs" c="dimmed">
                <Party of={steward} />
              </Text>
            </div>
          ))}
        </Stack>
      ),
    csv: ({ datasets }) => datasets.map(({ name }) => name).join(' '),
  },
]

const EXPORTED: readonly Pick<Column<View>, 'title' | 'csv'>[] = [
  { title: 'version', csv: ({ version }) => version },
  { title: 'entity', csv: ({ entity }) => entity },
  { title: 'owners', csv: ({ datasets }) => datasets.map(({ owner }) => owner).join(' ') },
  { title: 'stewards', csv: ({ datasets }) => datasets.map(({ steward }) => steward).join(' ') },
  { title: 'sensitivity', csv: ({ datasets }) => datasets.map(({ sensitivity }) => sensitivity).join(' ') },
]

export function FeatureViews() {
  const search = useSearch({ from: '/signed-in/data/feature-views' })
  const set = useFilters<typeof search>()
  const listing = useListing<View>({
    queryKey: ['model|dataset', 'feature-views', search],
    page: (at, init) => ask(api.GET('/v1/feature-views', { params: { query: { ...search, ...at } }, ...init })),
  })
  return (
    <Page
      title="Feature views"
      about="What the models see: what training and devices make of sensors and of what is known ahead. Each model’s definition has one, and data sets name it by the model."
    >
      <DataTabs />
      <Filters>
        <FilterText label="Reads the sensor" value={search.sensor} onChange={(sensor) => set({ sensor })} />
      </Filters>
      <DataTable
        name="Feature views"
        columns={COLUMNS}
        exported={EXPORTED}
        listing={listing}
        rowId={({ name }) => name}
        empty={
          search.sensor === undefined ? (
            <Empty title="No feature views">
              They come with the models: train one, and push it with <Command>storecast model push</Command>.
            </Empty>
          ) : (
            <Empty title="No such feature views">No model reads the sensor {search.sensor}.</Empty>
          )
        }
      />
    </Page>
  )
}
