import { Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { api, ask, type Item } from '../../api/client.ts'
import { FilterSelect } from '../../kit/filters.tsx'
import { Mark } from '../../kit/mark.tsx'
import { More } from '../../kit/more.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Part } from '../../kit/part.tsx'
import { Failed, Loading } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'

type DeviceEvent = Item<'/v1/devices/{device}/events'>

const TONES = { info: 'quiet', warning: 'warning', error: 'bad' } as const
const SEVERITIES = ['warning', 'error'] as const

/** What happened on the device, newest first, its warnings among it. */
export function Timeline({ device }: { device: string }) {
  const [severity, setSeverity] = useState<(typeof SEVERITIES)[number]>()
  const listing = useListing<DeviceEvent>({
    queryKey: ['event', device],
    page: (at, init) =>
      ask(
        api.GET('/v1/devices/{device}/events', {
          params: { path: { device }, query: { limit: 30, ...at } },
          ...init,
        }),
      ),
  })
  const { items, error } = listing
  const shown = items?.filter((one) => severity === undefined || one.severity === severity)
  return (
    <Part
      title="Timeline"
      more={
        (items?.length ?? 0) > 0 && (
          <FilterSelect label="Severity" any="any" value={severity} options={SEVERITIES} onChange={setSeverity} />
        )
      }
    >
      {shown === undefined && (error ? <Failed error={error} retry={listing.retry} /> : <Loading what="events" />)}
      {shown?.length === 0 && (
        <Text size="sm" c="dimmed">
          {severity === undefined ? 'It has told of nothing yet.' : `No ${severity} among what is shown.`}
        </Text>
      )}
      <Stack gap={8}>
        {shown?.map(({ id, at, severity: how, code, message, detail }) => (
          <Group key={id} gap="xs" align="baseline" justify="space-between">
            <Text size="sm" style={{ flex: '1 1 220px', overflowWrap: 'anywhere' }}>
              <Mark tone={TONES[how as keyof typeof TONES] ?? 'quiet'}>{code}</Mark> {message}
              {Object.keys(detail).length > 0 && (
                <Text span size="xs" c="dimmed">
                  {' '}
                  {Object.entries(detail)
                    .map(([name, value]) => `${name} ${value}`)
                    .join(', ')}
                </Text>
              )}
            </Text>
            <Text size="xs" c="dimmed" component="span">
              <Time at={at} />
            </Text>
          </Group>
        ))}
        <More of={listing} />
      </Stack>
    </Part>
  )
}
