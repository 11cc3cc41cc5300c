import { Chip, Group, Stack, Text } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import { api, ask } from '../../api/client.ts'
import { useSession } from '../../app/session.tsx'
import { Export } from '../../kit/data-table.tsx'
import { PageLink } from '../../kit/links.tsx'
import { Mark, type Tone } from '../../kit/mark.tsx'
import { More } from '../../kit/more.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Part } from '../../kit/part.tsx'
import { ShopTime } from '../../kit/shop-time.tsx'
import { Failed, Loading } from '../../kit/states.tsx'
import { Steady } from '../../kit/steady-rows.tsx'
import { Time } from '../../kit/time.tsx'
import { useFilters } from '../../kit/use-filters.ts'
import { type Happening, type HappeningKind, happeningId, placeOf, sentenceOf } from '../fleet/happening-words.ts'
import classes from './timeline.module.css'

/** What each kind is called on its chip, and on a line of the story. */
const KINDS = [
  { kind: 'event', chip: 'Its own events', mark: 'event' },
  { kind: 'alert', chip: 'Alerts', mark: 'alert' },
  { kind: 'rollout', chip: 'Rollouts', mark: 'rollout' },
  { kind: 'task', chip: 'Tasks', mark: 'task' },
  { kind: 'device', chip: 'Device', mark: 'device' },
  { kind: 'connection', chip: 'Connection', mark: 'connection' },
  { kind: 'certificate', chip: 'Certificates', mark: 'certificate' },
  { kind: 'gap', chip: 'Lost records', mark: 'lost' },
  { kind: 'support', chip: 'Support bundles', mark: 'support' },
] as const satisfies readonly { kind: HappeningKind; chip: string; mark: string }[]
type Kind = (typeof KINDS)[number]['kind']
const MARKS: Readonly<Partial<Record<HappeningKind, string>>> = Object.fromEntries(
  KINDS.map(({ kind, mark }) => [kind, mark]),
)

const SEVERITIES: Readonly<Record<string, Tone>> = { critical: 'bad', error: 'bad', warning: 'warning' }
/** What went wrong, beside alerts and events, which say so themselves. */
const WRONG: Readonly<Record<string, Tone>> = {
  'device fork': 'bad',
  'device revoked': 'warning',
  'certificate withdrawn': 'warning',
  'rollout failed': 'bad',
  'rollout device-failed': 'bad',
  'rollout device-rolled-back': 'bad',
  'rollout device-silent': 'warning',
  'rollout device-succeeded': 'good',
  'alert resolved': 'good',
  'task opened': 'warning',
  'task closed': 'good',
}
const toneOf = ({ kind, what, severity }: Happening): Tone =>
  kind === 'gap' ? 'bad' : (WRONG[`${kind} ${what}`] ?? SEVERITIES[severity ?? ''] ?? 'quiet')

const COLUMNS = [
  { title: 'time', csv: ({ at }: Happening) => new Date(at).toISOString() },
  { title: 'kind', csv: ({ kind }: Happening) => kind },
  { title: 'what', csv: ({ what }: Happening) => what },
  { title: 'name', csv: ({ name }: Happening) => name },
  { title: 'detail', csv: ({ detail }: Happening) => detail },
  { title: 'severity', csv: ({ severity }: Happening) => severity },
  { title: 'who', csv: ({ who }: Happening) => who },
]

/** All that concerns the device as one story, newest first. */
export function Timeline({ device }: { device: string }) {
  const { can } = useSession()
  const { story } = useSearch({ from: '/signed-in/devices/$device' })
  const filter = useFilters<{ story?: string }>()
  const offered = KINDS.filter(({ kind }) => kind !== 'support' || can('device.diagnose'))
  const chosen = offered.map(({ kind }) => kind).filter((kind) => story?.split(',').includes(kind))
  const kind = chosen.length > 0 ? chosen.join(',') : undefined
  const listing = useListing<Happening>({
    queryKey: ['device|event|alert|task|rollout', 'story', device, kind],
    page: (at, init) => {
      const query = { device, limit: 30, ...(kind !== undefined && { kind: kind as never }), ...at }
      return ask(api.GET('/v1/fleet/happenings', { params: { query }, ...init }))
    },
  })
  const { items, error } = listing
  return (
    <Part title="Timeline" more={<Export name={`${device}-timeline`} columns={COLUMNS} listing={listing} />}>
      <Chip.Group
        multiple
        value={chosen}
        onChange={(kinds: string[]) => filter({ story: kinds.length > 0 ? kinds.join(',') : undefined })}
      >
        <Group gap={6} mb="sm" role="group" aria-label="Show only">
          {offered.map((one) => (
            <Chip key={one.kind} value={one.kind satisfies Kind} size="xs" variant="outline">
              {one.chip}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      {items === undefined && (error ? <Failed error={error} retry={listing.retry} /> : <Loading what="its story" />)}
      {items?.length === 0 && (
        <Text size="sm" c="dimmed">
          {kind === undefined ? 'Nothing is known of it yet.' : 'Nothing of what you chose has happened to it.'}
        </Text>
      )}
      {items !== undefined && (
        <Steady listing={listing} rowId={happeningId}>
          {(rows) => (
            <Stack gap={0} component="ol" className={classes.story!} aria-label="Timeline">
              {rows.map(({ row }) => (
                <Line key={happeningId(row)} of={row} />
              ))}
            </Stack>
          )}
        </Steady>
      )}
      <More of={listing} />
    </Part>
  )
}

function Line({ of }: { of: Happening }) {
  const { at, kind, name, detail, who } = of
  const place = kind === 'device' ? undefined : placeOf(of)
  return (
    <li className={classes.line}>
      <span>
        <Mark tone={toneOf(of)}>{MARKS[kind] ?? kind}</Mark>
      </span>
      <Text size="sm" span className={classes.text!}>
        {place !== undefined && (
          <>
            <PageLink inherit to={place}>
              {name}
            </PageLink>{' '}
          </>
        )}
        {sentenceOf(of)}
        {detail !== '' && (
          <Text span size="sm" c="dimmed">
            {' · '}
            {detail}
          </Text>
        )}
        {who !== null && (
          <Text span size="sm" c="dimmed">
            {' · by '}
            {who}
          </Text>
        )}
      </Text>
      <Text size="xs" c="dimmed" span className={classes.time!}>
        {/* What it tells itself is told by its shop's clock. */}
        {kind === 'event' ? <ShopTime at={at} /> : <Time at={at} />}
      </Text>
    </li>
  )
}
