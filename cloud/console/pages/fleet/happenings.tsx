import { Group, Stack, Text } from '@mantine/core'
import { api, ask } from '../../api/client.ts'
import { PageLink } from '../../kit/links.tsx'
import { More } from '../../kit/more.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Part } from '../../kit/part.tsx'
import { ShopTime } from '../../kit/shop-time.tsx'
import { Failed, Loading } from '../../kit/states.tsx'
import { Steady } from '../../kit/steady-rows.tsx'
import { Time } from '../../kit/time.tsx'
import { type Happening, happeningId, placeOf, sentenceOf } from './happening-words.ts'

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
        {items !== undefined && (
          <Steady listing={listing} rowId={happeningId}>
            {(rows) => (
              <Stack gap={8}>
                {rows.map(({ row: one }) => (
                  <Group key={happeningId(one)} gap="xs" wrap="nowrap" align="baseline" justify="space-between">
                    <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                      <PageLink inherit to={placeOf(one) ?? '/'}>
                        {one.name}
                      </PageLink>{' '}
                      {sentenceOf(one)}
                      {one.detail !== '' && (
                        <Text span c="dimmed" size="sm">
                          {' '}
                          {one.detail}
                        </Text>
                      )}
                    </Text>
                    <Text size="xs" c="dimmed" component="span" style={{ whiteSpace: 'nowrap' }}>
                      {one.kind === 'event' ? <ShopTime at={one.at} /> : <Time at={one.at} />}
                    </Text>
                  </Group>
                ))}
              </Stack>
            )}
          </Steady>
        )}
        <More of={listing} />
      </Stack>
    </Part>
  )
}
