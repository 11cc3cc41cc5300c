import { Button, Stack, Text, Title } from '@mantine/core'
import { api, ask, type Item } from '../../api/client.ts'
import { useSession } from '../../app/session.tsx'
import { PageLink } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { type Listing, useListing } from '../../kit/pages-of.ts'
import { Failed, Loading } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import type { Rollout } from './queries.ts'
import classes from './trail.module.css'

type Happened = Item<'/v1/rollouts/{rollout}/history'>
type Row = Item<'/v1/audit'>

/** What of an entry of the audit log is shown; its schema is open. */
interface Entry {
  readonly at: number
  readonly actor?: { readonly id: string }
  readonly action: string
  readonly decision: 'allowed' | 'denied' | 'failed'
  readonly message?: string
}

/** What happened in the rollout and who decided it; for who may read the audit log, also what was tried and refused. */
export function Trail({ rollout }: { rollout: Rollout }) {
  const { can } = useSession()
  return (
    <Stack gap="lg">
      <History rollout={rollout} />
      {can('audit.read') && <Calls rollout={rollout} />}
    </Stack>
  )
}

function History({ rollout: { id } }: { rollout: Rollout }) {
  const listing = useListing<Happened>({
    queryKey: ['rollout', id, 'history'],
    page: (at, init) =>
      ask(
        api.GET('/v1/rollouts/{rollout}/history', {
          params: { path: { rollout: id }, query: { limit: 15, ...at } },
          ...init,
        }),
      ),
  })
  return (
    <section aria-labelledby="history">
      <Title order={2} id="history" mb="xs">
        What happened
      </Title>
      <Entries listing={listing} what="history">
        {({ at, who, what, reason }) => (
          <>
            <Text size="sm" fw={600}>
              {what}
            </Text>
            <Text size="sm">{reason}</Text>
            <Text size="xs" c="dimmed">
              {who === 'controller' ? 'the cloud, by its rules' : who}, <Time at={at} />
            </Text>
          </>
        )}
      </Entries>
    </section>
  )
}

function Calls({ rollout: { id, name, createdAt } }: { rollout: Rollout }) {
  const subject = [`/v1/rollouts/${id}`, `/v1/rollouts/${name}`]
  const listing = useListing<Row>({
    // Its kind is the rollout's: with each move of it there is an entry.
    queryKey: ['rollout', id, 'audit'],
    page: (at, init) =>
      ask(
        api.GET('/v1/audit', {
          params: { query: { subject, limit: 15, ...at } },
          ...init,
        }),
      ),
  })
  // An older rollout may have had the same name.
  const own = listing.items?.filter(({ entry }) => (entry as unknown as Entry).at >= createdAt)
  return (
    <section aria-labelledby="audit">
      <Title order={2} id="audit" mb="xs">
        In the audit log
      </Title>
      <Entries listing={{ ...listing, items: own }} what="audit log">
        {({ number, entry }) => {
          const { at, actor, action, decision, message } = entry as unknown as Entry
          return (
            <>
              <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
                {action.replace('/v1/rollouts/:rollout', '…')}{' '}
                {decision !== 'allowed' && <Refused decision={decision} />}
              </Text>
              {message !== undefined && <Text size="sm">{message}</Text>}
              <Text size="xs" c="dimmed">
                No. {number}, {actor?.id ?? 'unknown'}, <Time at={at} />
              </Text>
            </>
          )
        }}
      </Entries>
      <PageLink to="/audit" search={{ subject: subject[0]! }}>
        Open in Audit
      </PageLink>
    </section>
  )
}

const Refused = ({ decision }: { decision: 'denied' | 'failed' }) => (
  <Mark tone={decision === 'denied' ? 'bad' : 'warning'}>{decision}</Mark>
)

interface EntriesProps<T> {
  readonly listing: Listing<T>
  readonly what: string
  readonly children: (item: T) => React.ReactNode
}

function Entries<T>({ listing, what, children }: EntriesProps<T>) {
  const { items, error, hasMore, isLoadingMore, more, retry } = listing
  if (items === undefined) return error ? <Failed error={error} retry={retry} /> : <Loading what={what} />
  if (items.length === 0)
    return (
      <Text size="sm" c="dimmed">
        Nothing yet.
      </Text>
    )
  return (
    <>
      <ol className={classes.entries}>
        {items.map((item, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they only ever grow at the front, and hold no state.
          <li key={index}>{children(item)}</li>
        ))}
      </ol>
      {hasMore && (
        <Button variant="subtle" size="xs" loading={isLoadingMore} onClick={more}>
          Show more
        </Button>
      )}
    </>
  )
}
