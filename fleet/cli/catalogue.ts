import type { Dataset } from '@storecast/shared/contracts'
import type { Command } from 'commander'
import { stringify } from 'yaml'
import { listAll } from '../client/client.ts'
import { confirm } from './confirm.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { printList } from './output.ts'

const pathOf = (name: string) => `/v1/datasets/${encodeURIComponent(name)}`

/** `storecast catalogue …`: data sets, which files make. */
export function addCatalogueCommands(program: Command, context: CliContext): void {
  const { terminal } = context
  const catalogue = program
    .command('catalogue')
    .description('Look at the data sets: whose they are and who looks after them; files of kind Dataset make them')
  catalogue
    .command('list')
    .description('List the data sets')
    .option('--sensor <sensor>', 'those that hold it')
    .option('--json', 'print one JSON array')
    .action(async ({ json, sensor }: { json?: boolean; sensor?: string }) => {
      const query = sensor === undefined ? '' : `?sensor=${encodeURIComponent(sensor)}`
      printList(terminal, await listAll<Dataset>(await connect(context), `/v1/datasets${query}`), {
        json,
        columns: {
          dataset: ({ metadata }) => metadata.name,
          owner: ({ spec }) => spec.owner,
          steward: ({ spec }) => spec.steward ?? spec.owner,
          sensitivity: ({ spec }) => spec.sensitivity,
          sensors: ({ spec }) => spec.sensors.join(', '),
        },
        none: 'there is no data set; "storecast apply -f fleet/datasets" puts those that are shipped',
      })
    })
  catalogue
    .command('show')
    .description('Print a data set as YAML')
    .argument('<dataset>')
    .option('--json', 'print it as one JSON object')
    .action(async (name: string, { json }: { json?: boolean }) => {
      const found = await (await connect(context)).get<Dataset>(pathOf(name))
      terminal.out(json ? JSON.stringify(found) : stringify(found).trimEnd())
    })
  catalogue
    .command('delete')
    .description('Remove a data set from the catalogue; its data and its tasks stay')
    .argument('<dataset>')
    .option('--yes', 'do not ask')
    .action(async (name: string, { yes }: { yes?: boolean }) => {
      const cloud = await connect(context)
      const { spec } = await cloud.get<Dataset>(pathOf(name))
      const warning = `Nobody will be asked to look after ${spec.sensors.join(', ') || 'its data'} as part of ${name}.`
      await confirm(context, { warning, name, yes })
      await cloud.delete(pathOf(name))
      terminal.err(`data set ${name} is removed`)
    })
}
