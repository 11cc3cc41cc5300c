import { Anchor, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, ask } from '../../api/client.ts'
import { bytes } from '../../kit/figures.ts'
import { Part } from '../../kit/part.tsx'
import { Time } from '../../kit/time.tsx'

/** What the device was asked for, and what it sent: its log and status. Nothing is drawn where nobody asked. */
export function SupportBundles({ device }: { device: string }) {
  const bundles = useQuery({
    queryKey: ['device', 'support-bundles', device],
    queryFn: ({ signal }) =>
      ask(
        api.GET('/v1/devices/{device}/support-bundles', { params: { path: { device }, query: { limit: 5 } }, signal }),
      ),
  })
  const items = bundles.data?.items ?? []
  if (items.length === 0) return null
  return (
    <Part title="Support bundles">
      <Stack gap={6}>
        {items.map(({ id, askedBy, askedAt, receivedAt, bytes: size }) => (
          <Text key={id} size="sm">
            {receivedAt === null ? (
              'waits for the device'
            ) : (
              <Anchor
                inherit
                href={`/v1/devices/${device}/support-bundles/${id}/content`}
                download={`${device}.tar.gz`}
              >
                Download, {bytes(size)}
              </Anchor>
            )}
            , asked by {askedBy} <Time at={askedAt} />
          </Text>
        ))}
      </Stack>
    </Part>
  )
}
