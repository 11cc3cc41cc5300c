import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Chart, type Line } from '../../kit/chart.tsx'
import { count, percent } from '../../kit/figures.ts'
import { Loaded } from '../../kit/states.tsx'
import { calibrationQuery, evaluationQuery, type ModelVersion } from './queries.ts'

interface Observed {
  readonly rows: number
  readonly below: readonly number[]
  readonly atOrBelow: readonly number[]
}

/** Between the shares below and at or below: counts tie with quantiles, and both ends of a tie are as good. */
export const observed = ({ below, atOrBelow }: Observed): number[] =>
  below.map((share, level) => (share + (atOrBelow[level] ?? share)) / 2)

/** Nominal levels of the quantiles against the share of actuals below them: on the dashed line they are what they say. */
export function CalibrationPlot({ of: { model, version, manifest } }: { of: ModelVersion }) {
  const evaluation = useQuery(evaluationQuery(model, version))
  const inService = useQuery(calibrationQuery(model))
  const levels = manifest.definition.spec.quantiles
  return (
    <Loaded query={evaluation} what="the calibration">
      {({ heldOut }) => {
        const serving = inService.data?.find((one) => one.version === version)
        const lines = [
          ...(heldOut && heldOut.rows > 0 ? [lineOf('Held out', heldOut, 'second')] : []),
          ...(serving && serving.below.length === levels.length ? [lineOf('In service', serving, 'main')] : []),
        ]
        if (lines.length === 0) {
          return (
            <Text size="sm" c="dimmed">
              The bundle tells no held-out forecasts, and none in service has been scored yet.
            </Text>
          )
        }
        return <Plot levels={levels} lines={lines} />
      }}
    </Loaded>
  )
}

export const lineOf = (label: string, one: Observed, tone: NonNullable<Line['tone']>): Line => ({
  label: `${label} (${count(one.rows)})`,
  values: observed(one),
  tone,
})

export const Plot = ({ levels, lines }: { levels: readonly number[]; lines: readonly Line[] }) => (
  <Stack gap={4}>
    <Chart
      title="Share of actuals below each quantile, by the quantile’s level"
      xKind="numbers"
      x={levels}
      xLabel="quantile"
      lines={[...lines, { label: 'as it should be', values: levels, tone: 'quiet', isDashed: true }]}
      format={(value) => percent(value, 0)}
    />
    <Text size="xs" c="dimmed">
      Held-out forecasts are raw: devices calibrate them by the days that they have scored.
    </Text>
  </Stack>
)
