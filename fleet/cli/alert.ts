import type { Item } from '@storecast/shared/api'
import { durationMs, SEVERITIES } from '@storecast/shared/contracts'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { listAll } from '../client/client.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { collect, pairsOf, wholeNumber } from './options.ts'
import { instant, labelText, printFacts, printList } from './output.ts'

type Alert = Item<'/v1/alerts'>
type Notification = Item<'/v1/alerts/{alert}/notifications'>
type Silence = Item<'/v1/silences'>

interface Json {
  readonly json?: boolean
}

/** `storecast alert|silence …`: what needs somebody. */
export function addAlertCommands(program: Command, context: CliContext): void {
  addAlerts(program.command('alert').description('Look at alerts, and take them up'), context)
  addSilences(program.command('silence').description('Tell nobody of some alerts for a time'), context)
}

/** Why nobody is told of an alert, or who has it. */
const standing = ({ state, inhibitedBy, silencedBy, acknowledgedBy }: Alert): string => {
  if (inhibitedBy !== null) return `${state}, told by alert ${inhibitedBy}`
  if (silencedBy !== null) return `${state}, silence ${silencedBy}`
  return acknowledgedBy === null ? state : `${state}, taken by ${acknowledgedBy}`
}

interface ListOptions extends Json {
  readonly state: string
  readonly severity?: string
  readonly rule?: string
  readonly site?: string
}

function addAlerts(alert: Command, context: CliContext): void {
  const { terminal } = context
  alert
    .command('list')
    .description('List alerts, newest first')
    .addOption(
      new Option('--state <state>', 'only those').choices(['pending', 'firing', 'resolved', 'all']).default('firing'),
    )
    .addOption(new Option('--severity <severity>', 'only those').choices(SEVERITIES))
    .option('--rule <rule>', 'only those of one rule')
    .option('--site <site>', 'only those of one site')
    .option('--json', 'print one JSON array')
    .action(async ({ json, state, ...filter }: ListOptions) => {
      const query = new URLSearchParams({ ...(state !== 'all' && { state }), ...filter })
      printList(terminal, await listAll<Alert>(await connect(context), `/v1/alerts?${query}`), {
        json,
        columns: {
          alert: ({ id }) => id,
          severity: ({ severity }) => severity,
          state: standing,
          since: ({ since }) => instant(since),
          summary: ({ summary }) => summary,
        },
        none: state === 'firing' ? 'no alert fires' : 'there is no such alert',
      })
    })
  alert
    .command('show')
    .description('Show one alert, and what routes were told of it')
    .argument('<alert>', 'its number', wholeNumber)
    .option('--json', 'print one JSON object')
    .action(async (id: number, { json }: Json) => {
      const cloud = await connect(context)
      const found = await cloud.get<Alert>(`/v1/alerts/${id}`)
      const notifications = await listAll<Notification>(cloud, `/v1/alerts/${id}/notifications`)
      if (json) {
        terminal.out(JSON.stringify({ ...found, notifications }))
        return
      }
      const { summary, rule, subject, severity, labels, since, firedAt, resolvedAt, note } = found
      printFacts(terminal, {
        ...{ summary, rule, subject, severity, state: standing(found), labels: labelText(labels) },
        ...{ since: instant(since), fired: instant(firedAt), resolved: instant(resolvedAt), note },
      })
      for (const { id: notification, route, status, state, sentAt, error } of notifications) {
        const what = state === 'sent' ? `told ${instant(sentAt)}` : `${state}${error === null ? '' : `: ${error}`}`
        terminal.out(`  ${notification}  ${route}  ${status}  ${what}`)
      }
    })
  alert
    .command('ack')
    .description('Say that you have taken an alert up')
    .argument('<alert>', 'its number', wholeNumber)
    .option('--note <text>', 'for the others', '')
    .option('--json', 'print the alert as one JSON object')
    .action(async (id: number, { note, json }: Json & { note: string }) => {
      const taken = await (await connect(context)).post<Alert>(`/v1/alerts/${id}/acknowledge`, { note })
      if (json) terminal.out(JSON.stringify(taken))
      else terminal.err(`alert ${id} is ${standing(taken)}`)
    })
  alert
    .command('resend')
    .description('Send again what a receiver refused')
    .argument('<notification>', 'its number, as "storecast alert show" has it', wholeNumber)
    .option('--json', 'print the notification as one JSON object')
    .action(async (id: number, { json }: Json) => {
      const queued = await (await connect(context)).post<Notification>(`/v1/alert-notifications/${id}/send`)
      if (json) terminal.out(JSON.stringify(queued))
      else terminal.err(`notification ${id} to ${queued.route} is ${queued.state}`)
    })
}

/** `2h` as milliseconds. */
function duration(text: string): number {
  if (/^[1-9]\d{0,5}[smhd]$/.test(text)) return durationMs(text)
  throw new InvalidArgumentError('give a duration, as 90s, 30m, 8h or 7d')
}

interface SilenceOptions extends Json {
  readonly for: number
  readonly comment: string
  readonly label: readonly string[]
}

function addSilences(silence: Command, context: CliContext): void {
  const { terminal } = context
  silence
    .command('create')
    .description('Tell nobody of alerts that carry all of these labels; "rule" stands for the rule’s name')
    .requiredOption('--label <name=value>', 'may be repeated', collect, [])
    .requiredOption('--for <duration>', 'as 30m, 8h or 7d', duration)
    .requiredOption('--comment <text>', 'why, for the others')
    .option('--json', 'print the silence as one JSON object')
    .action(async ({ label, comment, json, for: lasts }: SilenceOptions) => {
      const labels = pairsOf('--label', label)
      const cloud = await connect(context)
      const made = await cloud.post<Silence>('/v1/silences', { labels, endsAt: Date.now() + lasts, comment })
      if (json) terminal.out(JSON.stringify(made))
      else terminal.err(`silence ${made.id} ends ${instant(made.endsAt)}`)
    })
  silence
    .command('list')
    .description('List silences that have not ended')
    .option('--json', 'print one JSON array')
    .action(async ({ json }: Json) => {
      printList(terminal, await listAll<Silence>(await connect(context), '/v1/silences'), {
        json,
        columns: {
          silence: ({ id }) => id,
          labels: ({ labels }) => labelText(labels),
          ends: ({ endsAt }) => instant(endsAt),
          by: ({ createdBy }) => createdBy,
          why: ({ comment }) => comment,
        },
        none: 'nothing is silenced',
      })
    })
  silence
    .command('end')
    .description('End a silence now')
    .argument('<silence>', 'its number', wholeNumber)
    .action(async (id: number) => {
      await (await connect(context)).delete(`/v1/silences/${id}`)
      terminal.err(`silence ${id} has ended`)
    })
}
