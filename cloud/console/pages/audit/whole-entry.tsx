import { Code, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, ask } from '../../api/client.ts'
import { Dialog } from '../../kit/dialog.tsx'
import { Facts } from '../../kit/facts.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Empty, Loaded } from '../../kit/states.tsx'
import { absoluteTime } from '../../kit/time.tsx'
import { Wide } from '../../kit/wide.tsx'
import { entryOf, type Row, TONES } from './entry.ts'

/** An entry with all that it says: what was there before and after, what policies looked at, and where it hangs in the chain. */
export function WholeEntry({ number, onClose }: { number: number; onClose: () => void }) {
  const found = useQuery({
    queryKey: ['audit', 'entry', number],
    queryFn: async ({ signal }) => {
      const query = { cursor: String(number + 1), limit: 1 }
      const { items } = await ask(api.GET('/v1/audit', { params: { query }, signal }))
      return items.find((row) => row.number === number) ?? null
    },
  })
  return (
    <Dialog title={`Entry ${number}`} onClose={onClose} size="lg">
      <Loaded query={found} what="the entry">
        {(row) =>
          row === null ? (
            <Empty title="No such entry">The log has none of this number, or it lies outside of what you see.</Empty>
          ) : (
            <Told row={row} />
          )
        }
      </Loaded>
    </Dialog>
  )
}

function Told({ row }: { row: Row }) {
  const { at, actor, action, subject, decision, message } = entryOf(row)
  return (
    <Stack gap="sm">
      <Facts
        of={[
          ['When', absoluteTime(at)],
          ['Who', actor ? `${actor.id} (${actor.kind})` : '–'],
          ['What', <Code key="what">{action}</Code>],
          ['Of', subject],
          [
            'Outcome',
            <Mark key="outcome" tone={TONES[decision]}>
              {decision}
            </Mark>,
          ],
          ...(message === undefined ? [] : [['Because', message] as const]),
          [
            'Its hash',
            <Code key="hash" style={{ overflowWrap: 'anywhere' }}>
              {row.hash}
            </Code>,
          ],
        ]}
      />
      <Text size="sm" fw={600}>
        As the log keeps it
      </Text>
      <Wide label="The entry as JSON" maxHeight="40dvh">
        <Code block>{JSON.stringify(row.entry, null, 2)}</Code>
      </Wide>
    </Stack>
  )
}
