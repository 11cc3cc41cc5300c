import type { Item } from '@storecast/shared/api'
import type { Command } from 'commander'
import { listAll } from '../client/client.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { printFacts, printList } from './output.ts'

type Sensor = Item<'/v1/sensors'>
type Variant = Sensor['variants'][number]

interface ListOptions {
  readonly name?: string
  readonly unheld?: boolean
  readonly json?: boolean
}

/** `storecast sensor …`: what the shops measure. */
export function addSensorCommands(program: Command, context: CliContext): void {
  const { terminal } = context
  const sensor = program
    .command('sensor')
    .description('Look at what the shops measure: how they define it, whose data it is and who looks after it')
  sensor
    .command('list')
    .description('List the sensors that shops define')
    .option('--name <text>', 'those whose names have this in them')
    .option('--unheld', 'those that no data set counts for at some shop: nobody is asked when they go wrong there')
    .option('--json', 'print one JSON array')
    .action(async ({ name, unheld, json }: ListOptions) => {
      const query = new URLSearchParams({ ...(name !== undefined && { q: name }), ...(unheld && { held: 'false' }) })
      printList(terminal, await listAll<Sensor>(await connect(context), `/v1/sensors?${query}`), {
        json,
        columns: {
          sensor: (one) => one.name,
          kind: ({ variants: [first] }) => first!.kind,
          unit: ({ variants: [first] }) => first!.unit,
          per: ({ variants: [first] }) => first!.per,
          sites: ({ sites }) => sites,
          definitions: ({ definitions }) => definitions,
          datasets: datasetsText,
          tasks: ({ tasks }) => tasks,
        },
        none: unheld
          ? 'a data set counts for every sensor at every shop'
          : 'no shop defines such a sensor; PUT /v1/sites/<site> defines what a shop measures',
      })
    })
  sensor
    .command('show')
    .description('Show a sensor: each way in which shops define it, and the data sets that hold it')
    .argument('<sensor>')
    .option('--json', 'print it as one JSON object')
    .action(async (name: string, { json }: { json?: boolean }) => {
      const found = await (await connect(context)).get<Sensor>(`/v1/sensors/${encodeURIComponent(name)}`)
      if (json) return terminal.out(JSON.stringify(found))
      const { sites, definitions, unheld, tasks, datasets, variants } = found
      printFacts(terminal, { sensor: name, sites, definitions, 'in no data set': sitesText(unheld), tasks })
      for (const { sites: count, owner, steward, sensitivity, name: set } of datasets) {
        terminal.out(
          `data set ${set}, of ${owner}, looked after by ${steward}, ${sensitivity}: counts for ${sitesText(count)}`,
        )
      }
      for (const variant of variants) terminal.out(variantText(variant))
    })
}

const sitesText = (count: number) => `${count} ${count === 1 ? 'site' : 'sites'}`

/** Those that count somewhere; `none` where one is missing at some shop. */
const datasetsText = ({ datasets, unheld }: Sensor): string =>
  [...datasets.filter(({ sites }) => sites > 0).map(({ name }) => name), ...(unheld > 0 ? ['none'] : [])].join(', ')

function variantText(variant: Variant): string {
  const { sites, example, kind, per, unit, range, resolution, interval, window } = variant
  const comes = interval === 0 ? 'as it comes' : `every ${interval} s`
  return `${sitesText(sites)} as ${example}: ${kind} per ${per}, ${range[0]} to ${range[1]} ${unit} in steps of ${resolution}, ${comes}, windows of ${window}`
}
