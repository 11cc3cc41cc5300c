import type { Item } from '@storecast/shared/api'
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { type CloudClient, listAll } from '../client/client.ts'
import { percent } from '../terminal/table.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { UsageError } from './errors.ts'
import { newest } from './newest.ts'
import { moment, wholeNumber } from './options.ts'
import { printList } from './output.ts'
import { type Model, readName, versionOfAlias } from './registry.ts'

/** They are asked for by version. */
type Scores = Item<'/v1/forecast-scores'> & { readonly version: number }

interface Options {
  readonly by: string
  readonly top: number
  readonly days?: number
  /** Unix ms. */
  readonly until?: number
  readonly json?: boolean
}

const DAY = 86_400_000
const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

/** `storecast model slices`: where a model does well, and where it does not. */
export function addSlicesCommand(model: Command, context: CliContext): void {
  model
    .command('slices')
    .description('Show how forecasts did in service by what they are of, the worst first')
    .argument('<model>', 'demand, demand/3 or demand@champion')
    .option(
      '--by <key>',
      'site, product, weekday, label:<name> of the sites, attribute:<name> of the products',
      slicedBy,
      'site',
    )
    .option('--top <n>', 'so many that sell most, at most 500; the others are one line', wholeNumber, 20)
    .option('--days <n>', 'of the last days only', wholeNumber)
    .option('--until <time>', 'with --days, their end; by default, how far the data reaches', moment)
    .option('--json', 'print one JSON array, with denominators')
    .action(async (text: string, { by, top, days, until, json }: Options) => {
      const cloud = await connect(context)
      if (by === 'attribute') throw new UsageError(await attributesSay(cloud))
      const { name, version } = await versionOf(cloud, text)
      const query = new URLSearchParams({
        ...{ model: name, by: `version,${by}` },
        ...(version !== undefined && { version: String(version) }),
        ...(/^(attribute:|label:|entity)/.test(by) && { top: String(top) }),
        ...(days !== undefined && (await spanOf(cloud, days, until))),
      })
      const { items } = await cloud.get<{ items: Scores[] }>(`/v1/forecast-scores?${query}`)
      const slices = items.filter(({ rows, censored }) => rows + censored > 0)
      const worst = ({ others, wape }: Scores) => (others ? -2 : (wape ?? -1))
      slices.sort((a, b) => b.version - a.version || worst(b) - worst(a))
      printList(context.terminal, slices, {
        json,
        columns: {
          version: (one) => one.version,
          [by.replace(/^.*:/, '')]: nameOf,
          wape: ({ wape }) => inPercent(wape),
          'seasonal naive': ({ baselineWape }) => inPercent(baselineWape),
          bias: ({ wpe }) => inPercent(wpe),
          'in interval': ({ coverage }) => inPercent(coverage),
          ...(slices.some(({ share }) => share !== undefined) && {
            'of sales': ({ share }: Scores) => inPercent(share),
          }),
          forecasts: ({ rows }) => rows,
          'left out': ({ censored }) => censored,
        },
        none: 'nothing was scored',
      })
    })
}

const inPercent = (share: number | null | undefined) => (share == null ? null : percent(share))

function nameOf({ others, ...of }: Scores): string {
  if (others) return `(${others} smaller ones)`
  if (of.weekday !== undefined) return WEEKDAYS[of.weekday - 1]!
  return of.site ?? of.attribute ?? of.label ?? of.entity ?? '(none)'
}

function slicedBy(text: string): string {
  if (text === 'product') return 'entity'
  if (/^(site|weekday|attribute|label:[a-z][a-z0-9_-]*|attribute:[^,]+)$/.test(text)) return text
  throw new InvalidArgumentError('say site, product, weekday, label:<name> or attribute:<name>')
}

type Attribute = Item<'/v1/product-attributes'>

async function attributesSay(cloud: CloudClient): Promise<string> {
  const names = (await listAll<Attribute>(cloud, '/v1/product-attributes')).map(({ name }) => name)
  return names.length === 0
    ? 'no product carries an attribute; give the catalogues some: PUT /v1/sites/<site>'
    : `say which attribute: ${names.map((name) => `attribute:${name}`).join(', ')}`
}

async function versionOf(cloud: CloudClient, text: string): Promise<{ name: string; version?: number }> {
  const { name, version, alias } = readName(text)
  if (alias === undefined) return { name, ...(version !== undefined && { version }) }
  return { name, version: versionOfAlias(await cloud.get<Model>(`/v1/models/${name}`), alias) }
}

async function spanOf(cloud: CloudClient, days: number, until?: number): Promise<{ from: string; to: string }> {
  const to = until ?? (await newest(cloud)).to
  return { from: String(Math.max(0, to - days * DAY)), to: String(to) }
}
