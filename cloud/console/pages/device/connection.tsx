import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, ask } from '../../api/client.ts'
import { useSession } from '../../app/session.tsx'
import { Facts } from '../../kit/facts.tsx'
import { count, duration } from '../../kit/figures.ts'
import { Mark } from '../../kit/mark.tsx'
import { Part } from '../../kit/part.tsx'
import { Time } from '../../kit/time.tsx'
import { LabelChips } from '../devices/labels.tsx'
import type { Device } from '../devices/state-mark.tsx'
import { Clock, MadeUpClock } from './clock.tsx'

const MONTH_MS = 30 * 86_400_000

/** Whether it is connected, how far the cloud has what it knows, and by what it is known. */
export function Connection({ device }: { device: Device }) {
  const { can } = useSession()
  const { waiting, clock, certificateExpiresAt } = device
  return (
    <Part title="Connection">
      <Facts
        of={[
          [
            'Now',
            <Mark key="now" tone={device.online ? 'good' : 'quiet'}>
              {device.online ? 'connected' : 'not connected'}
            </Mark>,
          ],
          [device.online ? 'Connected' : 'Disconnected', <Time key="at" at={device.presenceAt} never="never" />],
          ['Last seen', <Time key="seen" at={device.lastSeen} never="never" />],
          ['Last report', <Time key="said" at={device.reportedAt} never="never" />],
          ...(can('telemetry.read')
            ? [['Last acknowledgement', <Acknowledged key="ack" device={device.id} />] as const]
            : []),
          [
            'Backlog',
            waiting === null || waiting.records === 0
              ? 'nothing waits there'
              : `${count(waiting.records)} ${waiting.records === 1 ? 'record waits' : 'records wait'} there, the oldest ${duration(waiting.toldAt - waiting.since)} old`,
          ],
          [
            'Certificate',
            certificateExpiresAt === null ? (
              'none: it has a token, or is cut off'
            ) : (
              <span key="certificate">
                expires <Time at={certificateExpiresAt} />{' '}
                {certificateExpiresAt - Date.now() < MONTH_MS && <Mark tone="warning">soon</Mark>}
              </span>
            ),
          ],
          ['Clock', <Clock key="clock" device={device} />],
          ...(clock?.madeUp
            ? [['Shop’s clock', <MadeUpClock key="made-up" madeUp={clock.madeUp} toldAt={clock.toldAt} />] as const]
            : []),
          ['Agent', device.agentVersion ?? 'not known yet'],
          ['Enrolled', <Time key="enrolled" at={device.enrolledAt} />],
          ['Shop', device.site],
          ['Labels', <LabelChips key="labels" own={device.labels} site={device.siteLabels} />],
        ]}
      />
    </Part>
  )
}

/** When the cloud last had something of it for good, and what has yet to come. */
function Acknowledged({ device }: { device: string }) {
  const account = useQuery({
    queryKey: ['backlog', device],
    queryFn: ({ signal }) => ask(api.GET('/v1/devices/{device}/backlog', { params: { path: { device } }, signal })),
    refetchInterval: 15_000,
  })
  const epoch = account.data?.epochs.find(({ quarantined }) => !quarantined)
  if (account.error) return <Text size="sm">{account.error.message}</Text>
  if (!epoch) return account.data ? 'nothing came yet' : '…'
  const { lastCommitAt, records, outstanding, superseded } = epoch
  return (
    <>
      <Time at={lastCommitAt} never="never" />, {count(records)} records
      {outstanding > 0 && `, ${count(outstanding)} under way`}
      {superseded.dropped > 0 && ` (${count(superseded.dropped)} given up there for lack of space)`}
    </>
  )
}
