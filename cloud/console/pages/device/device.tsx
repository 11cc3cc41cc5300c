import { Grid, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { api, ask } from '../../api/client.ts'
import { ProblemError } from '../../api/problem.ts'
import { useSession } from '../../app/session.tsx'
import { DataReach } from '../../kit/data-reach.tsx'
import { Page } from '../../kit/page.tsx'
import { Empty, Loaded } from '../../kit/states.tsx'
import { type Device, MEANINGS, StateMark } from '../devices/state-mark.tsx'
import { Actions } from './actions.tsx'
import { Attention } from './attention.tsx'
import { Connection } from './connection.tsx'
import { Forecasts } from './forecasts.tsx'
import { Machine } from './machine.tsx'
import { Models } from './models.tsx'
import { Sensors } from './sensors.tsx'
import { SupportBundles } from './support-bundles.tsx'
import { Timeline } from './timeline.tsx'

const ABOVE = [{ label: 'Devices', to: '/devices' }]

export function DevicePage() {
  const { device: id } = useParams({ from: '/signed-in/devices/$device' })
  const device = useQuery({
    queryKey: ['device|alert', 'one', id],
    queryFn: ({ signal }) => ask(api.GET('/v1/devices/{device}', { params: { path: { device: id } }, signal })),
  })
  const { data, error } = device
  const isAbsent = data === undefined && error instanceof ProblemError && error.status === 404
  return (
    <Page
      title={id}
      above={ABOVE}
      {...(data && {
        mark: <StateMark state={data.state} />,
        about: MEANINGS[data.state],
        actions: <Actions device={data} />,
      })}
    >
      {isAbsent ? (
        <Empty title="No such device">
          It was never enrolled under this name, or lies outside of what your account sees.
        </Empty>
      ) : (
        <Loaded query={device} what={id}>
          {(one) => <Whole device={one} />}
        </Loaded>
      )}
    </Page>
  )
}

function Whole({ device }: { device: Device }) {
  const { can } = useSession()
  const { id, site } = device
  return (
    <Stack gap="md">
      <Attention device={device} />
      {can('telemetry.read') && (
        <DataReach>What the device tells stands under its shop’s time, what the cloud did under the cloud’s.</DataReach>
      )}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Stack gap="md">
            <Models device={device} />
            {can('telemetry.read') && <Forecasts device={id} site={site} />}
            {can('task.read') && <Sensors device={id} />}
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack gap="md">
            <Connection device={device} />
            {can('telemetry.read') && <Machine device={id} site={site} />}
            {can('device.diagnose') && <SupportBundles device={id} />}
          </Stack>
        </Grid.Col>
      </Grid>
      <Timeline device={id} />
    </Stack>
  )
}
