import { Grid, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { count, percent } from '../../kit/figures.ts'
import { FilterSelect, Filters } from '../../kit/filters.tsx'
import { Page } from '../../kit/page.tsx'
import { GridPart } from '../../kit/part.tsx'
import { Empty, Loaded } from '../../kit/states.tsx'
import { useFilters } from '../../kit/use-filters.ts'
import { Wide } from '../../kit/wide.tsx'
import { lineOf, Plot } from './calibration.tsx'
import { differences } from './differences.ts'
import { against, metricName, metricNames, metricText } from './figures.ts'
import {
  calibrationQuery,
  evaluationQuery,
  type ModelVersion,
  modelQuery,
  scoresQuery,
  servingQuery,
  versionQuery,
} from './queries.ts'
import { VersionLink } from './version-link.tsx'

/** Two versions side by side. */
export function ComparePage() {
  const { model } = useParams({ from: '/signed-in/models/$model/compare' })
  const search = useSearch({ from: '/signed-in/models/$model/compare' })
  const filter = useFilters<typeof search>()
  const known = useQuery(modelQuery(model))
  const { a, b } = search
  // Numbers are given without holes, the newest first to choose from.
  const numbers = Array.from({ length: known.data?.versions ?? 0 }, (_, n) => String(n + 1)).reverse()
  return (
    <Page
      title={a !== undefined && b !== undefined ? `${model}: ${a} and ${b}` : `${model}: two versions`}
      above={[
        { label: 'Models', to: '/models' },
        { label: model, to: `/models/${model}` },
      ]}
    >
      <Filters>
        <FilterSelect
          label="Version"
          any="choose one"
          options={numbers}
          value={a === undefined ? undefined : String(a)}
          onChange={(a) => filter({ a: a === undefined ? undefined : Number(a) })}
        />
        <FilterSelect
          label="with"
          any="choose one"
          options={numbers}
          value={b === undefined ? undefined : String(b)}
          onChange={(b) => filter({ b: b === undefined ? undefined : Number(b) })}
        />
      </Filters>
      {a === undefined || b === undefined ? (
        <Empty title="Choose two versions">They are then shown side by side, and where they differ.</Empty>
      ) : (
        <Pair model={model} a={a} b={b} />
      )}
    </Page>
  )
}

interface Two {
  readonly model: string
  readonly a: number
  readonly b: number
}

function Pair({ model, a, b }: Two) {
  const [first, second] = [useQuery(versionQuery(model, a)), useQuery(versionQuery(model, b))]
  return (
    <Loaded query={first} what={`version ${a}`}>
      {(one) => (
        <Loaded query={second} what={`version ${b}`}>
          {(other) => <Compared of={[one, other]} />}
        </Loaded>
      )}
    </Loaded>
  )
}

function Compared({ of }: { of: readonly [ModelVersion, ModelVersion] }) {
  const [one, other] = of
  const names = metricNames(one.manifest.metrics, other.manifest.metrics)
  const { definition: defA, lineage: lineageA, quantization: qA, precision: pA } = one.manifest
  const { definition: defB, lineage: lineageB, quantization: qB, precision: pB } = other.manifest
  const different = differences(
    { definition: defA.spec, lineage: lineageA, precision: pA, quantization: qA, bundle: one.bundle },
    { definition: defB.spec, lineage: lineageB, precision: pB, quantization: qB, bundle: other.bundle },
  )
  return (
    <Grid gap="md">
      <GridPart span={7} title="Held out and in service">
        <SideBySide of={of}>
          {names.map((name) => {
            const how = against(name, other.manifest.metrics[name], one.manifest.metrics[name])
            return (
              <Row
                key={name}
                name={metricName(name)}
                a={metricText(name, one.manifest.metrics[name])}
                b={metricText(name, other.manifest.metrics[name])}
                note={how && `${how.text}, ${how.isBetter ? 'better' : 'worse'}`}
              />
            )
          })}
          <InService of={of} />
        </SideBySide>
      </GridPart>
      <GridPart span={5} title="Calibration">
        <Calibrations of={of} />
      </GridPart>
      <GridPart span={12} title="Where they differ">
        {different.length === 0 ? (
          <Text size="sm">Nowhere: definition, data and bytes are the same.</Text>
        ) : (
          <SideBySide of={of}>
            {different.map(({ path, a, b }) => (
              <Row key={path} name={path} a={a} b={b} />
            ))}
          </SideBySide>
        )}
      </GridPart>
    </Grid>
  )
}

function InService({ of: [one, other] }: { of: readonly [ModelVersion, ModelVersion] }) {
  const scores = useQuery(scoresQuery(one.model, 'version'))
  const serving = useQuery(servingQuery(one.model))
  const scoreOf = ({ version }: ModelVersion) => scores.data?.find((row) => row.version === version)
  const devicesOf = ({ version }: ModelVersion) => serving.data?.find((row) => row.version === version)?.serving ?? 0
  const [a, b] = [scoreOf(one), scoreOf(other)]
  const how = against('wape', b?.wape, a?.wape)
  return (
    <>
      <Row
        name="In service: WAPE"
        a={percent(a?.wape)}
        b={percent(b?.wape)}
        note={how && `${how.text}; of other days`}
      />
      <Row name="In service: actuals inside the interval" a={percent(a?.coverage)} b={percent(b?.coverage)} />
      <Row name="In service: forecasts scored" a={count(a?.rows ?? 0)} b={count(b?.rows ?? 0)} />
      <Row name="Devices that serve it" a={count(devicesOf(one))} b={count(devicesOf(other))} />
    </>
  )
}

function Calibrations({ of: [one, other] }: { of: readonly [ModelVersion, ModelVersion] }) {
  const inService = useQuery(calibrationQuery(one.model))
  const [a, b] = [
    useQuery(evaluationQuery(one.model, one.version)),
    useQuery(evaluationQuery(other.model, other.version)),
  ]
  const levels = one.manifest.definition.spec.quantiles
  if (JSON.stringify(levels) !== JSON.stringify(other.manifest.definition.spec.quantiles)) {
    return <Text size="sm">They forecast other quantiles, and cannot stand in one plot.</Text>
  }
  const lines = (
    [
      [one, a.data, 'main'],
      [other, b.data, 'second'],
    ] as const
  ).flatMap(([{ version }, evaluation, tone]) => {
    const found = inService.data?.find((row) => row.version === version) ?? evaluation?.heldOut
    return found && found.rows > 0 ? [lineOf(`${version}`, found, tone)] : []
  })
  return lines.length === 0 ? (
    <Text size="sm" c="dimmed">
      Neither has forecasts that are scored.
    </Text>
  ) : (
    <Plot levels={levels} lines={lines} />
  )
}

const SideBySide = ({
  of: [one, other],
  children,
}: {
  of: readonly [ModelVersion, ModelVersion]
  children: ReactNode
}) => (
  <Wide label="Side by side" minWidth={340}>
    <Table fz="sm" verticalSpacing={4} layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th />
          <Table.Th>
            <VersionLink model={one.model} version={one.version} />
          </Table.Th>
          <Table.Th>
            <VersionLink model={other.model} version={other.version} />
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>{children}</Table.Tbody>
    </Table>
  </Wide>
)

interface RowProps {
  readonly name: string
  readonly a: string
  readonly b: string
  readonly note?: string | undefined
}

const Row = ({ name, a, b, note }: RowProps) => (
  <Table.Tr>
    <Table.Th scope="row" fw={500} style={{ overflowWrap: 'anywhere' }}>
      {name}
    </Table.Th>
    <Table.Td style={{ overflowWrap: 'anywhere' }}>{a}</Table.Td>
    <Table.Td style={{ overflowWrap: 'anywhere' }}>
      {b}
      {note !== undefined && (
        <Text size="xs" c="dimmed">
          {note}
        </Text>
      )}
    </Table.Td>
  </Table.Tr>
)
