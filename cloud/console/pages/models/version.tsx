import { Grid, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { NoSuchPage } from '../../app/no-such-page.tsx'
import { Allowed } from '../../app/session.tsx'
import { LinkButton } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Page } from '../../kit/page.tsx'
import { GridPart } from '../../kit/part.tsx'
import { Loaded, Loading } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { APPROVAL_TONES, Signatures } from './approval.tsx'
import { CalibrationPlot } from './calibration.tsx'
import { Distributions } from './distributions.tsx'
import { Lineage } from './lineage.tsx'
import { Metrics } from './metrics.tsx'
import { approvalQuery, evaluationQuery, type ModelVersion, modelQuery, versionQuery } from './queries.ts'
import { Slices } from './slices.tsx'
import { VersionDevices } from './version-devices.tsx'

/** Reading Markdown takes more code than all the rest of the page. */
const Card = lazy(async () => ({ default: (await import('./card.tsx')).Card }))

export function VersionPage() {
  const { model, version } = useParams({ from: '/signed-in/models/$model/$version' })
  return /^[1-9]\d{0,8}$/.test(version) ? <Found model={model} version={Number(version)} /> : <NoSuchPage />
}

function Found({ model, version }: { model: string; version: number }) {
  const query = useQuery(versionQuery(model, version))
  const approval = useQuery(approvalQuery(model, version))
  const found = query.data
  return (
    <Page
      title={`${model} ${version}`}
      above={[
        { label: 'Models', to: '/models' },
        { label: model, to: `/models/${model}` },
      ]}
      mark={
        <Group gap={4}>
          {found?.aliases.map((alias) => (
            <Mark key={alias} tone={alias === 'champion' ? 'good' : 'busy'}>
              {alias}
            </Mark>
          ))}
          {approval.data && <Mark tone={APPROVAL_TONES[approval.data.state]}>{approval.data.state}</Mark>}
        </Group>
      }
      about={found && <About of={found} />}
      actions={<Actions model={model} version={version} />}
    >
      <Loaded query={query} what="the version">
        {(of) => <Sections of={of} />}
      </Loaded>
    </Page>
  )
}

function About({ of: { manifest, source, createdAt } }: { of: ModelVersion }) {
  const { metadata, spec } = manifest.definition
  return (
    <>
      {metadata.description} Registered <Time at={createdAt} /> by{' '}
      {source.kind === 'training' ? `training run ${source.run}` : 'upload'}; {spec.network.kind}, {manifest.precision},{' '}
      {spec.licence}.
    </>
  )
}

function Actions({ model, version }: { model: string; version: number }) {
  const found = useQuery(modelQuery(model))
  const champion = found.data?.aliases.champion
  return (
    <>
      {champion !== undefined && champion !== version && (
        <LinkButton
          variant="default"
          to="/models/$model/compare"
          params={{ model }}
          search={{ a: champion, b: version }}
        >
          Compare with the champion
        </LinkButton>
      )}
      <Allowed to="rollout.write">
        <LinkButton to="/rollouts/new" search={{ model, version }}>
          Roll it out
        </LinkButton>
      </Allowed>
    </>
  )
}

const Sections = ({ of }: { of: ModelVersion }) => (
  <Grid gap="md">
    <GridPart span={12} title="Lineage">
      <Lineage of={of} />
    </GridPart>
    <GridPart span={7} title="Metrics">
      <Metrics of={of} />
    </GridPart>
    <GridPart span={5} title="Calibration">
      <CalibrationPlot of={of} />
    </GridPart>
    <GridPart span={7} title="Slices">
      <Slices of={of} />
    </GridPart>
    <GridPart span={5} title="Drift reference">
      <Distributions of={of} />
    </GridPart>
    <GridPart span={12} title="Devices">
      <VersionDevices of={of} />
    </GridPart>
    <GridPart span={7} title="Card">
      <CardOf of={of} />
    </GridPart>
    <GridPart span={5} title="Signatures">
      <Signatures of={of} />
    </GridPart>
  </Grid>
)

function CardOf({ of: { model, version } }: { of: ModelVersion }) {
  const evaluation = useQuery(evaluationQuery(model, version))
  return (
    <Loaded query={evaluation} what="the card">
      {({ card }) =>
        card === null ? (
          <Text size="sm" c="dimmed">
            The bundle has no card.
          </Text>
        ) : (
          <Suspense fallback={<Loading what="the card" />}>
            <Card markdown={card} />
          </Suspense>
        )
      }
    </Loaded>
  )
}
