import { Grid, Paper, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { Allowed } from '../../app/session.tsx'
import { LinkButton, PageLink } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Page } from '../../kit/page.tsx'
import { Part } from '../../kit/part.tsx'
import { Loaded } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { Evidence } from './evidence.tsx'
import { Members } from './members.tsx'
import { type Rollout, rolloutQuery } from './queries.ts'
import { selectorWords } from './selector.ts'
import { Steps } from './steps.tsx'
import { Trail } from './trail.tsx'
import { Verbs } from './verbs.tsx'
import { STATE_TONES } from './words.ts'

const ABOVE = [{ label: 'Rollouts', to: '/rollouts' }]

export function RolloutPage() {
  const { rollout } = useParams({ from: '/signed-in/rollouts/$rollout' })
  const query = useQuery(rolloutQuery(rollout))
  if (query.data === undefined) {
    return (
      <Page title={`Rollout ${rollout}`} above={ABOVE}>
        <Loaded query={query} what="the rollout">
          {() => null}
        </Loaded>
      </Page>
    )
  }
  return <Shown rollout={query.data} />
}

function Shown({ rollout }: { rollout: Rollout }) {
  const { id, name, state, reason, document } = rollout
  return (
    <Page
      title={name}
      above={ABOVE}
      mark={<Mark tone={STATE_TONES[state]}>{state}</Mark>}
      about={<About rollout={rollout} />}
      actions={
        <>
          <Verbs rollout={rollout} />
          <Allowed to="rollout.write">
            <Again id={id} />
          </Allowed>
        </>
      }
    >
      {reason !== null && <Text size="sm">{reason}</Text>}
      {document.metadata.description !== '' && <Text size="sm">{document.metadata.description}</Text>}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Stack gap="md">
            <Part title="Steps">
              <Steps rollout={rollout} />
            </Part>
            <Part title="Evidence">
              <Evidence rollout={rollout} />
            </Part>
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Paper withBorder p="md">
            <Trail rollout={rollout} />
          </Paper>
        </Grid.Col>
      </Grid>
      <Part title="Devices">
        <Members rollout={rollout} />
      </Part>
    </Page>
  )
}

const Again = ({ id }: { id: string }) => (
  <LinkButton variant="subtle" to="/rollouts/new" search={{ like: Number(id) }}>
    Start one like it
  </LinkButton>
)

function About({ rollout }: { rollout: Rollout }) {
  const { model, version, document, createdAt, finishedAt, proven, full, id } = rollout
  const { selector, alias } = document.spec
  return (
    <>
      No. {id}:{' '}
      <PageLink underline="always" to="/models/$model/$version" params={{ model, version: String(version) }}>
        {model} {version}
      </PageLink>{' '}
      to {selector ? selectorWords(selector) : 'the devices that you may see'}
      {alias !== undefined && `, then ${alias}`}. Started <Time at={createdAt} />
      {finishedAt !== null && (
        <>
          , over <Time at={finishedAt} />
        </>
      )}
      .{proven === 'evidence' && ' Let through by evidence.'}
      {proven === 'person' && ' Let through by a person.'}
      {full && ' Promoted to every device at once.'}
    </>
  )
}
