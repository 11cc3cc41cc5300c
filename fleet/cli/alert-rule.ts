import type { Item, Posted } from '@storecast/shared/api'
import type { AlertRoute } from '@storecast/shared/contracts'
import type { Command } from 'commander'
import { stringify } from 'yaml'
import { listAll } from '../client/client.ts'
import { readDocuments } from '../code/documents.ts'
import { confirm } from './confirm.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { UsageError } from './errors.ts'
import { printList } from './output.ts'

type RuleStanding = Item<'/v1/alert-rules'>

interface Json {
  readonly json?: boolean
}

/** `storecast alert-rule|alert-route …`: when there is an alert, and who is told. */
export function addAlertRuleCommands(program: Command, context: CliContext): void {
  addRules(
    program
      .command('alert-rule')
      .description('Look at alert rules; files of kind AlertRule make them ("storecast apply")'),
    context,
  )
  addRoutes(
    program
      .command('alert-route')
      .description('Look at where alerts are sent; files of kind AlertRoute say so ("storecast apply")'),
    context,
  )
}

type Preview = Posted<'/v1/alert-rule-evaluations'>

function addRules(rule: Command, context: CliContext): void {
  const { terminal } = context
  rule
    .command('list')
    .description('List the alert rules, and how each went when it was asked last')
    .option('--json', 'print one JSON array')
    .action(async ({ json }: Json) => {
      printList(terminal, await listAll<RuleStanding>(await connect(context), '/v1/alert-rules'), {
        json,
        columns: {
          rule: ({ document }) => document.metadata.name,
          subject: ({ document }) => document.spec.subject,
          severity: ({ document }) => document.spec.severity,
          firing: ({ firing }) => firing,
          pending: ({ pending }) => pending,
          trouble: ({ error }) => error,
        },
        none: 'there is no alert rule; "storecast apply -f fleet/alerts" puts those that are shipped',
      })
    })
  rule
    .command('show')
    .description('Print an alert rule as YAML')
    .argument('<rule>')
    .option('--json', 'print it as one JSON object')
    .action(async (name: string, { json }: Json) => {
      const { document } = await (await connect(context)).get<RuleStanding>(pathOf('alert-rules', name))
      terminal.out(json ? JSON.stringify(document) : stringify(document).trimEnd())
    })
  rule
    .command('test')
    .description('Ask the cloud of what the rules in a file would be true now; nothing is done')
    .requiredOption('-f, --file <path>', 'a file or folder with alert rules')
    .option('--json', 'print one JSON array')
    .action(async ({ file, json }: Json & { file: string }) => {
      const rules = (await readDocuments(file)).filter(({ kind }) => kind === 'AlertRule')
      if (rules.length === 0) throw new UsageError(`${file} holds no document of kind AlertRule.`)
      const cloud = await connect(context)
      const asked: (Preview & { rule: string })[] = []
      for (const { name, document } of rules) {
        asked.push({ rule: name, ...(await cloud.post<Preview>('/v1/alert-rule-evaluations', document)) })
      }
      if (json) terminal.out(JSON.stringify(asked))
      else for (const one of asked) sayPreview(context, one)
    })
  addDelete(rule, context, { list: 'alert-rules', what: 'Alert rule', effect: 'its alerts are resolved' })
}

function sayPreview(
  { terminal }: CliContext,
  { rule, subjects, unknown, error, conditions, ...rest }: Preview & { rule: string },
) {
  const untold = unknown === 0 ? '' : `; of ${unknown} it cannot be told (${error})`
  terminal.out(`${rule}: true of ${rest.true} of ${subjects}${untold}`)
  for (const { summary } of conditions) terminal.out(`  ${summary}`)
}

function addRoutes(route: Command, context: CliContext): void {
  const { terminal } = context
  route
    .command('list')
    .description('List where alerts are sent')
    .option('--json', 'print one JSON array')
    .action(async ({ json }: Json) => {
      printList(terminal, await listAll<AlertRoute>(await connect(context), '/v1/alert-routes'), {
        json,
        columns: {
          route: ({ metadata }) => metadata.name,
          receiver: ({ spec }) => spec.receiver.type,
          alerts: ({ spec }) => spec.match ?? 'all',
          state: ({ spec }) => (spec.suspend ? 'suspended' : 'in force'),
        },
        none: 'alerts are sent nowhere; docs/cloud-team/alerts.md says how to have them sent',
      })
    })
  route
    .command('show')
    .description('Print an alert route as YAML')
    .argument('<route>')
    .option('--json', 'print it as one JSON object')
    .action(async (name: string, { json }: Json) => {
      const found = await (await connect(context)).get<AlertRoute>(pathOf('alert-routes', name))
      terminal.out(json ? JSON.stringify(found) : stringify(found).trimEnd())
    })
  addDelete(route, context, { list: 'alert-routes', what: 'Alert route', effect: 'it is told of nothing any more' })
}

function addDelete(
  parent: Command,
  context: CliContext,
  { list, what, effect }: { readonly list: string; readonly what: string; readonly effect: string },
): void {
  parent
    .command('delete')
    .description(`Remove it; ${effect}`)
    .argument('<name>')
    .option('--yes', 'do not ask')
    .action(async (name: string, { yes }: { yes?: boolean }) => {
      const cloud = await connect(context)
      await cloud.get(pathOf(list, name))
      await confirm(context, { warning: `${what} ${name} will be removed; ${effect}.`, name, yes })
      await cloud.delete(pathOf(list, name))
      context.terminal.err(`${what.toLowerCase()} ${name} is removed`)
    })
}

const pathOf = (list: string, name: string) => `/v1/${list}/${encodeURIComponent(name)}`
