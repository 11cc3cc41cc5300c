import { CloseButton, Group, Paper, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, ask } from '../../api/client.ts'
import { Bars } from '../../kit/bars.tsx'
import { Chart } from '../../kit/chart.tsx'
import { count, figure, percent } from '../../kit/figures.ts'
import { Mark } from '../../kit/mark.tsx'
import { Loaded } from '../../kit/states.tsx'
import { absoluteTime } from '../../kit/time.tsx'
import { type Compared, columnOf, rowOf } from './rows.ts'

const TONES = { drift: 'bad', minor: 'warning', stable: 'good', insufficient: 'quiet' } as const
/** Runs of the past that are shown. */
const RUNS = 60

/** One comparison: the two distributions side by side, its statistics with their thresholds, and how it came to be. */
export function Comparison({ of, onClose }: { of: Compared; onClose: () => void }) {
  const { scope, name, kind, model, version, column } = of
  const asked = { scope, name, kind, column, ...(model !== '' && { model }) }
  const bins = useQuery({
    queryKey: ['drift', 'bins', of.run, asked, version],
    queryFn: async ({ signal }) => {
      const query = { ...asked, run: of.run, bins: 'true' as never, limit: 50 }
      const { items } = await ask(api.GET('/v1/drift', { params: { query }, signal }))
      return items.find((one) => rowOf(one) === rowOf(of) && columnOf(one) === columnOf(of))?.bins ?? null
    },
  })
  const past = useQuery({
    queryKey: ['drift', 'past', asked, version],
    queryFn: async ({ signal }) => {
      const query = { ...asked, run: 'all', limit: RUNS }
      const { items } = await ask(api.GET('/v1/drift', { params: { query }, signal }))
      return items.filter((one) => one.version === version && one.statistics !== null).reverse()
    },
  })
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" mb="sm" wrap="nowrap" align="flex-start">
        <Stack gap={2}>
          <Group gap="xs">
            <Text fw={600}>
              {column} of {scope === 'fleet' ? 'the fleet' : name}
            </Text>
            <Mark tone={TONES[of.verdict]}>{of.verdict}</Mark>
          </Group>
          <Text size="xs" c="dimmed">
            {absoluteTime(of.from)} to {absoluteTime(of.to)}, {count(of.rows)} values, worth {figure(of.effective)}{' '}
            independent ones
          </Text>
        </Stack>
        <CloseButton aria-label="Close the comparison" onClick={onClose} />
      </Group>
      {of.reason !== null && <Text size="sm">{of.reason}</Text>}
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Loaded query={bins} what="the distributions">
          {(found) =>
            found === null ? (
              <Text size="sm" c="dimmed">
                Nothing is kept of what was compared.
              </Text>
            ) : (
              <Bars
                title={`Shares of ${column} by bin`}
                labels={binLabels(found.edges)}
                groups={[
                  { label: 'reference', values: found.reference },
                  { label: 'now', values: found.current },
                ]}
                format={(share) => percent(share)}
              />
            )
          }
        </Loaded>
        <Stack>
          {of.statistics && <Statistics of={of} statistics={of.statistics} />}
          {(past.data?.length ?? 0) > 1 && (
            <Chart
              title={`PSI of ${column} over time`}
              x={past.data!.map(({ to }) => to)}
              lines={[{ label: 'PSI', values: past.data!.map(({ statistics }) => statistics!.psi.value) }]}
              marks={[past.data!.at(-1)!.statistics!.psi.threshold]}
              height={160}
            />
          )}
        </Stack>
      </SimpleGrid>
    </Paper>
  )
}

const NAMES = { psi: 'PSI', ks: 'Kolmogorov–Smirnov', wasserstein: 'Wasserstein, σ of the reference' } as const

function Statistics({ of, statistics }: { of: Compared; statistics: NonNullable<Compared['statistics']> }) {
  return (
    <Table fz="sm" withRowBorders={false} aria-label="Statistics">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Statistic</Table.Th>
          <Table.Th ta="right">Value</Table.Th>
          <Table.Th ta="right">Alone it would need</Table.Th>
          <Table.Th ta="right">p</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {(Object.keys(NAMES) as (keyof typeof NAMES)[]).map((name) => (
          <Table.Tr key={name}>
            <Table.Td>{NAMES[name]}</Table.Td>
            <Table.Td ta="right">{figure(statistics[name].value)}</Table.Td>
            <Table.Td ta="right">{figure(statistics[name].threshold)}</Table.Td>
            <Table.Td ta="right">{figure(statistics[name].p)}</Table.Td>
          </Table.Tr>
        ))}
        <Table.Tr>
          <Table.Td colSpan={3}>Together, adjusted for all comparisons of the run (q)</Table.Td>
          <Table.Td ta="right">{figure(of.q)}</Table.Td>
        </Table.Tr>
      </Table.Tbody>
    </Table>
  )
}

const binLabels = (edges: readonly number[]): string[] => [
  ...edges.map((edge) => `≤ ${figure(edge)}`),
  edges.length > 0 ? `> ${figure(edges.at(-1))}` : 'all',
]
