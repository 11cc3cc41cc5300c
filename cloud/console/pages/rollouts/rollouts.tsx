import { Group, Text } from '@mantine/core'
import { ROLLOUT_STATES } from '@storecast/shared/contracts/rollout-states'
import { IconPlus } from '@tabler/icons-react'
import { useSearch } from '@tanstack/react-router'
import { api, ask } from '../../api/client.ts'
import { Allowed } from '../../app/session.tsx'
import { type Column, DataTable } from '../../kit/data-table.tsx'
import { count } from '../../kit/figures.ts'
import { FilterSelect, Filters } from '../../kit/filters.tsx'
import { LinkButton, PageLink } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { ModelFilter } from '../../kit/model-filter.tsx'
import { Page } from '../../kit/page.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Empty } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { useFilters } from '../../kit/use-filters.ts'
import { VersionLink } from '../models/version-link.tsx'
import { CohortBar } from './cohort.tsx'
import type { ListedRollout } from './queries.ts'
import { STATE_TONES } from './words.ts'

const COLUMNS: readonly Column<ListedRollout>[] = [
  {
    id: 'name',
    title: 'Rollout',
    cell: ({ id, name }) => (
      <PageLink fw={500} to="/rollouts/$rollout" params={{ rollout: id }}>
        {name}
      </PageLink>
    ),
    csv: ({ name }) => name,
  },
  { id: 'id', title: 'No.', align: 'right', cell: ({ id }) => id, csv: ({ id }) => id },
  {
    id: 'version',
    title: 'Version',
    cell: ({ model, version }) => (
      <VersionLink model={model} version={version}>
        {model} {version}
      </VersionLink>
    ),
    csv: ({ model, version }) => `models:/${model}/${version}`,
  },
  {
    id: 'state',
    title: 'State',
    cell: ({ state }) => <Mark tone={STATE_TONES[state]}>{state}</Mark>,
    csv: ({ state }) => state,
  },
  {
    id: 'step',
    title: 'Step',
    cell: ({ step, steps }) => (step >= steps ? `all ${steps} done` : `${step + 1} of ${steps}`),
    csv: ({ step }) => step + 1,
  },
  {
    id: 'progress',
    title: 'Devices',
    cell: ({ counts }) => (
      <Group gap={8} wrap="nowrap">
        <CohortBar of={counts} whole={counts.devices} width={96} />
        <Text size="sm" span style={{ whiteSpace: 'nowrap' }}>
          {count(counts.succeeded)} of {count(counts.devices)}
        </Text>
      </Group>
    ),
    csv: ({ counts }) => `${counts.succeeded} of ${counts.devices}`,
  },
  {
    id: 'trouble',
    title: 'In trouble',
    align: 'right',
    cell: ({ counts }) => count(counts.failed + counts.rolledBack + counts.silent),
    csv: ({ counts }) => counts.failed + counts.rolledBack + counts.silent,
  },
  {
    id: 'started',
    title: 'Started',
    cell: ({ createdAt }) => <Time at={createdAt} />,
    csv: ({ createdAt }) => new Date(createdAt).toISOString(),
  },
]

export function RolloutsPage() {
  const search = useSearch({ from: '/signed-in/rollouts' })
  const listing = useListing<ListedRollout>({
    queryKey: ['rollout', 'list', search],
    page: async (at, init) => {
      const query = { ...search, limit: 50, ...at }
      return ask(api.GET('/v1/rollouts', { params: { query }, ...init }))
    },
  })
  const filter = useFilters<typeof search>()
  const isFiltered = search.state !== undefined || search.model !== undefined
  return (
    <Page
      title="Rollouts"
      about="Which version goes to which devices, in what steps, and on what evidence. Newest first."
      actions={
        <Allowed to="rollout.write">
          <StartButton />
        </Allowed>
      }
    >
      <Filters>
        <FilterSelect
          label="State"
          any="any"
          options={ROLLOUT_STATES}
          value={search.state}
          onChange={(state) => filter({ state })}
        />
        <ModelFilter value={search.model} onChange={(model) => filter({ model })} />
      </Filters>
      <DataTable
        name="rollouts"
        columns={COLUMNS}
        listing={listing}
        rowId={({ id }) => id}
        empty={
          isFiltered ? (
            <Empty title="No such rollouts">None is in this state, or of this model. Take a condition away.</Empty>
          ) : (
            <Empty title="No rollouts yet">
              A rollout brings a registered version to devices, step by step, and back where it does worse.
            </Empty>
          )
        }
      />
    </Page>
  )
}

const StartButton = () => (
  <LinkButton leftSection={<IconPlus size={14} aria-hidden />} to="/rollouts/new">
    Start a rollout
  </LinkButton>
)
