import { Switch, Text } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import { api, ask, type Item } from '../../api/client.ts'
import { type Column, DataTable } from '../../kit/data-table.tsx'
import { DeviceLink } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Empty } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { useFilters } from '../../kit/use-filters.ts'
import type { ModelVersion } from './queries.ts'

type Device = Item<'/v1/models/{model}/devices'>

const versionText = (version: number | null) => (version === null ? 'none' : String(version))

const COLUMNS: readonly Column<Device>[] = [
  { id: 'device', title: 'Device', cell: ({ device }) => <DeviceLink id={device} />, csv: ({ device }) => device },
  { id: 'site', title: 'Shop', cell: ({ site }) => site, csv: ({ site }) => site },
  {
    id: 'serves',
    title: 'Serves now',
    align: 'right',
    cell: ({ servingVersion }) => versionText(servingVersion),
    csv: ({ servingVersion }) => servingVersion,
  },
  {
    id: 'should',
    title: 'Should serve',
    align: 'right',
    cell: ({ desiredVersion, servingVersion }) => (
      <Text span size="sm" fw={desiredVersion === servingVersion ? 400 : 600}>
        {versionText(desiredVersion)}
      </Text>
    ),
    csv: ({ desiredVersion }) => desiredVersion,
  },
  { id: 'phase', title: 'Phase', cell: ({ phase }) => phase ?? '–', csv: ({ phase }) => phase },
  {
    id: 'error',
    title: 'Error',
    cell: ({ error }) => (error ? `${error.code}: ${error.message}` : '–'),
    csv: ({ error }) => error?.code,
  },
  {
    id: 'online',
    title: 'Connection',
    cell: ({ online }) => <Mark tone={online ? 'good' : 'quiet'}>{online ? 'connected' : 'not connected'}</Mark>,
    csv: ({ online }) => online,
  },
  {
    id: 'reported',
    title: 'Last report',
    cell: ({ reportedAt }) => <Time at={reportedAt} never="never" />,
    csv: ({ reportedAt }) => (reportedAt === null ? null : new Date(reportedAt).toISOString()),
  },
]

/** Devices that serve the version, or should. */
export function VersionDevices({ of: { model, version } }: { of: ModelVersion }) {
  const { differs } = useSearch({ from: '/signed-in/models/$model/$version' })
  const filter = useFilters()
  const query = { version, ...(differs === 'yes' && { differs: 'true' as const }) }
  const listing = useListing<Device>({
    queryKey: ['device', 'of', model, query],
    page: (at, init) =>
      ask(
        api.GET('/v1/models/{model}/devices', {
          params: { path: { model }, query: { ...query, limit: 25, ...at } },
          ...init,
        }),
      ),
  })
  return (
    <>
      <Switch
        label="Only those that serve another version than they should"
        size="sm"
        mb="xs"
        checked={differs === 'yes'}
        onChange={({ currentTarget: { checked } }) => filter({ differs: checked ? 'yes' : undefined })}
      />
      <DataTable
        name={`${model} ${version} devices`}
        columns={COLUMNS}
        listing={listing}
        rowId={({ device }) => device}
        empty={
          differs === 'yes' ? (
            <Empty title="All serve what they should">
              No device of this version differs from what it should serve.
            </Empty>
          ) : (
            <Empty title="No device serves it">A rollout brings it to devices.</Empty>
          )
        }
      />
    </>
  )
}
