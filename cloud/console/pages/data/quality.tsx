import { Group, Text } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import { api, ask, type Item } from '../../api/client.ts'
import { Command } from '../../kit/command.tsx'
import { DataReach } from '../../kit/data-reach.tsx'
import { useDataSpan } from '../../kit/data-span.ts'
import { Export } from '../../kit/data-table.tsx'
import { Facts } from '../../kit/facts.tsx'
import { count, percent } from '../../kit/figures.ts'
import { FilterSelect, Filters, FilterText } from '../../kit/filters.tsx'
import { HeatMap } from '../../kit/heat-map.tsx'
import { DeviceLink } from '../../kit/links.tsx'
import { More, Shown } from '../../kit/more.tsx'
import { Page } from '../../kit/page.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Part } from '../../kit/part.tsx'
import { Empty, Failed, Loading } from '../../kit/states.tsx'
import { useFilters } from '../../kit/use-filters.ts'
import { DataTabs } from './data-tabs.tsx'
import { DIMENSIONS, type Dimension } from './dimensions.ts'
import { SPANS } from './search.ts'

type Quality = Item<'/v1/data-quality'>

const COLUMNS = Object.entries(DIMENSIONS).map(([id, { title }]) => ({ id: id as Dimension, title }))
const EXPORTED = [
  { title: 'device', csv: ({ device }: Quality) => device },
  { title: 'shop', csv: ({ site }: Quality) => site },
  { title: 'sensor', csv: ({ sensor }: Quality) => sensor },
  { title: 'readings', csv: ({ counts }: Quality) => counts.count },
  ...COLUMNS.map(({ id }) => ({ title: id, csv: ({ scores }: Quality) => scores[id] })),
]
/** How far above its threshold a score is still near it. */
const NEAR = 0.02

export function Quality() {
  const search = useSearch({ from: '/signed-in/data/quality' })
  const set = useFilters<typeof search>()
  const { days = '7', ...where } = search
  const span = useDataSpan(Number(days))
  return (
    <Page
      title="Data quality"
      about="Share of each sensor’s readings that are as they should be. A score below the sensor’s own threshold opens a task for its steward."
    >
      <DataTabs />
      <Filters>
        <FilterText label="Shop" value={search.site} onChange={(site) => set({ site })} />
        <FilterText label="Sensor" value={search.sensor} onChange={(sensor) => set({ sensor })} />
        <FilterSelect
          label="Of the last"
          value={days}
          options={SPANS.map((value) => ({ value, label: value === '1' ? 'day' : `${value} days` }))}
          onChange={(value) => set({ days: value })}
        />
      </Filters>
      <DataReach>The days end there.</DataReach>
      {span ? <Scores where={where} span={span} /> : <Loading what="how far the data reaches" />}
    </Page>
  )
}

function Scores({ where, span }: { where: { site?: string; sensor?: string }; span: { from: number; to: number } }) {
  const listing = useListing<Quality>({
    queryKey: ['quality', where, span],
    page: (at, init) =>
      ask(
        api.GET('/v1/data-quality', {
          params: { query: { ...where, ...span, limit: 50, ...at } },
          ...init,
        }),
      ),
  })
  if (listing.error) return <Failed error={listing.error} retry={listing.retry} />
  if (listing.items === undefined) return <Loading what="scores" />
  if (listing.items.length === 0) {
    return (
      <Empty title="No scores">
        Nothing came from such sensors in this span. Check the shop’s name, or ask its device:{' '}
        <Command>storecast device logs</Command>.
      </Empty>
    )
  }
  return (
    <>
      <HeatMap
        name="Data quality by sensor"
        rows={listing.items}
        rowId={({ device, sensor }) => `${device} ${sensor}`}
        rowTitle={({ device, sensor }) => (
          <>
            <DeviceLink size="xs" id={device} /> {sensor}
          </>
        )}
        columns={COLUMNS}
        cell={cellOf}
      />
      <Group justify="space-between">
        <Shown of={listing} what="sensors" />
        <Export name="data-quality" columns={EXPORTED} listing={listing} />
      </Group>
      <More of={listing} />
      <Part title="What the scores tell">
        <Facts of={COLUMNS.map(({ id, title }) => [title, DIMENSIONS[id].about] as const)} />
        <Text size="sm" c="dimmed" mt="xs">
          Red lies below the sensor’s threshold, yellow less than {percent(NEAR, 0)} above it.
        </Text>
      </Part>
    </>
  )
}

function cellOf({ device, sensor, scores, thresholds, counts }: Quality, column: string) {
  const score = scores[column as Dimension]
  if (score === null) return undefined
  const threshold = (thresholds as Readonly<Partial<Record<string, number>>>)[column]
  const tone = threshold === undefined ? toneOf(score, 0.9) : toneOf(score, threshold)
  const against = threshold === undefined ? '' : `, threshold ${percent(threshold)}`
  return {
    text: percent(score),
    tone,
    label: `${sensor} of ${device}, ${column}: ${percent(score)}${against}, of ${count(counts.count)} readings`,
  } as const
}

function toneOf(score: number, threshold: number): 'good' | 'warning' | 'bad' {
  if (score < threshold) return 'bad'
  return score < 1 && score - threshold < NEAR ? 'warning' : 'good'
}
