import type { Command } from 'commander'
import { listAll } from '../client/client.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { UsageError } from './errors.ts'
import { instant, labelText, printFacts, printList } from './output.ts'

interface Model {
  readonly name: string
  readonly versions: number
  readonly aliases: Readonly<Record<string, number>>
}
interface ModelVersion {
  readonly model: string
  readonly version: number
  readonly aliases: readonly string[]
  readonly tags: Readonly<Record<string, string>>
  readonly createdAt: number
  readonly source: { readonly kind: string; readonly run?: string }
  readonly bundle: { readonly sha256: string; readonly bytes: number }
  readonly manifest: {
    readonly metrics: Readonly<Record<string, number>>
    readonly baseline: Readonly<Record<string, number>>
    readonly definition: { readonly spec: { readonly licence: string } }
  }
}

/** `storecast model list|show`: the models that the cloud has. */
export function addRegistryCommands(model: Command, context: CliContext): void {
  const { terminal } = context
  model
    .command('list')
    .description("List the cloud's models")
    .option('--json', 'print one JSON array')
    .action(async ({ json }: { json?: boolean }) => {
      const models = await listAll<Model>(await connect(context), '/v1/models')
      printList(terminal, models, {
        json,
        columns: {
          model: (one) => one.name,
          versions: (one) => one.versions,
          aliases: (one) => aliasText(one.aliases),
        },
        none: 'the cloud has no model yet',
      })
    })
  model
    .command('show')
    .description('Show a model with its versions, or one version')
    .argument('<model>', 'demand, demand/3 or demand@champion')
    .option('--json', 'print one JSON object')
    .action(async (text: string, { json }: { json?: boolean }) => {
      const cloud = await connect(context)
      const { name, version, alias } = readName(text)
      const found = await cloud.get<Model>(`/v1/models/${name}`)
      const number = alias === undefined ? version : found.aliases[alias]
      if (alias !== undefined && number === undefined) {
        throw new UsageError(`model ${name} has no alias "${alias}"; it has ${aliasText(found.aliases) || 'none'}`)
      }
      if (number !== undefined) {
        const one = await cloud.get<ModelVersion>(`/v1/models/${name}/versions/${number}`)
        return json ? terminal.out(JSON.stringify(one)) : printVersion(context, one)
      }
      const versions = await listAll<ModelVersion>(cloud, `/v1/models/${name}/versions`)
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

function printVersion({ terminal }: CliContext, { manifest, bundle, source, ...one }: ModelVersion): void {
  printFacts(terminal, {
    model: one.model,
    version: one.version,
    aliases: one.aliases.join(', '),
    tags: labelText(one.tags),
    registered: instant(one.createdAt),
    source: source.run === undefined ? source.kind : `${source.kind} run ${source.run}`,
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

function readName(text: string): { name: string; version?: number; alias?: string } {
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
