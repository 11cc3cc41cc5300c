import { Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Chart } from '../../kit/chart.tsx'
import { Facts } from '../../kit/facts.tsx'
import { count, duration, figure, percent } from '../../kit/figures.ts'
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
            Error of the candidate against the version that serves, after each closed day: above 0 it is worse. Dotted:
            the margin of {percent(rule.margin)}, below which all of the band must lie to pass.
          </Text>
          <Chart
            title="Relative difference of the errors with its 95 % bounds, by closed days"
            xKind="numbers"
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
      <Facts
        of={[
          ['Looked at', <Time key="at" at={newest.at} />],
          ['Closed days', `${count(analysis.estimate?.days ?? 0)} of ${rule.minDays} to ${rule.maxDays}`],
          ['Devices', `${count(denominators.matured)} with a closed day of ${count(denominators.members)} in shadow`],
          ['Forecasts', `${count(denominators.rows)} scored, ${count(denominators.excludedRows)} left out`],
          ...(coverage
            ? ([
                [
                  'Intervals cover',
                  `${percent(coverage.candidate)}; those of the version that serves ${percent(coverage.champion)}`,
                ],
              ] as const)
            : []),
          ...guards.map(
            ({ guard, broken, devices, limit, stop }) =>
              [
                GUARDS[guard]?.title ?? guard,
                <span key={guard}>
                  {count(broken)} of {count(devices)} devices above {(GUARDS[guard]?.format ?? figure)(limit)}{' '}
                  {stop && <Mark tone="bad">stops</Mark>}
                </span>,
              ] as const,
          ),
        ]}
      />
    </Stack>
  )
}

/** What stops a rollout whatever its errors are, with the unit of its limit. */
const GUARDS: Readonly<Record<string, { readonly title: string; readonly format: (limit: number) => string }>> = {
  crashes: { title: 'Guard: crashes', format: (limit) => `${count(limit)} ${limit === 1 ? 'crash' : 'crashes'}` },
  'latency-p95': { title: 'Guard: latency, p95', format: duration },
  'coverage-loss': { title: 'Guard: loss of coverage', format: (limit) => percent(limit) },
}
