import type { DeviceGroup } from '@storecast/shared/contracts'
import type { Command } from 'commander'
import { stringify } from 'yaml'
import { listAll } from '../client/client.ts'
import { confirm } from './confirm.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { printList } from './output.ts'

/** `storecast group …`: selectors with a name, which files make. */
export function addGroupCommands(program: Command, context: CliContext): void {
  const { terminal } = context
  const group = program
    .command('group')
    .description('Look at groups of devices; files of kind DeviceGroup make them ("storecast apply")')
  group
    .command('list')
    .description('List the groups and how they select')
    .option('--json', 'print one JSON array')
    .action(async ({ json }: { json?: boolean }) => {
      printList(terminal, await listAll<DeviceGroup>(await connect(context), '/v1/groups'), {
        json,
        columns: {
          group: ({ metadata }) => metadata.name,
          selector: selectorText,
          description: ({ metadata }) => metadata.description,
        },
        none: 'there is no group; "storecast apply" makes one from a file of kind DeviceGroup',
      })
    })
  group
    .command('show')
    .description('Print a group as YAML; "storecast device list --group" has its devices')
    .argument('<group>')
    .option('--json', 'print it as one JSON object')
    .action(async (name: string, { json }: { json?: boolean }) => {
      const found = await (await connect(context)).get<DeviceGroup>(pathOf(name))
      terminal.out(json ? JSON.stringify(found) : stringify(found).trimEnd())
    })
  group
    .command('delete')
    .description('Remove a group that nothing under way names')
    .argument('<group>')
    .option('--yes', 'do not ask')
    .action(async (name: string, { yes }: { yes?: boolean }) => {
      const cloud = await connect(context)
      const found = await cloud.get<DeviceGroup>(pathOf(name))
      await confirm(context, { warning: `Group ${name} (${selectorText(found)}) will be removed.`, name, yes })
      await cloud.delete(pathOf(name))
      terminal.err(`group ${name} is removed`)
    })
}

const pathOf = (name: string) => `/v1/groups/${encodeURIComponent(name)}`

/** As `--selector` takes it. */
function selectorText({ spec }: DeviceGroup): string {
  const { labels, expressions } = spec.selector
  const equal = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
  const others = expressions.map(({ label, operator, values = [] }) => {
    if (operator === 'Exists') return label
    if (operator === 'DoesNotExist') return `!${label}`
    return `${label} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`
  })
  return [...equal, ...others].join(',')
}
