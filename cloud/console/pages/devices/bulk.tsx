import { Button, Group, Paper, Stack, Table, Text, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, ask } from '../../api/client.ts'
import { useSession } from '../../app/session.tsx'
import { Confirm } from '../../kit/confirm.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Failed, Loading } from '../../kit/states.tsx'

type Action =
  | { kind: 'label'; set: Record<string, string>; remove: string[] }
  | { kind: 'revoke' }
  | { kind: 'support-bundle' }
type Kind = Action['kind']

const WORDS: Readonly<Record<Kind, { readonly verb: string; readonly about: string }>> = {
  label: { verb: 'Change labels', about: 'Rollouts, groups and alert rules go by labels from the next moment on.' },
  revoke: {
    verb: 'Revoke',
    about:
      'Their tokens and certificates are withdrawn, and they are cut off within a minute. Each needs a new claim to come back.',
  },
  'support-bundle': {
    verb: 'Ask for support bundles',
    about: 'Each sends its status, configuration and log when it is connected; they are on its page then.',
  },
}

const run = (devices: readonly string[], action: Action, dryRun: boolean) =>
  ask(api.POST('/v1/devices/actions', { body: { devices: [...devices], action, dryRun } }))

/** What can be done to all that are chosen. */
export function BulkBar({ chosen, onDone }: { chosen: readonly string[]; onDone: () => void }) {
  const { can } = useSession()
  const client = useQueryClient()
  const [kind, setKind] = useState<Kind>()
  const [labels, setLabels] = useState('')
  const { action, fault } = actionOf(kind, labels)
  const kinds = (['label', 'support-bundle', 'revoke'] as const).filter(
    (one) => one !== 'support-bundle' || can('device.diagnose'),
  )
  return (
    <Paper withBorder p="xs" role="region" aria-label="Chosen devices">
      <Group gap="xs">
        <Text size="sm" fw={600} mr="sm">
          {chosen.length.toLocaleString('en')} chosen
        </Text>
        {kinds.map((one) => (
          <Button
            key={one}
            size="xs"
            variant="default"
            {...(one === 'revoke' && { c: 'red' })}
            onClick={() => setKind(one)}
          >
            {WORDS[one].verb}…
          </Button>
        ))}
        <Button size="xs" variant="subtle" onClick={onDone}>
          Choose none
        </Button>
      </Group>
      {kind && (
        <Confirm
          action={WORDS[kind].verb}
          opened
          onClose={() => setKind(undefined)}
          isDangerous={kind === 'revoke'}
          {...(kind === 'revoke' && { typed: 'revoke' })}
          run={async () => {
            if (!action) throw new Error(fault)
            await run(chosen, action, false)
            setLabels('')
            onDone()
            await client.invalidateQueries({ queryKey: ['device'] })
          }}
        >
          <Stack gap="sm">
            <Text size="sm">{WORDS[kind].about}</Text>
            {kind === 'label' && (
              <TextInput
                label="Labels"
                description="name=value sets one, -name takes one away; commas between"
                placeholder="wave=2,-pilot"
                value={labels}
                onChange={({ currentTarget: { value } }) => setLabels(value)}
                error={labels !== '' && fault}
                data-autofocus
              />
            )}
            {action && <Preview devices={chosen} action={action} />}
          </Stack>
        </Confirm>
      )}
    </Paper>
  )
}

const TERM = /^(?:-(?<gone>[a-z][a-z0-9_-]{0,31})|(?<name>[a-z][a-z0-9_-]{0,31})=(?<value>.{0,64}))$/u

function actionOf(kind: Kind | undefined, labels: string): { action?: Action; fault?: string } {
  if (kind !== 'label') return kind === undefined ? {} : { action: { kind } }
  const set: Record<string, string> = {}
  const remove: string[] = []
  for (const term of labels.split(',').map((part) => part.trim())) {
    if (term === '') continue
    const { gone, name, value } = TERM.exec(term)?.groups ?? {}
    if (gone !== undefined) remove.push(gone)
    else if (name !== undefined) set[name] = value!
    else return { fault: `“${term}”: write name=value or -name` }
  }
  if (Object.keys(set).length + remove.length === 0) return { fault: 'Name a label to set or to take away.' }
  return { action: { kind, set, remove } }
}

const TONES = { changed: 'busy', unchanged: 'quiet', refused: 'bad' } as const
/** Rows that are drawn; the counts tell of all. */
const SHOWN = 8

function Preview({ devices, action }: { devices: readonly string[]; action: Action }) {
  const preview = useQuery({
    queryKey: ['device', 'preview', devices, action],
    queryFn: () => run(devices, action, true),
    retry: false,
    staleTime: 0,
  })
  if (preview.error) return <Failed error={preview.error} />
  if (!preview.data) return <Loading what="what it would do" />
  const { items } = preview.data
  const of = (outcome: keyof typeof TONES) => items.filter((one) => one.outcome === outcome).length
  const parts = (['changed', 'unchanged', 'refused'] as const).filter((outcome) => of(outcome) > 0)
  return (
    <Stack gap={6}>
      <Text size="sm" fw={600}>
        {parts.map((outcome) => `${of(outcome)} ${outcome === 'changed' ? 'to change' : outcome}`).join(', ')}
      </Text>
      <Table fz="xs" aria-label="What it would do">
        <Table.Tbody>
          {items.slice(0, SHOWN).map(({ device, outcome, reason, before, after }) => (
            <Table.Tr key={device}>
              <Table.Td>{device}</Table.Td>
              <Table.Td>
                <Mark tone={TONES[outcome]}>{outcome === 'changed' ? 'to change' : outcome}</Mark>
              </Table.Td>
              <Table.Td>{action.kind === 'label' && reason === null ? difference(before, after) : reason}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {items.length > SHOWN && (
        <Text size="xs" c="dimmed">
          and {items.length - SHOWN} more
        </Text>
      )}
    </Stack>
  )
}

type Labels = Readonly<Record<string, string>>

/** `tier=gold (was lab), −note` */
function difference(before: Labels, after: Labels): string {
  const set = Object.entries(after)
    .filter(([name, value]) => before[name] !== value)
    .map(([name, value]) => `${name}=${value}${before[name] === undefined ? '' : ` (was ${before[name]})`}`)
  const gone = Object.keys(before).filter((name) => !(name in after))
  return [...set, ...gone.map((name) => `−${name}`)].join(', ')
}
