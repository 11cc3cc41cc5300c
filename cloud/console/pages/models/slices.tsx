import { Button, Group, SegmentedControl, Select, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { csvOf, save } from '../../kit/csv.ts'
import { count, percent } from '../../kit/figures.ts'
import { Mark } from '../../kit/mark.tsx'
import { labelNamesQuery } from '../../kit/names.ts'
import { useFilters } from '../../kit/use-filters.ts'
import { Wide } from '../../kit/wide.tsx'
import { attributesQuery, evaluationQuery, type ModelVersion, scoresQuery } from './queries.ts'
import { isBelowBaseline, isGrouping, LEAST, MOST, type Slice, type SliceBy, slicesOf } from './slices-of.ts'

/** Rows before one asks for all of them. */
const SHOWN = 12

const TITLES: Readonly<Record<SliceBy, string>> = {
  site: 'Shop',
  product: 'Product',
  attribute: 'Product group',
  weekday: 'Weekday',
  label: 'Label',
}

/** Where the version does well and where it does not: by what its forecasts are of, the worst first. */
export function Slices({ of: { model, version } }: { of: ModelVersion }) {
  const search = useSearch({ from: '/signed-in/models/$model/$version' })
  const { slices: by = 'site' } = search
  const filter = useFilters()
  const [isWhole, setWhole] = useState(false)
  const labels = useQuery(labelNamesQuery)
  const attributes = useQuery(attributesQuery)
  const grouping = attributes.data?.filter(isGrouping).map(({ name }) => name)
  const label = search.label ?? labels.data?.[0]
  const attribute = search.attribute ?? grouping?.[0]
  const keys = {
    site: 'site',
    product: 'entity',
    attribute: `attribute:${attribute}`,
    weekday: 'weekday',
    label: `label:${label}`,
  }
  const evaluation = useQuery(evaluationQuery(model, version))
  const isAskable = (by !== 'label' || label !== undefined) && (by !== 'attribute' || attribute !== undefined)
  const scores = useQuery({
    ...scoresQuery(model, `version,${keys[by]}`, { version, top: MOST[by] }),
    enabled: isAskable,
  })
  const rows = slicesOf(by, evaluation.data, scores.data)
  const shown = isWhole ? rows : rows.slice(0, SHOWN)
  const isReading =
    [evaluation, labels, attributes].some(({ isPending }) => isPending) ||
    (scores.isPending && scores.fetchStatus !== 'idle')
  const heading = by === 'label' ? label : by === 'attribute' ? attribute : TITLES[by]
  const columns = { heldOut: by === 'site', share: MOST[by] !== undefined }
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Group gap="xs" maw="100%">
          <Wide label="What slices are by">
            <SegmentedControl
              size="xs"
              aria-label="Slices by"
              value={by}
              onChange={(value) => filter({ slices: value === 'site' ? undefined : value })}
              data={Object.entries(TITLES).map(([value, label]) => ({ value, label }))}
            />
          </Wide>
          {by === 'label' && label !== undefined && (
            <Which name="Label" of={labels.data} value={label} onChange={(value) => filter({ label: value })} />
          )}
          {by === 'attribute' && attribute !== undefined && (
            <Which
              name="Attribute"
              of={grouping}
              value={attribute}
              onChange={(value) => filter({ attribute: value })}
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
                <Table.Th>{heading}</Table.Th>
                {columns.heldOut && <Table.Th ta="right">WAPE, held out</Table.Th>}
                <Table.Th ta="right">WAPE in service</Table.Th>
                <Table.Th ta="right">Baseline</Table.Th>
                <Table.Th ta="right">Inside the interval</Table.Th>
                {columns.share && <Table.Th ta="right">Of what was sold</Table.Th>}
                <Table.Th ta="right">Forecasts</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map((slice) => (
                <Row key={slice.name} of={slice} columns={columns} />
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
  site: 'Nothing has been scored yet, and the bundle tells no held-out shops.',
  product: 'Nothing has been scored yet.',
  attribute: 'Nothing has been scored yet, or no catalogue of a shop groups its products by an attribute.',
  weekday: 'Nothing has been scored yet.',
  label: 'Nothing has been scored yet, or no shop carries a label.',
}

/** One of several that slices can be by. */
function Which(props: {
  name: string
  of: readonly string[] | undefined
  value: string
  onChange: (value?: string) => void
}) {
  const { name, of = [], value, onChange } = props
  return (
    <Select
      size="xs"
      w={150}
      aria-label={name}
      allowDeselect={false}
      data={[...new Set([...of, value])]}
      value={value}
      onChange={(chosen) => onChange(chosen ?? undefined)}
    />
  )
}

function Row({ of, columns }: { of: Slice; columns: { readonly heldOut: boolean; readonly share: boolean } }) {
  const { name, heldOut, inService, share, isSmall } = of
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
      {columns.heldOut && <Table.Td ta="right">{percent(heldOut?.wape)}</Table.Td>}
      <Table.Td ta="right">{percent(inService?.wape)}</Table.Td>
      <Table.Td ta="right">{percent(inService?.baselineWape)}</Table.Td>
      <Table.Td ta="right">{percent(inService?.coverage ?? heldOut?.coverage)}</Table.Td>
      {columns.share && <Table.Td ta="right">{percent(share)}</Table.Td>}
      <Table.Td ta="right">{count(inService?.rows ?? heldOut?.rows)}</Table.Td>
    </Table.Tr>
  )
}

const exportSlices = (name: string, rows: readonly Slice[]) =>
  save(
    `${name}.csv`,
    csvOf(
      ['slice', 'wape held out', 'wape in service', 'baseline wape', 'coverage', 'of what was sold', 'forecasts'],
      rows.map(({ name, heldOut, inService, share }) => [
        ...[name, heldOut?.wape, inService?.wape, inService?.baselineWape],
        ...[inService?.coverage ?? heldOut?.coverage, share, inService?.rows ?? heldOut?.rows],
      ]),
    ),
  )
