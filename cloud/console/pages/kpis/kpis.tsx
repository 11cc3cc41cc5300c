import { Code, Group, Paper, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { api, ask, type Item } from '../../api/client.ts'
import { Chart } from '../../kit/chart.tsx'
import { DataReach, dayText } from '../../kit/data-reach.tsx'
import { isElsewhere, type Newest, useNewest } from '../../kit/data-span.ts'
import { count, figure, percent } from '../../kit/figures.ts'
import { FilterSelect, Filters } from '../../kit/filters.tsx'
import { Mark } from '../../kit/mark.tsx'
import { ModelFilter } from '../../kit/model-filter.tsx'
import { labelNamesQuery } from '../../kit/names.ts'
import { Page } from '../../kit/page.tsx'
import { Empty, Loaded, Loading } from '../../kit/states.tsx'
import { useFilters } from '../../kit/use-filters.ts'
import { SPANS } from './search.ts'

type Kpi = Item<'/v1/kpis'>

const DAY_MS = 86_400_000

/** A figure in its unit, as UCUM-like texts name it: a share of 1 as percent, `1/30 d` as "per 30 days". */
function inUnit(unit: string): (value: number | null | undefined) => string {
  if (unit === '1') return (value) => percent(value)
  const per = /^1\/(\d+) d$/.exec(unit)
  const after = per ? `per ${per[1]} days` : unit
  return (value) => (value === null || value === undefined ? figure(value) : `${figure(value)} ${after}`)
}

export function Kpis() {
  const search = useSearch({ from: '/signed-in/kpis' })
  const set = useFilters<typeof search>()
  const labels = useQuery(labelNamesQuery)
  const { days = '28', ...query } = search
  const newest = useNewest()
  return (
    <Page
      title="KPIs"
      about="What the programme is judged by, each with its formula, its target and where its figures come from."
    >
      <Filters>
        <FilterSelect
          label="Of the last"
          value={days}
          options={SPANS.map((value) => ({ value, label: `${value} days` }))}
          onChange={(value) => set({ days: value })}
        />
        <ModelFilter value={search.model} onChange={(model) => set({ model })} />
        <FilterSelect
          label="By"
          any="all together"
          value={search.by}
          options={[
            { value: 'site', label: 'shop' },
            ...(labels.data ?? []).map((name) => ({ value: `label:${name}`, label: `label ${name}` })),
          ]}
          onChange={(by) => set({ by })}
        />
      </Filters>
      {newest ? (
        <Figures query={query} days={Number(days)} newest={newest} />
      ) : (
        <Loading what="how far the data reaches" />
      )}
    </Page>
  )
}

interface FiguresProps {
  readonly query: { model?: string; by?: string }
  readonly days: number
  readonly newest: Newest
}

function Figures({ query, days, newest: { at: to, now: cloudTo } }: FiguresProps) {
  const span = { from: to - days * DAY_MS, to, cloudTo }
  const kpis = useQuery({
    queryKey: ['kpi', query, span],
    queryFn: ({ signal }) => ask(api.GET('/v1/kpis', { params: { query: { ...query, ...span } }, signal })),
    placeholderData: (before) => before,
  })
  return (
    <Loaded query={kpis} what="KPIs">
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="No figures yet">
            They come with the first forecasts: roll a model out, and look again a day later.
          </Empty>
        ) : (
          <Stack gap="md">
            <DataReach>
              The days end there; what the cloud itself does is counted by its own clock, and says so.
            </DataReach>
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
              {items.map((kpi) => (
                <KpiCard
                  key={`${kpi.id} ${kpi.model}`}
                  kpi={kpi}
                  clock={isElsewhere({ at: to, now: cloudTo }) ? CLOCKS[kpi.clock](dayText(cloudTo)) : ''}
                />
              ))}
            </SimpleGrid>
          </Stack>
        )
      }
    </Loaded>
  )
}

/** What a KPI's card says of its span where the cloud's clock is not the shops'. */
const CLOCKS: Readonly<Record<Kpi['clock'], (cloudDay: string) => string>> = {
  shops: () => '',
  cloud: (day) => ` By the cloud’s clock, up to ${day}.`,
  both: (day) => ` The cloud’s part by its own clock, up to ${day}.`,
}

function KpiCard({ kpi, clock }: { kpi: Kpi; clock: string }) {
  const format = inUnit(kpi.unit)
  const { target, met, trend, groups } = kpi
  const marks = [target?.below, target?.above].filter((mark) => mark !== undefined)
  return (
    <Paper withBorder p="md" component="article">
      <Stack gap="xs">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <Title order={2} size="sm" fw={600}>
            {kpi.title}
            {kpi.model !== null && (
              <Text span size="sm" c="dimmed">
                {' '}
                {kpi.model}
              </Text>
            )}
          </Title>
          {met !== null && <Mark tone={met ? 'good' : 'bad'}>{met ? 'met' : 'missed'}</Mark>}
        </Group>
        <Group gap="xs" align="baseline">
          <Text fz={28} fw={600} lh={1.1} style={{ fontVariantNumeric: 'tabular-nums' }}>
            {format(kpi.value)}
          </Text>
          <Text size="xs" c="dimmed">
            {target === null ? 'no target' : `target ${targetText(target, format)}`}
            {kpi.denominator > 0 && `, of ${count(kpi.denominator)}`}
          </Text>
        </Group>
        {trend.length > 1 && (
          <Chart
            title={`${kpi.title} by day`}
            x={trend.map(({ day }) => Date.parse(day))}
            xKind="days"
            lines={[{ label: kpi.title, values: trend.map(({ value }) => value) }]}
            marks={marks}
            format={format}
            height={130}
            isQuiet
          />
        )}
        {groups.length > 0 && (
          <Table fz="xs" withRowBorders={false} aria-label={`${kpi.title} by group`}>
            <Table.Tbody>
              {groups.map(({ group, value, denominator }) => (
                <Table.Tr key={group}>
                  <Table.Td>{group ?? 'without the label'}</Table.Td>
                  <Table.Td ta="right">{format(value)}</Table.Td>
                  <Table.Td ta="right" c="dimmed">
                    of {count(denominator)}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
        <Text size="xs" c="dimmed">
          {kpi.formula}.{clock} From <Code fz={11}>{kpi.source}</Code>
        </Text>
      </Stack>
    </Paper>
  )
}

function targetText({ below, above }: NonNullable<Kpi['target']>, format: (value: number) => string): string {
  if (below !== undefined && above !== undefined) return `from ${format(above)} to ${format(below)}`
  if (below !== undefined) return `below ${format(below)}`
  return above === undefined ? 'no target' : `above ${format(above)}`
}
