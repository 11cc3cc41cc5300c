import { Button, Group, SegmentedControl, Select, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { csvOf, save } from '../../kit/csv.ts'
import { count, percent } from '../../kit/figures.ts'
import { Mark } from '../../kit/mark.tsx'
import { useFilters } from '../../kit/use-filters.ts'
import { Wide } from '../../kit/wide.tsx'
import { evaluationQuery, labelNamesQuery, type ModelVersion, scoresQuery } from './queries.ts'
import { isBelowBaseline, LEAST, type Slice, type SliceBy, slicesOf } from './slices-of.ts'

/** Rows before one asks for all of them. */
const SHOWN = 12

const TITLES: Readonly<Record<SliceBy, string>> = {
  site: 'Site',
  product: 'Product',
  weekday: 'Weekday',
  label: 'Label',
}

/** Where the version does well and where it does not: by site, product, weekday or a label of the sites, the worst first. */
export function Slices({ of: { model, version } }: { of: ModelVersion }) {
  const search = useSearch({ from: '/signed-in/models/$model/$version' })
  const { slices: by = 'site' } = search
  const filter = useFilters()
  const [isWhole, setWhole] = useState(false)
  const names = useQuery(labelNamesQuery)
  const label = search.label ?? names.data?.[0]
  const keys = { site: 'site', product: 'entity', weekday: 'weekday', label: `label:${label}` }
  const evaluation = useQuery(evaluationQuery(model, version))
  const scores = useQuery({
    ...scoresQuery(model, `version,${keys[by]}`, version),
    enabled: by !== 'label' || label !== undefined,
  })
  const rows = slicesOf(by, evaluation.data, scores.data)
  const shown = isWhole ? rows : rows.slice(0, SHOWN)
  const isReading = evaluation.isPending || names.isPending || (scores.isPending && scores.fetchStatus !== 'idle')
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Group gap="xs">
          <SegmentedControl
            size="xs"
            aria-label="Slices by"
            value={by}
            onChange={(value) => filter({ slices: value === 'site' ? undefined : value })}
            data={Object.entries(TITLES).map(([value, title]) => ({ value, label: `By ${title.toLowerCase()}` }))}
          />
          {by === 'label' && label !== undefined && (
            <Select
              size="xs"
              w={130}
              aria-label="Label"
              allowDeselect={false}
              data={[...new Set([...(names.data ?? []), label])]}
              value={label}
              onChange={(value) => filter({ label: value ?? undefined })}
            />
          )}
        </Group>
        {rows.length > 0 && (
          <Button size="xs" variant="subtle" onClick={() => exportSlices(`${model}-${version}-by-${by}`, rows)}>
            Export as CSV
          </Button>
        )}
      </Group>
      {rows.length === 0 ? (
        <Text size="sm" c="dimmed">
          {isReading ? 'Reading the scores…' : NOTHING[by]}
        </Text>
      ) : (
        <Wide label="Slices" minWidth={420}>
          <Table fz="sm" verticalSpacing={4} aria-label="Slices">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{by === 'label' ? label : TITLES[by]}</Table.Th>
                {by === 'site' && <Table.Th ta="right">WAPE, held out</Table.Th>}
                <Table.Th ta="right">WAPE in service</Table.Th>
                <Table.Th ta="right">Baseline</Table.Th>
                <Table.Th ta="right">Inside the interval</Table.Th>
                <Table.Th ta="right">Forecasts</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map((slice) => (
                <Row key={slice.name} of={slice} hasHeldOut={by === 'site'} />
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
      {rows.length > SHOWN && (
        <Button size="xs" variant="default" onClick={() => setWhole(!isWhole)} style={{ alignSelf: 'center' }}>
          {isWhole ? 'Show the worst alone' : `Show all ${count(rows.length)}`}
        </Button>
      )}
    </Stack>
  )
}

const NOTHING: Readonly<Record<SliceBy, string>> = {
  site: 'Nothing has been scored yet, and the bundle tells no held-out sites.',
  product: 'Nothing has been scored yet.',
  weekday: 'Nothing has been scored yet.',
  label: 'Nothing has been scored yet, or no site carries a label.',
}

function Row({ of, hasHeldOut }: { of: Slice; hasHeldOut: boolean }) {
  const { name, heldOut, inService, isSmall } = of
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500} style={{ whiteSpace: 'nowrap' }}>
        {name}{' '}
        {isSmall ? (
          <span title={`Fewer than ${LEAST} forecasts: chance as much as the model`}>
            <Mark tone="quiet">too few</Mark>
          </span>
        ) : (
          isBelowBaseline(of) && <Mark tone="warning">below baseline</Mark>
        )}
      </Table.Th>
      {hasHeldOut && <Table.Td ta="right">{percent(heldOut?.wape)}</Table.Td>}
      <Table.Td ta="right">{percent(inService?.wape)}</Table.Td>
      <Table.Td ta="right">{percent(inService?.baselineWape)}</Table.Td>
      <Table.Td ta="right">{percent(inService?.coverage ?? heldOut?.coverage)}</Table.Td>
      <Table.Td ta="right">{count(inService?.rows ?? heldOut?.rows)}</Table.Td>
    </Table.Tr>
  )
}

const exportSlices = (name: string, rows: readonly Slice[]) =>
  save(
    `${name}.csv`,
    csvOf(
      ['slice', 'wape held out', 'wape in service', 'baseline wape', 'coverage', 'forecasts'],
      rows.map(({ name, heldOut, inService }) => [
        ...[name, heldOut?.wape, inService?.wape, inService?.baselineWape],
        ...[inService?.coverage ?? heldOut?.coverage, inService?.rows ?? heldOut?.rows],
      ]),
    ),
  )
