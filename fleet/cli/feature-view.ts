import type { Item } from '@storecast/shared/api'
import type { FeatureOrigin } from '@storecast/shared/features'
import type { Command } from 'commander'
import { listAll } from '../client/client.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { printFacts, printList } from './output.ts'

type View = Item<'/v1/feature-views'>
type WholeView = Omit<View, 'features'> & { readonly features: readonly FeatureOrigin[] }

/** `storecast feature-view …`: what the models see. */
export function addFeatureViewCommands(program: Command, context: CliContext): void {
  const { terminal } = context
  const view = program
    .command('feature-view')
    .description('Look at what the models see: the feature view that each model’s definition has')
  view
    .command('list')
    .description('List the feature views, by the models that define them')
    .option('--sensor <sensor>', 'those that read it')
    .option('--json', 'print one JSON array')
    .action(async ({ sensor, json }: { sensor?: string; json?: boolean }) => {
      const query = sensor === undefined ? '' : `?sensor=${encodeURIComponent(sensor)}`
      printList(terminal, await listAll<View>(await connect(context), `/v1/feature-views${query}`), {
        json,
        columns: {
          model: ({ name }) => name,
          champion: ({ champion }) => champion,
          kind: ({ kind }) => kind,
          'looks back': reach,
          features: ({ features }) => features,
          sensors: ({ sensors }) => sensors.join(', '),
          'known ahead': ({ covariates }) => covariates.join(', '),
          datasets: ({ datasets }) => datasets.map(({ name }) => name).join(', ') || 'none',
        },
        none:
          sensor === undefined
            ? 'no model is registered; "storecast model push" brings one, with its feature view'
            : `no model reads the sensor ${sensor}`,
      })
    })
  view
    .command('show')
    .description('Show a feature view, and what each of its features is made of')
    .argument('<model>')
    .option('--json', 'print it as one JSON object')
    .action(async (model: string, { json }: { json?: boolean }) => {
      const found = await (await connect(context)).get<WholeView>(`/v1/feature-views/${encodeURIComponent(model)}`)
      if (json) return terminal.out(JSON.stringify(found))
      const { version, champion, kind, entity, sensors, covariates, datasets, features } = found
      printFacts(terminal, {
        ...{ model, version, champion, kind, entity, 'looks back': reach(found) },
        ...{ sensors: sensors.join(', '), 'known ahead': covariates.join(', ') || null },
      })
      for (const { name, owner, steward, sensitivity } of datasets) {
        terminal.out(`data set ${name}, of ${owner}, looked after by ${steward}, ${sensitivity}`)
      }
      for (const { name, from, sensors, covariates, attributes } of features) {
        const of = [...sensors, ...covariates, ...attributes].join(', ')
        terminal.out(`${name}: ${from}${of === '' ? '' : ` of ${of}`}`)
      }
    })
}

const reach = ({ history, step }: Pick<View, 'history' | 'step'>): string => `${history} x ${step}`
