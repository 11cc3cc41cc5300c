import { Group, Stack, Text } from '@mantine/core'
import { api, ask, type Item } from '../../api/client.ts'
import { PageLink } from '../../kit/links.tsx'
import { More } from '../../kit/more.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Part } from '../../kit/part.tsx'
import { Failed, Loading } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'

type Happening = Item<'/v1/fleet/happenings'>

const PLACES: Readonly<Record<Happening['kind'], (key: string) => string>> = {
  device: (key) => `/devices/${key}`,
  rollout: (key) => `/rollouts/${key}`,
  model: (key) => `/models/${key}`,
  alert: (key) => `/alerts/${key}`,
  task: (key) => `/data/tasks/${key}`,
}

const SENTENCES: Readonly<Record<string, string>> = {
  'device enrolled': 'enrolled',
  'device retired': 'taken out of service',
  'rollout started': 'rollout started',
  'rollout succeeded': 'rollout succeeded',
  'rollout failed': 'rollout failed',
  'rollout aborted': 'rollout aborted',
  'rollout undone': 'rollout undone',
  'model registered': 'registered',
  'model alias': 'alias moved',
  'alert fired': 'alert fired',
  'alert resolved': 'alert resolved',
  'task opened': 'stewardship task opened',
  'task closed': 'stewardship task closed',
}

/** What happened in the fleet since a day ago, newest first. */
export function Happenings() {
  const listing = useListing<Happening>({
    queryKey: ['device|rollout|model|alert|task', 'happenings'],
    page: (at, init) =>
      ask(
        api.GET('/v1/fleet/happenings', {
          params: { query: { limit: 15, ...at } },
          ...init,
        }),
      ),
  })
  const { items, error } = listing
  return (
    <Part title="Since yesterday">
      {items === undefined &&
        (error ? <Failed error={error} retry={listing.retry} /> : <Loading what="what happened" />)}
      {items?.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing changed: no device came or went, no rollout, no new version, no alert.
        </Text>
      )}
      <Stack gap={8}>
        {items?.map(({ at, kind, what, key, name, detail }) => (
          <Group
            key={`${at} ${kind} ${what} ${key} ${name}`}
            gap="xs"
            wrap="nowrap"
            align="baseline"
            justify="space-between"
          >
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              <PageLink inherit to={PLACES[kind](key)}>
                {name}
              </PageLink>{' '}
              {SENTENCES[`${kind} ${what}`] ?? what}
              {detail !== '' && (
                <Text span c="dimmed" size="sm">
                  {' '}
                  {detail}
                </Text>
              )}
            </Text>
            <Text size="xs" c="dimmed" component="span" style={{ whiteSpace: 'nowrap' }}>
              <Time at={at} />
            </Text>
          </Group>
        ))}
        <More of={listing} />
      </Stack>
    </Part>
  )
}
