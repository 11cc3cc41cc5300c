import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, ask } from '../../api/client.ts'
import { useSession } from '../../app/session.tsx'
import { Confirm } from '../../kit/confirm.tsx'
import { count } from '../../kit/figures.ts'
import { PageLink } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Time } from '../../kit/time.tsx'
import type { Device } from '../devices/state-mark.tsx'
import { WrongClock } from './clock.tsx'

/** What about the device asks for somebody. */
export function Attention({ device }: { device: Device }) {
  const { can } = useSession()
  return (
    <>
      {device.state === 'quarantined' && can('quarantine.read') && <Quarantine device={device.id} />}
      {device.clock?.trusted === false && <WrongClock clock={device.clock} />}
      {device.alerts > 0 && can('alert.read') && <Alerts device={device} />}
    </>
  )
}

const TONES = { critical: 'bad', warning: 'warning', info: 'quiet' } as const

function Alerts({ device: { id, site } }: { device: Device }) {
  const alerts = useQuery({
    queryKey: ['alert', 'of-device', id],
    queryFn: ({ signal }) =>
      ask(api.GET('/v1/alerts', { params: { query: { state: 'firing', site, limit: 200 } }, signal })),
  })
  const own = (alerts.data?.items ?? []).filter(({ labels, silencedBy }) => labels.device === id && silencedBy === null)
  if (own.length === 0) return null
  return (
    <Alert
      color="orange"
      variant="light"
      title={own.length === 1 ? 'An alert about it fires' : `${own.length} alerts about it fire`}
    >
      <Stack gap={6}>
        {own.map((alert) => (
          <Group key={alert.id} gap="xs" align="baseline">
            <Mark tone={TONES[alert.severity]}>{alert.severity}</Mark>
            <PageLink to="/alerts/$alert" params={{ alert: String(alert.id) }}>
              {alert.summary}
            </PageLink>
            <Text size="xs">
              <Time at={alert.since} />
            </Text>
          </Group>
        ))}
      </Stack>
    </Alert>
  )
}

const VERBS = {
  release: {
    action: 'Make this copy the device',
    about: 'All that was kept apart of this copy counts from now on, and the other copy is cut off.',
  },
  discard: { action: 'Throw this copy’s data away', about: 'What was kept apart of this copy is deleted for good.' },
} as const
type Verb = keyof typeof VERBS

function Quarantine({ device }: { device: string }) {
  const { can } = useSession()
  const client = useQueryClient()
  const [asked, setAsked] = useState<{ readonly verb: Verb; readonly epoch: number }>()
  const copies = useQuery({
    queryKey: ['device', 'quarantine', device],
    queryFn: ({ signal }) => ask(api.GET('/v1/quarantine', { params: { query: { device } }, signal })),
  })
  return (
    <Alert color="red" variant="light" title="Two copies speak as this device">
      <Stack gap="xs">
        {copies.data?.items.map(({ epoch, openedAt, batches }) => (
          <Group key={epoch} gap="xs">
            <Text size="sm">
              A copy that came <Time at={openedAt} />, {count(batches)} batches kept apart
            </Text>
            {can('quarantine.decide') &&
              (['release', 'discard'] as const).map((verb) => (
                <Button key={verb} size="xs" variant="default" onClick={() => setAsked({ verb, epoch })}>
                  {VERBS[verb].action}…
                </Button>
              ))}
          </Group>
        ))}
      </Stack>
      {asked && (
        <Confirm
          action={VERBS[asked.verb].action}
          opened
          onClose={() => setAsked(undefined)}
          isDangerous
          run={async () => {
            const params = { path: { device, epoch: asked.epoch } }
            if (asked.verb === 'release') await ask(api.POST('/v1/quarantine/{device}/{epoch}/release', { params }))
            else await ask(api.POST('/v1/quarantine/{device}/{epoch}/discard', { params }))
            await client.invalidateQueries({ queryKey: ['device'] })
          }}
        >
          <Text size="sm">{VERBS[asked.verb].about}</Text>
        </Confirm>
      )}
    </Alert>
  )
}
