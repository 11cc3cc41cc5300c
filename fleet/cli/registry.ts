import type { Got } from '@storecast/shared/api'
import type { Command } from 'commander'
import { type CloudClient, listSome } from '../client/client.ts'
import { percent, table } from '../terminal/table.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { UsageError } from './errors.ts'
import { wholeNumber } from './options.ts'
import { instant, labelText, printFacts, printList } from './output.ts'

export type Model = Got<'/v1/models/{model}'>
type ModelVersion = Got<'/v1/models/{model}/versions/{version}'>

/** `storecast model list|show|alias|compare`: the models that the cloud has. */
export function addRegistryCommands(model: Command, context: CliContext): void {
  addList(model, context)
  addShow(model, context)
  addAlias(model, context)
  addCompare(model, context)
}

function addList(model: Command, context: CliContext): void {
  model
    .command('list')
    .description("List the cloud's models")
    .option('-n, --limit <models>', 'how many at most; all of them without it', wholeNumber)
    .option('--json', 'print one JSON array')
    .action(async ({ limit, json }: { limit?: number; json?: boolean }) => {
      const models = await listSome<Model>(await connect(context), '/v1/models', {}, limit)
      printList(context.terminal, models, {
        json,
        columns: {
          model: (one) => one.name,
          versions: (one) => one.versions,
          aliases: (one) => aliasText(one.aliases),
        },
        none: 'the cloud has no model yet; "storecast model push" registers one',
      })
    })
}

function addShow(model: Command, context: CliContext): void {
  const { terminal } = context
  model
    .command('show')
    .description('Show a model with its versions, or one version')
    .argument('<model>', 'demand, demand/3 or demand@champion')
    .option('-n, --limit <versions>', 'how many versions at most, newest first', wholeNumber)
    .option('--json', 'print one JSON object')
    .action(async (text: string, { limit, json }: { limit?: number; json?: boolean }) => {
      const cloud = await connect(context)
      const { name, version, alias } = readName(text)
      if (version !== undefined || alias !== undefined) {
        const one = await versionOf(cloud, text)
        return json ? terminal.out(JSON.stringify(one)) : printVersion(context, one)
      }
      const found = await cloud.get<Model>(`/v1/models/${name}`)
      const versions = await listSome<ModelVersion>(cloud, `/v1/models/${name}/versions`, {}, limit)
      if (json) return terminal.out(JSON.stringify({ ...found, items: versions }))
      printList(terminal, versions, {
        columns: {
          version: (one) => one.version,
          aliases: (one) => one.aliases.join(', '),
          registered: (one) => instant(one.createdAt),
          wape: (one) => one.manifest.metrics.wape?.toPrecision(4),
          tags: (one) => labelText(one.tags),
        },
        none: `model ${name} has no version`,
      })
    })
}

function addAlias(model: Command, context: CliContext): void {
  const { terminal } = context
  model
    .command('alias')
    .description('Point an alias at a version, or take it away')
    .argument('<model>', 'demand/3; demand alone with --remove')
    .argument('<alias>', 'for example champion')
    .option('--remove', 'take the alias away')
    .option('--reason <text>', 'why, for the history', '')
    .option('--dry-run', 'only say what would change')
    .option('--json', 'print the model as one JSON object')
    .addHelpText(
      'after',
      '\nDevices follow rollouts, not aliases: this changes what "models:/demand@champion" names from now on.',
    )
    .action(async (text: string, alias: string, options: AliasOptions) => {
      const { remove, reason, dryRun, json } = options
      const { name, version } = readName(text)
      if ((version === undefined) !== (remove === true)) {
        throw new UsageError('name a version (demand/3) to point the alias at, or the model alone and --remove')
      }
      const cloud = await connect(context)
      const before = await cloud.get<Model>(`/v1/models/${name}`)
      const path = `/v1/models/${name}/aliases/${encodeURIComponent(alias)}`
      const from = before.aliases[alias] ?? 'none'
      if (dryRun) {
        if (json) terminal.out(JSON.stringify(before))
        return terminal.err(`${alias}: ${from} → ${version ?? 'none'}; nothing was done`)
      }
      const after = remove
        ? await cloud.delete<Model>(`${path}?${new URLSearchParams({ reason })}`)
        : await cloud.put<Model>(path, { version, reason })
      if (json) terminal.out(JSON.stringify(after))
      terminal.err(`${alias}: ${from} → ${version ?? 'none'}`)
    })
}

interface AliasOptions {
  readonly remove?: boolean
  readonly reason: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

function addCompare(model: Command, context: CliContext): void {
  model
    .command('compare')
    .description('Put versions side by side: held-out scores, size, data, licence')
    .argument(
      '<versions...>',
      'two or more of demand/3, demand@champion; the first is what the others are compared with',
    )
    .option('--json', 'print one JSON array')
    .action(async (names: readonly string[], { json }: { json?: boolean }) => {
      if (names.length < 2) throw new UsageError('name at least two versions: demand@champion demand@candidate')
      const cloud = await connect(context)
      const versions = await Promise.all(names.map((name) => versionOf(cloud, name)))
      if (json) return context.terminal.out(JSON.stringify(versions))
      printComparison(context, versions)
    })
}

function printComparison({ terminal }: CliContext, versions: readonly ModelVersion[]): void {
  const metrics = [...new Set(versions.flatMap(({ manifest }) => Object.keys(manifest.metrics)))]
  const facts: Readonly<Record<string, (one: ModelVersion) => string>> = {
    precision: ({ manifest }) => manifest.precision,
    bytes: ({ bundle }) => String(bundle.bytes),
    'data to': ({ manifest }) => manifest.lineage.dataset.to,
    rows: ({ manifest }) => String(manifest.lineage.dataset.rows),
    licence: ({ manifest }) => manifest.definition.spec.licence,
  }
  const figure = (one: ModelVersion, name: string) => one.manifest.metrics[name]
  const rows = [
    ...metrics.map((name) => {
      const first = figure(versions[0]!, name)
      return [
        name,
        ...versions.map((one, at) => {
          const value = figure(one, name)
          if (value === undefined) return '–'
          const change =
            at > 0 && first ? ` (${value >= first ? '+' : '−'}${percent(Math.abs(value / first - 1))})` : ''
          return `${value.toPrecision(4)}${change}`
        }),
      ]
    }),
    ...Object.entries(facts).map(([name, read]) => [name, ...versions.map(read)]),
  ]
  const header = ['', ...versions.map((one) => `${one.model}/${one.version}`)]
  for (const line of table(header, rows)) terminal.out(line)
}

/** @param text `demand/3` or `demand@champion` */
async function versionOf(cloud: CloudClient, text: string): Promise<ModelVersion> {
  const { name, version, alias } = readName(text)
  if (version === undefined && alias === undefined)
    throw new UsageError(`"${text}": say which version: ${name}/3 or ${name}@champion`)
  const found = await cloud.get<Model>(`/v1/models/${name}`)
  const number = alias === undefined ? version : versionOfAlias(found, alias)
  return cloud.get<ModelVersion>(`/v1/models/${name}/versions/${number}`)
}

/** @throws UsageError where the model has no such alias: which it has */
export function versionOfAlias({ name, aliases }: Model, alias: string): number {
  const version = aliases[alias]
  if (version !== undefined) return version
  throw new UsageError(`model ${name} has no alias "${alias}"; it has ${aliasText(aliases) || 'none'}`)
}

function printVersion({ terminal }: CliContext, { manifest, bundle, source, ...one }: ModelVersion): void {
  printFacts(terminal, {
    model: one.model,
    version: one.version,
    aliases: one.aliases.join(', '),
    tags: labelText(one.tags),
    registered: instant(one.createdAt),
    source: source.kind === 'training' ? `training run ${source.run}` : source.kind,
    licence: manifest.definition.spec.licence,
    bundle: `${bundle.sha256} (${bundle.bytes} bytes)`,
  })
  terminal.out('')
  printList(terminal, Object.entries(manifest.metrics), {
    columns: {
      'held-out': ([name]) => name,
      model: ([, value]) => value.toPrecision(4),
      'seasonal naive': ([name]) => manifest.baseline[name]?.toPrecision(4),
    },
    none: 'no held-out metrics',
  })
}

const aliasText = (aliases: Model['aliases']) =>
  Object.entries(aliases)
    .map(([name, version]) => `${name} → ${version}`)
    .join(', ')

/** @throws UsageError */
export function readName(text: string): { name: string; version?: number; alias?: string } {
  const match =
    /^(?:models:\/)?(?<name>[a-z0-9][a-z0-9_-]*)(?:\/(?<version>[1-9]\d{0,8})|@(?<alias>[a-z][a-z0-9-]*))?$/.exec(text)
  if (!match?.groups) throw new UsageError(`"${text}" names no model. Write demand, demand/3 or demand@champion.`)
  const { name, version, alias } = match.groups
  return {
    name: name!,
    ...(version !== undefined && { version: Number(version) }),
    ...(alias !== undefined && { alias }),
  }
}
