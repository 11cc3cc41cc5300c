import { Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { percent } from '../../kit/figures.ts'
import { Wide } from '../../kit/wide.tsx'
import { against, metricName, metricNames, metricText } from './figures.ts'
import { type ModelVersion, modelQuery, scoresQuery, versionQuery } from './queries.ts'

/** Held-out scores beside those of the champion and of the baseline; then how both did in service. */
export function Metrics({ of }: { of: ModelVersion }) {
  const { model, version, manifest } = of
  const found = useQuery(modelQuery(model))
  const number = found.data?.aliases.champion
  const isChampion = number === version
  const champion = useQuery({
    ...versionQuery(model, number ?? 0),
    enabled: number !== undefined && !isChampion,
  })
  const other = isChampion ? undefined : champion.data?.manifest.metrics
  const names = metricNames(manifest.metrics, manifest.baseline)
  return (
    <Stack gap="sm">
      <Wide label="Metrics" minWidth={480}>
        <Table fz="sm" verticalSpacing={4} aria-label="Metrics">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>On held-out days</Table.Th>
              <Table.Th ta="right">This version</Table.Th>
              {other && <Table.Th ta="right">Champion ({number})</Table.Th>}
              <Table.Th ta="right">Baseline</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {names.map((name) => (
              <Table.Tr key={name}>
                <Table.Th scope="row" fw={500}>
                  {metricName(name)}
                </Table.Th>
                <Table.Td ta="right">{metricText(name, manifest.metrics[name])}</Table.Td>
                {other && (
                  <Table.Td ta="right">
                    <Compared metric={name} value={manifest.metrics[name]} other={other[name]} />
                  </Table.Td>
                )}
                <Table.Td ta="right">
                  <Compared metric={name} value={manifest.metrics[name]} other={manifest.baseline[name]} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
      {other && (
        <Text size="xs" c="dimmed">
          Versions may be held out on other days, so that their scores differ by those days too: a rollout compares them
          on the same forecasts.
        </Text>
      )}
      <InService model={model} version={version} champion={isChampion ? undefined : number} />
    </Stack>
  )
}

interface ComparedProps {
  readonly metric: string
  readonly value: number | undefined
  readonly other: number | undefined
}

/** The other's value, and how this version's stands to it. */
function Compared({ metric, value, other }: ComparedProps) {
  const how = against(metric, value, other)
  return (
    <>
      {metricText(metric, other)}
      {how && (
        <Text size="xs" c="dimmed">
          {how.text}, {how.isBetter ? 'better' : 'worse'}
        </Text>
      )}
    </>
  )
}

function InService({ model, version, champion }: { model: string; version: number; champion: number | undefined }) {
  const scores = useQuery(scoresQuery(model, 'version'))
  const rows = scores.data?.filter((one) => one.version === version || one.version === champion) ?? []
  if (rows.every(({ rows }) => rows === 0)) {
    return (
      <Text size="sm" c="dimmed">
        {scores.data ? 'No forecast of it in service has been scored yet.' : 'Reading how it does in service…'}
      </Text>
    )
  }
  return (
    <Wide label="In service" minWidth={480}>
      <Table fz="sm" verticalSpacing={4} aria-label="In service">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>In service</Table.Th>
            <Table.Th ta="right">WAPE</Table.Th>
            <Table.Th ta="right">Baseline</Table.Th>
            <Table.Th ta="right">Inside the interval</Table.Th>
            <Table.Th ta="right">Forecasts</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.version}>
              <Table.Th scope="row" fw={500}>
                {row.version === version ? 'This version' : `Champion (${row.version})`}
              </Table.Th>
              <Table.Td ta="right">{percent(row.wape)}</Table.Td>
              <Table.Td ta="right">{percent(row.baselineWape)}</Table.Td>
              <Table.Td ta="right">{percent(row.coverage)}</Table.Td>
              <Table.Td ta="right">{row.rows.toLocaleString('en')}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  )
}
