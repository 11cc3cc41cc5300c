import { Group, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, ask } from '../../api/client.ts'
import { useSession } from '../../app/session.tsx'
import { PageLink } from '../../kit/links.tsx'
import { Mark, type Tone } from '../../kit/mark.tsx'
import { Part } from '../../kit/part.tsx'
import { ShopTime } from '../../kit/shop-time.tsx'
import { Time } from '../../kit/time.tsx'
import { Wide } from '../../kit/wide.tsx'
import type { Device } from '../devices/state-mark.tsx'
import { VersionLink } from '../models/version-link.tsx'

type Model = Device['models'][number]

const toneOf = ({ phase, active, desired }: Model): Tone => {
  if (phase === 'failed' || phase === 'rolled-back') return 'bad'
  return active === desired && phase === 'active' ? 'good' : 'busy'
}

const version = (model: string, number: number | null) =>
  number === null ? (
    'none'
  ) : (
    <VersionLink model={model} version={number}>
      {number}
    </VersionLink>
  )

/** Of each model what serves now and what should, how far it is, and what waits for the device to come back. */
export function Models({ device }: { device: Device }) {
  const { can } = useSession()
  return (
    <Part title="Models">
      {device.models.length === 0 ? (
        <Text size="sm" c="dimmed">
          It should run none yet. A rollout that selects it gives it one.
        </Text>
      ) : (
        <Wide label="Models" minWidth={300}>
          <Table verticalSpacing={6} horizontalSpacing={6} aria-label="Models">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Model</Table.Th>
                <Table.Th>Serves now</Table.Th>
                <Table.Th>Should serve</Table.Th>
                <Table.Th>Phase</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {device.models.map((one) => (
                <Table.Tr key={one.model}>
                  <Table.Td>{one.model}</Table.Td>
                  <Table.Td>{version(one.model, one.active)}</Table.Td>
                  <Table.Td>{version(one.model, one.desired)}</Table.Td>
                  <Table.Td>
                    <Stack gap={2} align="flex-start">
                      <Group gap="xs">
                        <Mark tone={toneOf(one)}>{one.phase ?? 'not known yet'}</Mark>
                        {one.at !== null && (
                          <Text size="xs" c="dimmed" span>
                            <ShopTime at={one.at} />
                          </Text>
                        )}
                      </Group>
                      {one.error && (
                        <Text size="xs" c="red">
                          {one.error.code}: {one.error.message}
                        </Text>
                      )}
                      {one.candidate && (
                        <Text size="xs" c="dimmed">
                          {one.candidate.version} in shadow: {one.candidate.phase}
                        </Text>
                      )}
                    </Stack>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
      {can('rollout.read') && <Queued device={device.id} />}
    </Part>
  )
}

function Queued({ device }: { device: string }) {
  const queued = useQuery({
    queryKey: ['device|rollout', 'queued', device],
    queryFn: ({ signal }) => ask(api.GET('/v1/queued-actions', { params: { query: { device } }, signal })),
  })
  const items = queued.data?.items ?? []
  if (items.length === 0) return null
  return (
    <Stack gap={4} mt="sm">
      <Text size="sm" fw={600}>
        Waits until it is connected
      </Text>
      {items.map(({ id, rollout, model, action, version, since, expiresAt }) => (
        <Text key={id} size="sm">
          {action === 'serve' ? 'serve' : 'go back to'} {model} {version ?? 'none'}, by{' '}
          <PageLink inherit to="/rollouts/$rollout" params={{ rollout: id }}>
            {rollout}
          </PageLink>
          , told <Time at={since} />
          {expiresAt !== null && (
            <>
              , forgotten <Time at={expiresAt} />
            </>
          )}
        </Text>
      ))}
    </Stack>
  )
}
