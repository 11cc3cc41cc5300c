import type { Item, Posted } from '@storecast/shared/api'
import { type Command, Option } from 'commander'
import { listAll } from '../client/client.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { moment } from './options.ts'
import { instant, printFacts, printList } from './output.ts'

type Task = Item<'/v1/stewardship-tasks'>
type Entry = Item<'/v1/stewardship-tasks/{task}/history'>

interface ListOptions {
  readonly state: string
  readonly device?: string
  readonly site?: string
  readonly sensor?: string
  readonly dataset?: string
  readonly steward?: string
  readonly json?: boolean
}

const FILTERS = ['device', 'site', 'sensor', 'dataset', 'steward'] as const
const pathOf = (id: string) => `/v1/stewardship-tasks/${encodeURIComponent(id)}`

/** `storecast task …`: sensors whose data quality asks for somebody. */
export function addTaskCommands(program: Command, context: CliContext): void {
  const task = program
    .command('task')
    .description('Look after data quality: a sensor below its threshold opens a task for the steward of its data set')
  addList(task, context)
  addShow(task, context)
  addLook(task, context)
  addVerb(task, context, { verb: 'acknowledge', description: 'Take a task up', done: 'is acknowledged' })
  addVerb(task, context, {
    verb: 'close',
    description: 'Close a task that has not recovered: no other is opened before it has',
    done: 'is closed',
  })
  addVerb(task, context, {
    verb: 'assign',
    description: 'Give a task to somebody',
    takes: 'assignee',
    done: 'is assigned',
  })
  addVerb(task, context, {
    verb: 'comment',
    description: 'Say something on a task, also on one that is closed',
    takes: 'note',
    path: 'comments',
    done: 'has a comment',
  })
}

function addList(task: Command, context: CliContext): void {
  const list = task
    .command('list')
    .description('List tasks, newest first')
    .addOption(
      new Option('--state <state>', 'standing: not closed')
        .choices(['open', 'acknowledged', 'closed', 'standing', 'all'])
        .default('standing'),
    )
    .option('--json', 'print one JSON array')
  for (const name of FILTERS) list.option(`--${name} <${name}>`, `of this ${name}`)
  list.action(async ({ json, state, ...filters }: ListOptions) => {
    const query = new URLSearchParams(state === 'all' ? {} : { state })
    for (const name of FILTERS) if (filters[name] !== undefined) query.set(name, filters[name])
    printList(context.terminal, await listAll<Task>(await connect(context), `/v1/stewardship-tasks?${query}`), {
      json,
      columns: {
        task: ({ id }) => id,
        device: ({ device }) => device,
        sensor: ({ sensor }) => sensor,
        dimension: ({ dimension }) => dimension,
        score: ({ score, threshold }) => `${score.toFixed(3)} < ${threshold}`,
        state: ({ state: is, endReason }) => endReason ?? is,
        for: ({ assignee, steward }) => assignee ?? steward,
        since: ({ openedAt }) => instant(openedAt),
      },
      none: 'no sensor asks for a steward',
    })
  })
}

function addShow(task: Command, context: CliContext): void {
  task
    .command('show')
    .description('Show a task and what happened to it')
    .argument('<task>')
    .option('--json', 'print it as one JSON object')
    .action(async (id: string, { json }: { json?: boolean }) => {
      const { terminal } = context
      const cloud = await connect(context)
      const found = await cloud.get<Task>(pathOf(id))
      const history = await listAll<Entry>(cloud, `${pathOf(id)}/history`)
      if (json) return terminal.out(JSON.stringify({ ...found, history }))
      const { openedAt, closedAt, ...facts } = found
      printFacts(terminal, { ...facts, opened: instant(openedAt), closed: instant(closedAt) })
      for (const { at, who, action, note } of history) {
        terminal.out(`${instant(at)}  ${action} by ${who ?? 'the cloud'}${note === '' ? '' : `: ${note}`}`)
      }
    })
}

type SiteLook = Posted<'/v1/sites/{site}/quality-looks'>

function addLook(task: Command, context: CliContext): void {
  task
    .command('look')
    .description('Judge a site’s data now and not at the next turn: what was mended closes its task')
    .argument('<site>')
    .option('--until <time>', 'judge the data up to then: 2026-03-29T00:00:00Z', moment)
    .option('--json', 'print it as one JSON object')
    .action(async (site: string, { until, json }: { until?: number; json?: boolean }) => {
      const { terminal } = context
      const path = `/v1/sites/${encodeURIComponent(site)}/quality-looks`
      const looked = await (await connect(context)).post<SiteLook>(path, until === undefined ? {} : { until })
      if (json) return terminal.out(JSON.stringify(looked))
      const tell = (what: string) => (one: Task) =>
        terminal.out(`task ${one.id} ${what}: ${one.sensor} of ${one.device}, ${one.dimension} ${one.score.toFixed(3)}`)
      looked.opened.forEach(tell('opened'))
      looked.closed.forEach(tell('closed'))
      if (looked.opened.length + looked.closed.length === 0) terminal.err(`no task of ${site} opened or closed`)
    })
}

interface Verb {
  readonly verb: string
  readonly description: string
  /** An argument beside the task. */
  readonly takes?: 'assignee' | 'note'
  readonly path?: string
  readonly done: string
}

function addVerb(task: Command, context: CliContext, { verb, description, takes, path = verb, done }: Verb): void {
  const command = task.command(verb).description(description).argument('<task>')
  if (takes) command.argument(`<${takes}>`)
  if (takes !== 'note') command.option('-m, --note <note>', 'kept with the task', '')
  command.option('--json', 'print the task as one JSON object').action(async (...typed: [id: string, ...unknown[]]) => {
    const { note, json } = command.opts<{ note?: string; json?: boolean }>()
    const body = { ...(note !== undefined && { note }), ...(takes && { [takes]: typed[1] }) }
    const changed = await (await connect(context)).post<Task>(`${pathOf(typed[0])}/${path}`, body)
    if (json) context.terminal.out(JSON.stringify(changed))
    else context.terminal.err(`task ${typed[0]} ${done}`)
  })
}
