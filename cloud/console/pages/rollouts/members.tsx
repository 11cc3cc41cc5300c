import { Group, Switch, Text } from '@mantine/core'
import { MEMBER_STATES } from '@storecast/shared/contracts/rollout-states'
import { useSearch } from '@tanstack/react-router'
import { api, ask } from '../../api/client.ts'
import { type Column, DataTable } from '../../kit/data-table.tsx'
import { FilterSelect } from '../../kit/filters.tsx'
import { DeviceLink } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Empty } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { useFilters } from '../../kit/use-filters.ts'
import type { Member, Rollout } from './queries.ts'
import { MEMBER_TONES } from './words.ts'

const versionText = (version: number | null) => (version === null ? 'none' : String(version))
const whyOf = ({ error, reason }: Member) => (error ? `${error.code}: ${error.message}` : (reason ?? ''))

/** One that no step has told waits for it as long as the rollout goes on, and is left as it is once that is over. */
const stateOf = ({ state, step }: Member) => (state === 'pending' && step === null ? 'not told' : state)

const COLUMNS: readonly Column<Member>[] = [
  { id: 'device', title: 'Device', cell: ({ device }) => <DeviceLink id={device} />, csv: ({ device }) => device },
  { id: 'site', title: 'Shop', cell: ({ site }) => site, csv: ({ site }) => site },
  {
    id: 'state',
    title: 'State',
    cell: (one) => <Mark tone={MEMBER_TONES[one.state] ?? 'quiet'}>{stateOf(one)}</Mark>,
    csv: stateOf,
  },
  {
    id: 'step',
    title: 'Told by step',
    align: 'right',
    cell: ({ step }) => (step === null ? '–' : step + 1),
    csv: ({ step }) => (step === null ? null : step + 1),
  },
  {
    id: 'versions',
    title: 'Serves → should serve',
    cell: ({ servingVersion, desiredVersion }) =>
      servingVersion === desiredVersion ? (
        versionText(servingVersion)
      ) : (
        <Text span fw={600} size="sm">
          {versionText(servingVersion)} → {versionText(desiredVersion)}
        </Text>
      ),
    csv: ({ servingVersion }) => servingVersion,
  },
  { id: 'phase', title: 'Phase', cell: ({ phase }) => phase ?? '–', csv: ({ phase }) => phase },
  { id: 'why', title: 'Why', cell: (one) => whyOf(one) || '–', csv: whyOf },
  {
    id: 'reported',
    title: 'Last report',
    cell: ({ reportedAt }) => <Time at={reportedAt} never="never" />,
    csv: ({ reportedAt }) => (reportedAt === null ? null : new Date(reportedAt).toISOString()),
  },
]

/** Every device of the rollout; those whose version is not the one they should serve are found by a switch. */
export function Members({ rollout }: { rollout: Rollout }) {
  const search = useSearch({ from: '/signed-in/rollouts/$rollout' })
  const differs = search.differs === 'yes'
  const query = { ...(search.state && { state: search.state }), ...(differs && { differs: 'true' as const }) }
  const listing = useListing<Member>({
    queryKey: ['rollout', rollout.id, 'devices', query],
    page: (at, init) =>
      ask(
        api.GET('/v1/rollouts/{rollout}/devices', {
          params: { path: { rollout: rollout.id }, query: { ...query, limit: 50, ...at } },
          ...init,
        }),
      ),
  })
  const filter = useFilters<typeof search>()
  return (
    <>
      <Group gap="md" align="flex-end">
        <FilterSelect
          label="State"
          any="any"
          options={MEMBER_STATES}
          value={search.state}
          onChange={(state) => filter({ state })}
        />
        <Switch
          label="Only those that serve another version than they should"
          size="sm"
          pb={4}
          checked={differs}
          onChange={({ currentTarget: { checked } }) => filter({ differs: checked ? 'yes' : undefined })}
        />
      </Group>
      <DataTable
        name={`rollout ${rollout.name} devices`}
        columns={COLUMNS}
        listing={listing}
        rowId={({ device }) => device}
        empty={
          differs ? (
            <Empty title="All serve what they should">
              What each device should serve and what it last said to serve are the same.
            </Empty>
          ) : (
            <Empty title="No such devices">None of the rollout’s devices is there.</Empty>
          )
        }
      />
    </>
  )
}
