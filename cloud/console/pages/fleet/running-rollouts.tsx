import { Group, Progress, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, ask } from '../../api/client.ts'
import { count } from '../../kit/figures.ts'
import { PageLink } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Part } from '../../kit/part.tsx'
import { Loaded } from '../../kit/states.tsx'

const TONES = { running: 'busy', paused: 'warning', aborting: 'bad', undoing: 'bad' } as const
const OPEN = Object.keys(TONES).join(',')

/** Rollouts that go on, and how far each is. */
export function RunningRollouts() {
  const rollouts = useQuery({
    queryKey: ['rollout', 'open'],
    queryFn: ({ signal }) =>
      ask(api.GET('/v1/rollouts', { params: { query: { state: OPEN as never, limit: 20 } }, signal })),
  })
  return (
    <Part title="Running rollouts" more={<PageLink to={'/rollouts'}>All rollouts</PageLink>}>
      <Loaded query={rollouts} what="rollouts">
        {({ items }) =>
          items.length === 0 ? (
            <Text size="sm" c="dimmed">
              No rollout is running.
            </Text>
          ) : (
            <Stack gap="sm">
              {items.map(({ id, name, model, version, state, reason, counts }) => {
                const of = counts.devices - counts.excluded
                const troubled = counts.failed + counts.rolledBack + counts.silent
                const share = (n: number) => (of === 0 ? 0 : (100 * n) / of)
                return (
                  <Stack key={id} gap={4}>
                    <Group justify="space-between" gap="xs">
                      <Group gap="xs">
                        <PageLink to="/rollouts/$rollout" params={{ rollout: id }}>
                          {name}
                        </PageLink>
                        <Mark tone={TONES[state as keyof typeof TONES] ?? 'quiet'}>{state}</Mark>
                      </Group>
                      <Text size="sm" c="dimmed">
                        {model} {version}: {count(counts.succeeded)} of {count(of)}
                        {troubled > 0 && `, ${count(troubled)} in trouble`}
                      </Text>
                    </Group>
                    <Progress.Root size="sm">
                      <Progress.Section
                        value={share(counts.succeeded)}
                        color="sea"
                        aria-label={`${name}: serve the version`}
                      />
                      <Progress.Section value={share(troubled)} color="red" aria-label={`${name}: in trouble`} />
                    </Progress.Root>
                    {reason !== null && (
                      <Text size="xs" c="dimmed">
                        {reason}
                      </Text>
                    )}
                  </Stack>
                )
              })}
            </Stack>
          )
        }
      </Loaded>
    </Part>
  )
}
