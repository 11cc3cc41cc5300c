import { Button, Group, SegmentedControl, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { csvOf, save } from '../../kit/csv.ts'
import { count, percent } from '../../kit/figures.ts'
import { useFilters } from '../../kit/use-filters.ts'
import { type Evaluation, evaluationQuery, type ModelVersion, type Scores, scoresQuery } from './queries.ts'

interface Slice {
  readonly name: string
  readonly heldOut: NonNullable<Evaluation['heldOut']>['sites'][number] | undefined
  readonly inService: Scores | undefined
}

/** Rows before one asks for all of them. */
const SHOWN = 12

/** Where the version does well and where it does not: by site or by product, the worst first. */
export function Slices({ of: { model, version } }: { of: ModelVersion }) {
  const { slices = 'site' } = useSearch({ from: '/signed-in/models/$model/$version' })
  const filter = useFilters()
  const [isWhole, setWhole] = useState(false)
  const evaluation = useQuery(evaluationQuery(model, version))
  const scores = useQuery(scoresQuery(model, slices === 'site' ? 'version,site' : 'version,entity', version))
  const rows = slicesOf(slices, evaluation.data, scores.data)
  const shown = isWhole ? rows : rows.slice(0, SHOWN)
  const isReading = scores.isPending || evaluation.isPending
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <SegmentedControl
          size="xs"
          aria-label="Slices by"
          value={slices}
          onChange={(value) => filter({ slices: value === 'site' ? undefined : value })}
          data={[
            { value: 'site', label: 'By site' },
            { value: 'product', label: 'By product' },
          ]}
        />
        {rows.length > 0 && (
          <Button size="xs" variant="subtle" onClick={() => exportSlices(model, version, rows)}>
            Export as CSV
          </Button>
        )}
      </Group>
      {rows.length === 0 ? (
        <Text size="sm" c="dimmed">
          {isReading ? 'Reading the scores…' : 'Nothing has been scored yet, and the bundle tells no held-out sites.'}
        </Text>
      ) : (
        <Table.ScrollContainer minWidth={420}>
          <Table fz="sm" verticalSpacing={4} aria-label="Slices">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{slices === 'site' ? 'Site' : 'Product'}</Table.Th>
                {slices === 'site' && <Table.Th ta="right">WAPE, held out</Table.Th>}
                <Table.Th ta="right">WAPE in service</Table.Th>
                <Table.Th ta="right">Baseline</Table.Th>
                <Table.Th ta="right">Inside the interval</Table.Th>
                <Table.Th ta="right">Forecasts</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map(({ name, heldOut, inService }) => (
                <Table.Tr key={name}>
                  <Table.Th scope="row" fw={500}>
                    {name || 'the site itself'}
                  </Table.Th>
                  {slices === 'site' && <Table.Td ta="right">{percent(heldOut?.wape)}</Table.Td>}
                  <Table.Td ta="right">{percent(inService?.wape)}</Table.Td>
                  <Table.Td ta="right">{percent(inService?.baselineWape)}</Table.Td>
                  <Table.Td ta="right">{percent(inService?.coverage ?? heldOut?.coverage)}</Table.Td>
                  <Table.Td ta="right">{count(inService?.rows ?? heldOut?.rows)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {rows.length > SHOWN && (
        <Button size="xs" variant="default" onClick={() => setWhole(!isWhole)} style={{ alignSelf: 'center' }}>
          {isWhole ? 'Show the worst alone' : `Show all ${count(rows.length)}`}
        </Button>
      )}
    </Stack>
  )
}

/** The worst first: by how it does in service, else held out. */
function slicesOf(by: 'site' | 'product', evaluation: Evaluation | undefined, scores: readonly Scores[] = []): Slice[] {
  const heldOut = new Map(by === 'site' ? evaluation?.heldOut?.sites.map((one) => [one.site, one]) : [])
  const inService = new Map(
    scores.filter(({ rows }) => rows > 0).map((one) => [(by === 'site' ? one.site : one.entity) ?? '', one]),
  )
  const names = [...new Set([...heldOut.keys(), ...inService.keys()])]
  const rows = names.map((name) => ({ name, heldOut: heldOut.get(name), inService: inService.get(name) }))
  const worst = ({ heldOut, inService }: Slice) => inService?.wape ?? heldOut?.wape ?? -1
  return rows.sort((a, b) => worst(b) - worst(a))
}

const exportSlices = (model: string, version: number, rows: readonly Slice[]) =>
  save(
    `${model}-${version}-slices.csv`,
    csvOf(
      ['slice', 'wape held out', 'wape in service', 'baseline wape', 'coverage', 'forecasts'],
      rows.map(({ name, heldOut, inService }) => [
        ...[name, heldOut?.wape, inService?.wape, inService?.baselineWape],
        ...[inService?.coverage ?? heldOut?.coverage, inService?.rows ?? heldOut?.rows],
      ]),
    ),
  )
