import { Group, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Chart } from '../../kit/chart.tsx'
import { count, percent } from '../../kit/figures.ts'
import { Mark } from '../../kit/mark.tsx'
import { Empty, Loaded } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { type Analysis, type AnalysisRecord, analysesQuery, type Rollout } from './queries.ts'
import { VERDICT_TONES } from './words.ts'

/** What the candidate in shadow showed against the version that serves, as it became known. */
export function Evidence({ rollout }: { rollout: Rollout }) {
  const analyses = useQuery(analysesQuery(rollout.id))
  const { evidence, steps } = rollout.document.spec
  if (evidence === 'none') {
    return <Empty title="No evidence is asked for">The version is not compared with the one that serves.</Empty>
  }
  return (
    <Loaded query={analyses} what="analyses">
      {(records) => {
        const newest = records[0]
        if (newest) return <Found records={records} newest={newest} />
        return (
          <Empty title="Nothing to compare yet">
            {steps.some((step) => step.analysis)
              ? 'The candidate runs in shadow first; each closed day of its devices then counts. Without evidence it never passes.'
              : 'No step asks for an analysis.'}
          </Empty>
        )
      }}
    </Loaded>
  )
}

/** The newest look at each number of closed days, oldest first. */
function byDays(records: readonly AnalysisRecord[]): Analysis[] {
  const newest = new Map<number, Analysis>()
  for (const { analysis } of records) {
    const days = analysis.estimate?.days
    if (days !== undefined && !newest.has(days)) newest.set(days, analysis)
  }
  return [...newest].sort(([a], [b]) => a - b).map(([, analysis]) => analysis)
}

function Found({ records, newest }: { records: readonly AnalysisRecord[]; newest: AnalysisRecord }) {
  const { analysis } = newest
  const { verdict, reason, rule, denominators, coverage, guards } = analysis
  const looks = byDays(records)
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Mark tone={VERDICT_TONES[verdict] ?? 'quiet'}>{verdict}</Mark>
        <Text size="sm">{reason}</Text>
      </Group>
      {looks.length > 0 && (
        <>
          <Text size="sm" c="dimmed">
            Error of the candidate against the version that serves, after each closed day: above 0 it is worse. Dotted: the
            margin of {percent(rule.margin)}, below which all of the band must lie to pass.
          </Text>
          <Chart
            title="Relative difference of the errors with its 95 % bounds, by closed days"
            isTime={false}
            x={looks.map(({ estimate }) => estimate!.days)}
            xLabel="closed days"
            lines={[{ label: 'Difference', values: looks.map(({ estimate }) => estimate!.mean) }]}
            band={{
              label: '95 % bounds',
              low: looks.map(({ estimate }) => estimate!.lower),
              high: looks.map(({ estimate }) => estimate!.upper),
            }}
            marks={[0, rule.margin]}
            format={(value) => percent(value)}
          />
        </>
      )}
      <Table variant="vertical" withRowBorders={false} fz="sm" verticalSpacing={3} aria-label="What it rests on">
        <Table.Tbody>
          <Fact name="Looked at">
            <Time at={newest.at} />
          </Fact>
          <Fact name="Closed days">
            {count(analysis.estimate?.days ?? 0)} of {rule.minDays} to {rule.maxDays}
          </Fact>
          <Fact name="Devices">
            {count(denominators.matured)} with a closed day of {count(denominators.members)} in shadow
          </Fact>
          <Fact name="Forecasts">
            {count(denominators.rows)} scored, {count(denominators.excludedRows)} left out
          </Fact>
          {coverage && (
            <Fact name="Intervals cover">
              {percent(coverage.candidate)}; those of the version that serves {percent(coverage.champion)}
            </Fact>
          )}
          {guards.map((guard) => (
            <Fact key={guard.guard} name={GUARDS[guard.guard] ?? guard.guard}>
              {count(guard.broken)} of {count(guard.devices)} devices above {guard.limit}{' '}
              {guard.stop && <Mark tone="bad">stops</Mark>}
            </Fact>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  )
}

const GUARDS: Readonly<Record<string, string>> = {
  crashes: 'Guard: crashes',
  'latency-p95': 'Guard: latency p95, ms',
  'coverage-loss': 'Guard: loss of coverage',
}

const Fact = ({ name, children }: { name: string; children: React.ReactNode }) => (
  <Table.Tr>
    <Table.Th scope="row" w={170} fw={500}>
      {name}
    </Table.Th>
    <Table.Td>{children}</Table.Td>
  </Table.Tr>
)
