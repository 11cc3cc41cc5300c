import { Button, Group, Paper, SimpleGrid, Stack, Text, Textarea, TextInput, Timeline } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { api, ask } from '../../api/client.ts'
import { NoSuchPage } from '../../app/no-such-page.tsx'
import { Allowed } from '../../app/session.tsx'
import { DataReach } from '../../kit/data-reach.tsx'
import { Facts } from '../../kit/facts.tsx'
import { percent } from '../../kit/figures.ts'
import { DeviceLink } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Page } from '../../kit/page.tsx'
import { Part } from '../../kit/part.tsx'
import { ShopTime } from '../../kit/shop-time.tsx'
import { Failed, Loaded } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { DIMENSIONS } from './dimensions.ts'
import { TASK_TONES, type Task } from './tasks.tsx'

const ABOVE = [
  { label: 'Data', to: '/data' },
  { label: 'Stewardship tasks', to: '/data/tasks' },
]
const ENDS = { recovered: 'the data recovered', closed: 'somebody closed it', gone: 'the sensor is gone' } as const

export function TaskPage() {
  const { task: id } = useParams({ from: '/signed-in/data/tasks/$task' })
  const isNumber = /^[1-9]\d{0,15}$/.test(id)
  const query = useQuery({
    enabled: isNumber,
    queryKey: ['task', id],
    queryFn: ({ signal }) =>
      ask(api.GET('/v1/stewardship-tasks/{task}', { params: { path: { task: Number(id) } }, signal })),
  })
  if (!isNumber) return <NoSuchPage />
  if (query.data === undefined) {
    return (
      <Page title={`Stewardship task ${id}`} above={ABOVE}>
        <Loaded query={query} what="the task">
          {() => null}
        </Loaded>
      </Page>
    )
  }
  const task = query.data
  return (
    <Page
      title={`${DIMENSIONS[task.dimension].title} of ${task.sensor}, ${task.device}`}
      above={ABOVE}
      mark={<Mark tone={TASK_TONES[task.state]}>{task.state}</Mark>}
      about={DIMENSIONS[task.dimension].about}
    >
      <DataReach>A task opens and closes by its shop’s days; what people do stands under the cloud’s time.</DataReach>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg" style={{ alignItems: 'start' }}>
        <Stack>
          <TaskFacts task={task} />
          {task.state !== 'closed' && (
            <Allowed to="task.write">
              <Work task={task} />
            </Allowed>
          )}
        </Stack>
        <Part title="History">
          <History id={task.id} />
        </Part>
      </SimpleGrid>
    </Page>
  )
}

function TaskFacts({ task }: { task: Task }) {
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Score', `${percent(task.score)}, has to be at least ${percent(task.threshold)}; at worst ${percent(task.worst)}`],
    ['Shop', task.site],
    ['Device', <DeviceLink key="device" id={task.device} />],
    ['Data set', task.dataset ?? 'in none: nobody is its steward'],
    ['Owner', task.owner ?? '–'],
    ['Steward', task.steward ?? '–'],
    ['Assigned to', task.assignee ?? 'nobody'],
    ['Opened', <ShopTime key="opened" at={task.openedAt} />],
    ['Scored', <ShopTime key="scored" at={task.scoredAt} />],
    ...(task.closedAt === null
      ? []
      : [
          [
            'Closed',
            <span key="closed">
              {task.endReason === 'closed' ? <Time at={task.closedAt} /> : <ShopTime at={task.closedAt} />}
              {task.endReason && `: ${ENDS[task.endReason]}`}
            </span>,
          ] as const,
        ]),
  ]
  return (
    <Paper withBorder p="md">
      <Facts of={facts} />
    </Paper>
  )
}

interface Step {
  readonly verb: 'acknowledge' | 'comments' | 'close' | 'assign'
  readonly note: string
  readonly assignee: string
}

function Work({ task }: { task: Task }) {
  const client = useQueryClient()
  const [note, setNote] = useState('')
  const [assignee, setAssignee] = useState('')
  const step = useMutation({
    mutationFn: ({ verb, note, assignee }: Step) => {
      const params = { path: { task: task.id } }
      if (verb === 'assign') {
        return ask(api.POST('/v1/stewardship-tasks/{task}/assign', { params, body: { assignee, note } }))
      }
      return ask(api.POST(`/v1/stewardship-tasks/{task}/${verb}`, { params, body: { note } }))
    },
    onSuccess: (_done, sent) => {
      // Who has begun to type on goes on.
      setNote((typed) => (typed === sent.note ? '' : typed))
      setAssignee((typed) => (typed === sent.assignee ? '' : typed))
      return client.invalidateQueries({ queryKey: ['task'] })
    },
  })
  const busy = (verb: Step['verb']) => ({
    loading: step.isPending && step.variables.verb === verb,
    onClick: () => step.mutate({ verb, note, assignee }),
  })
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Textarea
          label="Note"
          description="What you found, or did"
          value={note}
          onChange={({ currentTarget }) => setNote(currentTarget.value)}
          autosize
          minRows={2}
        />
        <Group gap="xs">
          {task.state === 'open' && (
            <Button size="xs" {...busy('acknowledge')}>
              Acknowledge
            </Button>
          )}
          <Button size="xs" variant="default" disabled={note.trim() === ''} {...busy('comments')}>
            Comment
          </Button>
          <Button size="xs" variant="default" {...busy('close')}>
            Close
          </Button>
        </Group>
        <Group gap="xs" align="flex-end">
          <TextInput
            label="Give it to"
            size="xs"
            value={assignee}
            onChange={({ currentTarget }) => setAssignee(currentTarget.value)}
          />
          <Button size="xs" variant="default" disabled={assignee.trim() === ''} {...busy('assign')}>
            Assign
          </Button>
        </Group>
        <Text size="xs" c="dimmed">
          It closes by itself once the score is back. Closed by hand, no other is opened before it has been.
        </Text>
        {step.error && <Failed error={step.error} />}
      </Stack>
    </Paper>
  )
}

function History({ id }: { id: number }) {
  const query = useQuery({
    queryKey: ['task', String(id), 'history'],
    queryFn: ({ signal }) =>
      ask(
        api.GET('/v1/stewardship-tasks/{task}/history', {
          params: { path: { task: id }, query: { limit: 500 } },
          signal,
        }),
      ),
  })
  return (
    <Loaded query={query} what="what happened">
      {({ items }) => (
        <Timeline bulletSize={14} lineWidth={2} active={items.length}>
          {items.map(({ id: entry, at, who, action, note }) => (
            <Timeline.Item key={entry} title={`${action} by ${who ?? 'the cloud'}`}>
              {note !== '' && (
                <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
                  {note}
                </Text>
              )}
              <Text size="xs" c="dimmed">
                {who === null ? <ShopTime at={at} /> : <Time at={at} />}
              </Text>
            </Timeline.Item>
          ))}
        </Timeline>
      )}
    </Loaded>
  )
}
