import { Grid, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { api, ask, type Got } from '../../api/client.ts'
import { useSession } from '../../app/session.tsx'
import { count } from '../../kit/figures.ts'
import { PageLink } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Page } from '../../kit/page.tsx'
import { Part } from '../../kit/part.tsx'
import { Empty, Loaded } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { StateCounts } from '../devices/state-counts.tsx'
import { ForecastError } from './forecast-error.tsx'
import { Happenings } from './happenings.tsx'
import { RunningRollouts } from './running-rollouts.tsx'

type Summary = Got<'/v1/fleet'>

export function Fleet() {
  const fleet = useQuery({
    queryKey: ['device|alert|rollout|task', 'fleet'],
    queryFn: ({ signal }) => ask(api.GET('/v1/fleet', { signal })),
  })
  return (
    <Page title="Fleet" about="How the shops’ devices are now, and what changed since yesterday.">
      <Loaded query={fleet} what="the fleet">
        {(summary) => <Whole summary={summary} />}
      </Loaded>
    </Page>
  )
}

function Whole({ summary }: { summary: Summary }) {
  const navigate = useNavigate()
  const { can } = useSession()
  const { devices } = summary
  const inService = Object.entries(devices).reduce((sum, [state, n]) => sum + (state === 'retired' ? 0 : n), 0)
  if (inService === 0) {
    return (
      <Empty title="No devices in service">
        Make a claim with <code>storecast claim create</code>, run the agent with it in a shop, and it shows up here by
        itself.
      </Empty>
    )
  }
  return (
    <Stack gap="md">
      <StateCounts
        counts={{ ...devices, retired: 0 }}
        chosen={undefined}
        onChoose={(state) => void navigate({ to: '/devices', search: state ? { state } : {} })}
      />
      <Text size="sm" c="dimmed">
        {count(inService)} {inService === 1 ? 'device' : 'devices'} at {count(summary.sites)}{' '}
        {summary.sites === 1 ? 'shop' : 'shops'}
        {can('task.read') && summary.tasks > 0 && (
          <>
            {', '}
            <PageLink inherit to="/data/tasks">
              {count(summary.tasks)} stewardship {summary.tasks === 1 ? 'task' : 'tasks'} open
            </PageLink>
          </>
        )}
      </Text>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Stack gap="md">
            {can('telemetry.read') && <ForecastError />}
            {can('rollout.read') && <RunningRollouts />}
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack gap="md">
            {can('alert.read') && <OpenAlerts alerts={summary.alerts} />}
            <Happenings />
          </Stack>
        </Grid.Col>
      </Grid>
    </Stack>
  )
}

const TONES = { critical: 'bad', warning: 'warning', info: 'quiet' } as const
/** Newest that are named here. */
const NAMED = 6

function OpenAlerts({ alerts }: { alerts: Summary['alerts'] }) {
  const list = useQuery({
    queryKey: ['alert', 'firing'],
    queryFn: ({ signal }) => ask(api.GET('/v1/alerts', { params: { query: { state: 'firing', limit: 50 } }, signal })),
  })
  return (
    <Part
      title="Open alerts"
      more={
        <PageLink to="/alerts" search={{ state: 'firing' }}>
          All alerts
        </PageLink>
      }
    >
      <Group gap={6} mb="xs">
        {(['critical', 'warning', 'info'] as const).map((severity) =>
          alerts[severity] > 0 ? (
            <Mark key={severity} tone={TONES[severity]}>{`${count(alerts[severity])} ${severity}`}</Mark>
          ) : null,
        )}
        {alerts.silenced > 0 && <Mark tone="quiet">{`${count(alerts.silenced)} silenced`}</Mark>}
      </Group>
      <Loaded query={list} what="alerts">
        {({ items }) => {
          const loud = items.filter(({ silencedBy, inhibitedBy }) => silencedBy === null && inhibitedBy === null)
          const total = alerts.critical + alerts.warning + alerts.info
          const shown = Math.min(loud.length, NAMED)
          if (loud.length === 0) {
            return (
              <Text size="sm" c="dimmed">
                Nothing needs attention.
              </Text>
            )
          }
          return (
            <Stack gap={6}>
              {loud.slice(0, NAMED).map(({ id, summary, severity, since, acknowledgedBy }) => (
                <Group key={id} gap="xs" align="baseline" justify="space-between">
                  <PageLink
                    style={{ flex: '1 1 200px', overflowWrap: 'anywhere' }}
                    to="/alerts/$alert"
                    params={{ alert: String(id) }}
                  >
                    {summary}
                  </PageLink>
                  <Group gap={6} wrap="nowrap">
                    {acknowledgedBy !== null && <Mark tone="busy">acknowledged</Mark>}
                    <Mark tone={TONES[severity]}>{severity}</Mark>
                    <Text size="xs" c="dimmed" component="span" style={{ whiteSpace: 'nowrap' }}>
                      <Time at={since} />
                    </Text>
                  </Group>
                </Group>
              ))}
              {total > shown && (
                <Text size="xs" c="dimmed">
                  and {count(total - shown)} more
                </Text>
              )}
            </Stack>
          )
        }}
      </Loaded>
    </Part>
  )
}
