import { Code, Grid, Group, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { api, ask } from '../../api/client.ts'
import { Command } from '../../kit/command.tsx'
import { Facts } from '../../kit/facts.tsx'
import { count } from '../../kit/figures.ts'
import { LinkButton, PageLink } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Page } from '../../kit/page.tsx'
import { GridPart, Part } from '../../kit/part.tsx'
import { Loaded } from '../../kit/states.tsx'
import { Wide } from '../../kit/wide.tsx'
import { VersionLink } from '../models/version-link.tsx'
import { grouped } from './made-of.ts'
import { Party } from './party.tsx'
import { SensitivityMark } from './sensitivity.tsx'
import { type FeatureView, kindText, MadeOf, reachText, rowText, SensorLink } from './view-words.tsx'

const ABOVE = [
  { label: 'Data', to: '/data' },
  { label: 'Feature views', to: '/data/feature-views' },
]

export function FeatureViewPage() {
  const { model } = useParams({ from: '/signed-in/data/feature-views/$model' })
  const query = useQuery({
    queryKey: ['model|dataset', 'feature-view', model],
    queryFn: ({ signal }) => ask(api.GET('/v1/feature-views/{model}', { params: { path: { model } }, signal })),
  })
  return (
    <Page
      title={model}
      above={ABOVE}
      about={query.data?.description}
      actions={
        query.data && (
          <LinkButton variant="default" to="/models/$model" params={{ model }}>
            The model
          </LinkButton>
        )
      }
    >
      <Loaded query={query} what="the feature view">
        {(view) => (
          <>
            <Grid gap="md">
              <GridPart span={6} title="What it is">
                <Shape view={view} />
              </GridPart>
              <GridPart span={6} title="Whose data it is">
                <Whose view={view} />
              </GridPart>
            </Grid>
            <Features view={view} />
          </>
        )}
      </Loaded>
    </Page>
  )
}

function Shape({ view }: { view: FeatureView }) {
  const { name, version, champion, sensors, covariates } = view
  return (
    <Facts
      of={[
        ['Kind', kindText(view)],
        ['One row per', rowText(view)],
        ['Looks back', reachText(view)],
        [
          'Sensors',
          <Group key="sensors" gap="0 10px">
            {sensors.map((sensor) => (
              <SensorLink key={sensor} name={sensor} />
            ))}
          </Group>,
        ],
        ['Known ahead', covariates.join(', ') || 'nothing'],
        [
          'Defined by',
          <Group key="version" gap="xs">
            <VersionLink model={name} version={version} />
            {champion === null ? <Mark tone="warning">no champion</Mark> : <Mark tone="good">champion</Mark>}
          </Group>,
        ],
      ]}
    />
  )
}

function Whose({ view: { name, datasets } }: { view: FeatureView }) {
  if (datasets.length === 0) {
    return (
      <Text size="sm">
        <Mark tone="warning">no data set</Mark> names it. Put {name} among the <Code>featureViews</Code> of a file of{' '}
        <Command>kind: Dataset</Command>, and put that with <Command>storecast apply -f</Command>.
      </Text>
    )
  }
  return datasets.map(({ name: set, owner, steward, sensitivity }) => (
    <Facts
      key={set}
      of={[
        [
          'Data set',
          <PageLink key="set" to="/data">
            {set}
          </PageLink>,
        ],
        ['Owner', <Party key="owner" of={owner} />],
        ['Steward', <Party key="steward" of={steward} />],
        ['Sensitivity', <SensitivityMark key="sensitivity" of={sensitivity} />],
      ]}
    />
  ))
}

function Features({ view: { features } }: { view: FeatureView }) {
  return (
    <Part title="What it is made of" more={<Text size="sm" c="dimmed">{`${count(features.length)} features`}</Text>}>
      <Wide label="What it is made of">
        <Table fz="sm" verticalSpacing={6} aria-label="What it is made of">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w="34%">Made of</Table.Th>
              <Table.Th>Features</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {grouped(features).map(({ of, names }) => (
              <Table.Tr key={names[0]} style={{ verticalAlign: 'top' }}>
                <Table.Th scope="row" fw={400}>
                  <MadeOf of={of} />
                </Table.Th>
                <Table.Td>
                  <Group gap={4}>
                    {names.map((name) => (
                      <Code key={name}>{name}</Code>
                    ))}
                  </Group>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
    </Part>
  )
}
