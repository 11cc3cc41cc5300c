import { Alert, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { api, ask } from '../../api/client.ts'
import { useSession } from '../../app/session.tsx'
import { Command } from '../../kit/command.tsx'
import { dayText } from '../../kit/data-reach.tsx'
import { type Column, Export } from '../../kit/data-table.tsx'
import { count } from '../../kit/figures.ts'
import { FilterSelect, Filters, FilterText } from '../../kit/filters.tsx'
import { HeatMap } from '../../kit/heat-map.tsx'
import { DeviceLink } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { ModelFilter } from '../../kit/model-filter.tsx'
import { More, Shown } from '../../kit/more.tsx'
import { labelNamesQuery } from '../../kit/names.ts'
import { Page } from '../../kit/page.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Empty, Failed, Loading } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { useFilters } from '../../kit/use-filters.ts'
import { Comparison } from './comparison.tsx'
import { type Compared, driftMaps, supersededModels } from './rows.ts'
import { KINDS, VERDICTS } from './search.ts'

const TONES = { drift: 'bad', minor: 'warning', stable: 'good', insufficient: 'quiet' } as const
const PAGE = 500

export function Drift() {
  const search = useSearch({ from: '/signed-in/drift' })
  const set = useFilters<typeof search>()
  const { row, column, ...query } = search
  const labels = useQuery(labelNamesQuery)
  const listing = useListing<Compared>({
    queryKey: ['drift', query],
    page: (at, init) =>
      ask(
        api.GET('/v1/drift', {
          params: { query: { ...query, limit: PAGE, ...at } },
          ...init,
        }),
      ),
  })
  const maps = useMemo(() => driftMaps(listing.items ?? []), [listing.items])
  const chosen = maps
    .flatMap(({ rows }) => rows)
    .find(({ id }) => id === row)
    ?.cells.get(column ?? '')
  return (
    <Page
      title="Drift"
      about={
        <>
          How far what devices see is from what their models learned, or from what was usual. Cells hold the population
          stability index (PSI: 0 where nothing moved); choose one to see both distributions.{' '}
          <NewestRun items={listing.items ?? []} />
        </>
      }
    >
      <Filters>
        <FilterSelect
          label="Columns"
          any="everything"
          value={query.kind}
          options={KINDS}
          onChange={(kind) => set({ kind })}
        />
        <FilterSelect
          label="Verdict"
          any="any"
          value={query.verdict}
          options={VERDICTS}
          onChange={(verdict) => set({ verdict })}
        />
        <FilterSelect
          label="Rows"
          any="all"
          value={query.scope}
          options={[
            { value: 'device', label: 'devices' },
            { value: 'fleet', label: 'the fleet' },
            ...(labels.data ?? []).map((name) => ({ value: name, label: `label ${name}` })),
          ]}
          onChange={(scope) => set({ scope })}
        />
        <FilterText
          label="Name"
          placeholder="a device, a label’s value"
          value={query.name}
          onChange={(name) => set({ name })}
        />
        <ModelFilter value={query.model} onChange={(model) => set({ model })} />
      </Filters>
      <Superseded items={listing.items ?? []} />
      {chosen && <Comparison of={chosen} onClose={() => set({ row: undefined, column: undefined })} />}
      {listing.error && <Failed error={listing.error} retry={listing.retry} />}
      {listing.items === undefined && !listing.error && <Loading what="comparisons" />}
      {listing.items?.length === 0 && (
        <Empty title="Nothing was compared">
          The fleet is looked at once a day, from two closed weeks on; <Command>storecast drift run</Command> looks now.
        </Empty>
      )}
      {maps.map(({ title, rows, columns }) => (
        <Stack key={title} gap="xs">
          <Title order={2}>{title}</Title>
          <HeatMap
            name={title}
            rows={rows}
            rowId={({ id }) => id}
            rowTitle={({ title, device }) =>
              device === undefined ? (
                title
              ) : (
                <>
                  <DeviceLink size="xs" id={device} />
                  {title.slice(device.length)}
                </>
              )
            }
            columns={columns}
            cell={({ title, cells }, id) => {
              const one = cells.get(id)
              if (one === undefined) return undefined
              const psi = psiText(one.statistics?.psi.value)
              return {
                text: psi,
                tone: TONES[one.verdict],
                label: `${one.column} of ${title}: ${one.verdict}, PSI ${psi}`,
              }
            }}
            onChoose={({ id }, cell) => set({ row: id, column: cell })}
            isChosen={({ id }, cell) => id === row && cell === column}
          />
        </Stack>
      ))}
      {maps.length > 0 && <Legend />}
      <Group justify="space-between">
        <Shown of={listing} what="comparisons" />
        <Export name="drift" columns={EXPORTED} listing={listing} />
      </Group>
      <More of={listing} />
    </Page>
  )
}

const spanText = (items: readonly Compared[]) =>
  `${dayText(Math.min(...items.map(({ from }) => from)))} to ${dayText(Math.max(...items.map(({ to }) => to)) - 1)}`

const iso = (at: number) => new Date(at).toISOString()
const EXPORTED: readonly Pick<Column<Compared>, 'title' | 'csv'>[] = [
  { title: 'scope', csv: ({ scope }) => scope },
  { title: 'name', csv: ({ name }) => name },
  { title: 'kind', csv: ({ kind }) => kind },
  { title: 'column', csv: ({ column }) => column },
  { title: 'model', csv: ({ model }) => model },
  { title: 'version', csv: ({ model, version }) => (model === '' ? null : version) },
  { title: 'verdict', csv: ({ verdict }) => verdict },
  { title: 'psi', csv: ({ statistics }) => statistics?.psi.value },
  { title: 'q', csv: ({ q }) => q },
  { title: 'values', csv: ({ rows }) => rows },
  { title: 'from', csv: ({ from }) => iso(from) },
  { title: 'to', csv: ({ to }) => iso(to) },
]

/** What the colours say, in the verdicts' own words. */
const Legend = () => (
  <Group gap="xs" component="section" aria-label="Colours">
    {VERDICTS.map((verdict) => (
      <Group key={verdict} gap={6}>
        <Mark tone={TONES[verdict]}>{verdict}</Mark>
        <Text size="xs" c="dimmed">
          {ABOUT[verdict]}
        </Text>
      </Group>
    ))}
  </Group>
)
const ABOUT = {
  drift: 'real, and large enough to matter',
  minor: 'real, but small',
  stable: 'no more than chance explains',
  insufficient: 'too few values to tell',
} as const

/** Below a thousandth no difference is told. */
const psiText = (psi: number | undefined) => (psi === undefined ? '–' : psi < 0.001 ? '< 0.001' : psi.toFixed(3))

function NewestRun({ items }: { items: readonly Compared[] }) {
  const { data } = useQuery({
    queryKey: ['drift', 'runs'],
    queryFn: ({ signal }) => ask(api.GET('/v1/monitoring-runs', { params: { query: { limit: 1 } }, signal })),
  })
  const run = data?.items[0]
  if (run === undefined) return null
  if (run.state === 'failed') return <>The newest look failed: {run.error?.message}</>
  if (run.finishedAt === null) return <>A look is under way.</>
  return (
    <>
      Looked at {count(run.summary?.devices)} devices <Time at={run.finishedAt} />
      {items.length > 0 && <>, at what they saw from {spanText(items)} by the shops’ clocks</>}.
    </>
  )
}

/** Of models whose versions that were looked at serve no more: what serves instead has yet to be. */
function Superseded({ items }: { items: readonly Compared[] }) {
  const { can } = useSession()
  const serving = useQuery({
    enabled: can('device.read'),
    queryKey: ['device', 'serving'],
    queryFn: ({ signal }) => ask(api.GET('/v1/serving', { signal })),
  })
  const gone = supersededModels(items, serving.data?.items ?? [])
  if (gone.length === 0) return null
  return (
    <Alert color="yellow" variant="light" title="This was measured before another version served">
      <Stack gap={4}>
        {gone.map(({ model, measured, serves }) => (
          <Text key={model} size="sm">
            {model}: measured against version {measured.join(', ')}; version {serves.join(', ')} serves now.
          </Text>
        ))}
        <Text size="sm">
          The next look compares with what serves then; <Command>storecast drift run</Command> looks at once.
        </Text>
      </Stack>
    </Alert>
  )
}
