import { Button, Group, SegmentedControl, Stack, Text, Textarea } from '@mantine/core'
import { RolloutDocument, type RolloutInput } from '@storecast/shared/contracts/rollout'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { parse, stringify } from 'yaml'
import { config } from 'zod'
import { api, ask } from '../../api/client.ts'
import { useSession } from '../../app/session.tsx'
import { Page } from '../../kit/page.tsx'
import { Part } from '../../kit/part.tsx'
import { Empty, Failed, Loaded } from '../../kit/states.tsx'
import { Unsent } from '../../kit/unsent.tsx'
import { newDraft } from './draft.ts'
import { DraftForm } from './draft-form.tsx'
import { bodyOf, type Plan, PlanView, planOf } from './plan.tsx'
import { rolloutQuery } from './queries.ts'

// Else it tries whether it may make functions of text, which the page's policy denies and reports.
config({ jitless: true })

const ABOVE = [{ label: 'Rollouts', to: '/rollouts' }]

/** A rollout is put together, looked at as it would be, and started. */
export function NewRolloutPage() {
  const { like, model, version } = useSearch({ from: '/signed-in/rollouts/new' })
  const { can } = useSession()
  const other = useQuery({ ...rolloutQuery(String(like ?? '')), enabled: like !== undefined })
  return (
    <Page
      title="Start a rollout"
      above={ABOVE}
      about="Nothing is told to any device before you have seen what it would be, and started it."
    >
      {!can('rollout.write') ? (
        <Empty title="You may not start rollouts">Operators may. Ask an admin for that role.</Empty>
      ) : like === undefined ? (
        <Editor begin={newDraft(model, version === undefined ? '' : String(version))} />
      ) : (
        <Loaded query={other} what="the rollout that it is to be like">
          {({ document, name }) => (
            <Editor
              begin={{ ...(document as RolloutInput), metadata: { ...document.metadata, name: `${name}-again` } }}
            />
          )}
        </Loaded>
      )}
    </Page>
  )
}

type View = 'form' | 'yaml'

function Editor({ begin }: { begin: RolloutInput }) {
  const [first] = useState(begin)
  const [draft, setDraft] = useState(first)
  const [view, setView] = useState<View>('form')
  const [written, setWritten] = useState<string>()
  const [unreadable, setUnreadable] = useState<string>()
  const isStarted = useRef(false)
  const isChanged = unreadable !== undefined || JSON.stringify(draft) !== JSON.stringify(first)
  const checked = RolloutDocument.safeParse(draft)
  const issues = checked.success ? [] : checked.error.issues
  const wrong = unreadable ?? issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n')

  const write = (text: string) => {
    setWritten(text)
    try {
      setDraft(parse(text) as RolloutInput)
      setUnreadable(undefined)
    } catch (cause) {
      setUnreadable((cause as Error).message)
    }
  }
  const show = (next: View) => {
    setWritten(next === 'yaml' ? stringify(draft) : undefined)
    // What could not be read was typed where it is no longer shown.
    setUnreadable(undefined)
    setView(next)
  }
  // A form shows fields that are there: what is written must be a rollout first.
  const canShowForm = view === 'form' || (unreadable === undefined && checked.success)
  return (
    <Stack gap="md">
      <Group gap="sm">
        <SegmentedControl
          size="xs"
          aria-label="How it is written"
          value={view}
          onChange={(next) => show(next as View)}
          data={[
            { value: 'form', label: 'Form', disabled: !canShowForm },
            { value: 'yaml', label: 'YAML or JSON' },
          ]}
        />
        {view === 'yaml' && (
          <Text size="xs" c="dimmed">
            The same as a file for <code>storecast rollout start</code>.
          </Text>
        )}
      </Group>
      {view === 'form' ? (
        <DraftForm draft={draft} issues={issues} onChange={setDraft} onUnreadable={setUnreadable} />
      ) : (
        <Textarea
          label="The rollout as a document"
          autosize
          minRows={16}
          maxRows={40}
          spellCheck={false}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
          value={written ?? ''}
          error={wrong === '' ? undefined : <span style={{ whiteSpace: 'pre-wrap' }}>{wrong}</span>}
          onChange={({ currentTarget: { value } }) => write(value)}
        />
      )}
      <Review
        key={JSON.stringify(draft)}
        draft={draft}
        isReady={unreadable === undefined && checked.success}
        onStarted={() => {
          isStarted.current = true
        }}
      />
      <Unsent isLost={() => !isStarted.current && isChanged} what="The rollout that you put together" />
    </Stack>
  )
}

/** Shows what it would be; only what was shown can be started. */
function Review({ draft, isReady, onStarted }: { draft: RolloutInput; isReady: boolean; onStarted: () => void }) {
  const navigate = useNavigate()
  const client = useQueryClient()
  const plan = useMutation<Plan, Error, void>({ mutationFn: () => planOf(draft) })
  const start = useMutation<{ readonly id: string }, Error, void>({
    mutationFn: () => ask(api.POST('/v1/rollouts', { body: bodyOf(draft) })),
    onSuccess: async ({ id }) => {
      onStarted()
      await client.invalidateQueries({ queryKey: ['rollout'] })
      await navigate({ to: '/rollouts/$rollout', params: { rollout: id } })
    },
  })
  return (
    <Part title="What it would be">
      <Stack gap="sm">
        {plan.data ? (
          <PlanView plan={plan.data} steps={draft.spec.steps} />
        ) : (
          <Text size="sm" c="dimmed">
            {isReady
              ? 'The cloud goes through it as if it began now: devices by step, approval, policies, other rollouts. Nothing is changed.'
              : 'Fill in what is missing above, and mend what is wrong, first.'}
          </Text>
        )}
        {plan.error && <Failed error={plan.error} />}
        {start.error && <Failed error={start.error} />}
        <Group gap="xs">
          <Button
            size="sm"
            variant={plan.data ? 'default' : 'filled'}
            disabled={!isReady}
            loading={plan.isPending}
            onClick={() => plan.mutate()}
          >
            {plan.data ? 'Look again' : 'See what it would be'}
          </Button>
          {plan.data && (
            <Button size="sm" loading={start.isPending} onClick={() => start.mutate()}>
              Start the rollout
            </Button>
          )}
        </Group>
      </Stack>
    </Part>
  )
}
