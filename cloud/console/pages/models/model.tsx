import { Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { api, ask, type Item } from '../../api/client.ts'
import { Allowed } from '../../app/session.tsx'
import { type Column, DataTable } from '../../kit/data-table.tsx'
import { count, percent } from '../../kit/figures.ts'
import { LinkButton } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Page } from '../../kit/page.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Part } from '../../kit/part.tsx'
import { Empty, Failed } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { metricName } from './figures.ts'
import { type ModelVersion, modelQuery, servingQuery } from './queries.ts'
import { VersionLink } from './version-link.tsx'

type AliasChange = Item<'/v1/models/{model}/alias-history'>

export function ModelPage() {
  const { model } = useParams({ from: '/signed-in/models/$model' })
  const found = useQuery(modelQuery(model))
  return (
    <Page
      title={model}
      above={[{ label: 'Models', to: '/models' }]}
      about={found.data && `${count(found.data.versions)} ${found.data.versions === 1 ? 'version' : 'versions'}`}
      actions={
        <>
          <LinkButton variant="default" to="/data/feature-views/$model" params={{ model }}>
            What it sees
          </LinkButton>
          <Allowed to="rollout.write">
            <LinkButton variant="default" to="/rollouts/new" search={{ model }}>
              Roll out a version
            </LinkButton>
          </Allowed>
        </>
      }
    >
      {found.error ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : (
        <>
          <Versions model={model} />
          <Aliases model={model} />
        </>
      )}
    </Page>
  )
}

function Versions({ model }: { model: string }) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const serving = useQuery(servingQuery(model))
  const listing = useListing<ModelVersion>({
    queryKey: ['model', model, 'versions'],
    page: async (at, init) => {
      const { items, ...rest } = await ask(
        api.GET('/v1/models/{model}/versions', {
          params: { path: { model }, query: { limit: 50, ...at } },
          ...init,
        }),
      )
      return { ...rest, items: items as ModelVersion[] }
    },
  })
  const first = listing.items?.[0]
  // The score that the newest version is judged by.
  const metric = first && ['wape', 'mae', 'mse'].find((name) => name in first.manifest.metrics)
  const columns = useMemo(
    () => columnsOf(metric, new Map(serving.data?.map(({ version, serving }) => [version, serving]))),
    [metric, serving.data],
  )
  const [a, b] = [...chosen].map(Number).sort((x, y) => x - y)
  return (
    <Part
      title="Versions"
      more={
        chosen.size === 2 ? (
          <LinkButton to="/models/$model/compare" params={{ model }} search={{ a: a!, b: b! }}>
            Compare {a} with {b}
          </LinkButton>
        ) : (
          <Text size="xs" c="dimmed">
            Choose two to compare them.
          </Text>
        )
      }
    >
      <DataTable
        name={`${model} versions`}
        columns={columns}
        listing={listing}
        rowId={({ version }) => String(version)}
        chosen={chosen}
        onChoose={setChosen}
        empty={<Empty title="No versions yet">Push one with storecast model push.</Empty>}
      />
    </Part>
  )
}

const shareOrFigure = (metric: string | undefined, value: number | undefined) =>
  metric === 'wape' ? percent(value) : value === undefined ? '–' : value.toPrecision(3)

function columnsOf(metric: string | undefined, serving: ReadonlyMap<number, number>): readonly Column<ModelVersion>[] {
  const name = metric === undefined ? 'Score' : metricName(metric).split(':')[0]!
  const metricsOf = (which: 'metrics' | 'baseline', title: string): Column<ModelVersion> => ({
    id: which,
    title,
    align: 'right',
    cell: ({ manifest }) => shareOrFigure(metric, metric === undefined ? undefined : manifest[which][metric]),
    csv: ({ manifest }) => (metric === undefined ? null : manifest[which][metric]),
  })
  return [
    {
      id: 'version',
      title: 'Version',
      cell: ({ model, version }) => <VersionLink model={model} version={version} />,
      csv: ({ version }) => version,
    },
    {
      id: 'aliases',
      title: 'Aliases',
      cell: ({ aliases }) =>
        aliases.length === 0 ? (
          '–'
        ) : (
          <Group gap={4}>
            {aliases.map((alias) => (
              <Mark key={alias} tone={alias === 'champion' ? 'good' : 'busy'}>
                {alias}
              </Mark>
            ))}
          </Group>
        ),
      csv: ({ aliases }) => aliases.join(' '),
    },
    metricsOf('metrics', `${name}, held out`),
    metricsOf('baseline', `${name}, baseline`),
    {
      id: 'serving',
      title: 'Devices that serve it',
      align: 'right',
      cell: ({ version }) => count(serving.get(version) ?? 0),
      csv: ({ version }) => serving.get(version) ?? 0,
    },
    {
      id: 'source',
      title: 'Came from',
      cell: ({ source }) => (source.kind === 'training' ? `training run ${source.run}` : 'upload'),
      csv: ({ source }) => (source.kind === 'training' ? `training run ${source.run}` : 'upload'),
    },
    {
      id: 'created',
      title: 'Registered',
      cell: ({ createdAt }) => <Time at={createdAt} />,
      csv: ({ createdAt }) => new Date(createdAt).toISOString(),
    },
  ]
}

const aliasColumns = (model: string): readonly Column<AliasChange>[] => [
  { id: 'at', title: 'When', cell: ({ at }) => <Time at={at} />, csv: ({ at }) => new Date(at).toISOString() },
  { id: 'alias', title: 'Alias', cell: ({ alias }) => alias, csv: ({ alias }) => alias },
  {
    id: 'to',
    title: 'To',
    cell: ({ version }) => (version === null ? 'none' : <VersionLink model={model} version={version} />),
    csv: ({ version }) => version,
  },
  {
    id: 'from',
    title: 'From',
    cell: ({ previous }) => (previous === null ? 'none' : <VersionLink model={model} version={previous} />),
    csv: ({ previous }) => previous,
  },
  { id: 'why', title: 'Why', cell: ({ reason }) => reason || '–', csv: ({ reason }) => reason },
]

function Aliases({ model }: { model: string }) {
  const columns = useMemo(() => aliasColumns(model), [model])
  const listing = useListing<AliasChange>({
    queryKey: ['model', model, 'aliases'],
    page: (at, init) =>
      ask(
        api.GET('/v1/models/{model}/alias-history', {
          params: { path: { model }, query: { limit: 20, ...at } },
          ...init,
        }),
      ),
  })
  return (
    <Part title="Alias history">
      <DataTable
        name={`${model} aliases`}
        columns={columns}
        listing={listing}
        rowId={({ at, alias }) => `${at} ${alias}`}
        empty={<Empty title="No alias has pointed anywhere">A rollout sets one at its end where it is told to.</Empty>}
      />
    </Part>
  )
}
