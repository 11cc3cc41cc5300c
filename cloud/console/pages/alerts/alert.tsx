import { Button, Code, Group, Paper, SimpleGrid, Stack, Table, Text, Textarea } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { api, ask, type Item } from '../../api/client.ts'
import { NoSuchPage } from '../../app/no-such-page.tsx'
import { Allowed, useSession } from '../../app/session.tsx'
import { Facts } from '../../kit/facts.tsx'
import { PageLink } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { More } from '../../kit/more.tsx'
import { Page } from '../../kit/page.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Part } from '../../kit/part.tsx'
import { Empty, Failed, Loaded, Loading } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { type Alert, AlertMarks } from './alerts.tsx'
import { SilenceForm } from './silence-form.tsx'
import { Subject } from './subject.tsx'

const ABOVE = [{ label: 'Alerts', to: '/alerts' }]

export function AlertPage() {
  const { alert: id } = useParams({ from: '/signed-in/alerts/$alert' })
  const isNumber = /^[1-9]\d{0,15}$/.test(id)
  const query = useQuery({
    enabled: isNumber,
    queryKey: ['alert', id],
    queryFn: ({ signal }) => ask(api.GET('/v1/alerts/{alert}', { params: { path: { alert: Number(id) } }, signal })),
  })
  if (!isNumber) return <NoSuchPage />
  if (query.data === undefined) {
    return (
      <Page title={`Alert ${id}`} above={ABOVE}>
        <Loaded query={query} what="the alert">
          {() => null}
        </Loaded>
      </Page>
    )
  }
  const alert = query.data
  return (
    <Page title={alert.summary} above={ABOVE} mark={<AlertMarks alert={alert} />}>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg" style={{ alignItems: 'start' }}>
        <Stack>
          <AlertFacts alert={alert} />
          {alert.state === 'firing' && <Work alert={alert} />}
        </Stack>
        <Part title="Who was told">
          <Notifications alert={alert} />
        </Part>
      </SimpleGrid>
    </Page>
  )
}

const AlertFacts = ({ alert }: { alert: Alert }) => (
  <Paper withBorder p="md">
    <Facts
      of={[
        ['Rule', alert.rule],
        ['About', <Subject key="about" of={alert} />],
        ['Severity', alert.severity],
        ['True since', <Time key="since" at={alert.since} />],
        ['Fires since', <Time key="fired" at={alert.firedAt} never="not yet" />],
        ['Ended', <Time key="ended" at={alert.resolvedAt} never="it has not" />],
        ...(alert.endReason === null ? [] : [['Because', alert.endReason] as const]),
        [
          'Labels',
          <Group key="labels" gap={4}>
            {Object.entries(alert.labels).map(([name, value]) => (
              <Code key={name}>
                {name}={value}
              </Code>
            ))}
          </Group>,
        ],
        ...(alert.inhibitedBy === null
          ? []
          : [
              [
                'Part of',
                <PageLink key="parent" to="/alerts/$alert" params={{ alert: String(alert.inhibitedBy) }}>
                  alert {alert.inhibitedBy}, which tells of it already
                </PageLink>,
              ] as const,
            ]),
        ...(alert.acknowledgedBy === null
          ? []
          : [['Acknowledged by', `${alert.acknowledgedBy}${alert.note ? `: ${alert.note}` : ''}`] as const]),
      ]}
    />
  </Paper>
)

function Work({ alert }: { alert: Alert }) {
  const client = useQueryClient()
  const { self } = useSession()
  const [note, setNote] = useState('')
  const acknowledge = useMutation({
    mutationFn: () =>
      ask(api.POST('/v1/alerts/{alert}/acknowledge', { params: { path: { alert: alert.id } }, body: { note } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['alert'] }),
  })
  return (
    <>
      {alert.acknowledgedAt === null && (
        <Allowed to="alert.acknowledge">
          <Paper withBorder p="md">
            <Stack gap="sm" align="flex-start">
              <Textarea
                w="100%"
                label="Note"
                description="What you are about to do; others see it"
                value={note}
                onChange={({ currentTarget }) => setNote(currentTarget.value)}
                autosize
                minRows={2}
                maxLength={500}
              />
              <Button size="xs" loading={acknowledge.isPending} onClick={() => acknowledge.mutate()}>
                Acknowledge
              </Button>
              {acknowledge.error && <Failed error={acknowledge.error} />}
            </Stack>
          </Paper>
        </Allowed>
      )}
      {alert.silencedBy === null && Object.keys(self.limit).length === 0 && (
        <Allowed to="alert.write">
          <Paper withBorder p="md">
            <SilenceForm
              labels={{ rule: alert.rule, ...alert.labels }}
              onDone={() => void client.invalidateQueries({ queryKey: ['alert'] })}
            />
          </Paper>
        </Allowed>
      )}
    </>
  )
}

type Notification = Item<'/v1/alerts/{alert}/notifications'>

const TONES = { queued: 'busy', sent: 'good', failed: 'bad' } as const

function Notifications({ alert }: { alert: Alert }) {
  const client = useQueryClient()
  const { self } = useSession()
  const listing = useListing<Notification>({
    queryKey: ['alert', String(alert.id), 'notifications'],
    page: (query, init) =>
      ask(api.GET('/v1/alerts/{alert}/notifications', { params: { path: { alert: alert.id }, query }, ...init })),
  })
  const again = useMutation({
    mutationFn: (notification: number) =>
      ask(api.POST('/v1/alert-notifications/{notification}/send', { params: { path: { notification } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['alert', String(alert.id)] }),
  })
  const { items, error: failure, retry } = listing
  const failed = failure && <Failed error={failure} retry={retry} />
  if (items === undefined) return failed || <Loading what="who was told" />
  if (items.length === 0)
    return <Empty title="Nobody was told">No route takes this alert, or it is silenced or part of another.</Empty>
  return (
    <Stack gap="xs">
      <Table fz="sm" aria-label="Who was told">
        <Table.Tbody>
          {items.map(({ id, route, status, state, sentAt, nextAt, error }) => (
            <Table.Tr key={id}>
              <Table.Td>
                {route}, that it is {status}
                {error !== null && (
                  <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                    {error}
                  </Text>
                )}
              </Table.Td>
              <Table.Td>
                <Mark tone={TONES[state]}>{state}</Mark>
              </Table.Td>
              <Table.Td ta="right">
                {state === 'failed' && Object.keys(self.limit).length === 0 ? (
                  <Allowed to="alert.write">
                    <Button size="compact-xs" variant="default" onClick={() => again.mutate(id)}>
                      Send again
                    </Button>
                  </Allowed>
                ) : (
                  <Time at={sentAt ?? nextAt} />
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {failed}
      <More of={listing} />
      {again.error && <Failed error={again.error} />}
    </Stack>
  )
}
