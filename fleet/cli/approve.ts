import { readFile } from 'node:fs/promises'
import { type RootMetadata, sha256 } from '@storecast/cloud/trust'
import { openBundle } from '@storecast/shared/bundle'
import { bundleTarget, type Manifest, ModelName, type ObjectRef } from '@storecast/shared/contracts'
import { type Command, InvalidArgumentError } from 'commander'
import type { CloudClient } from '../client/client.ts'
import { LIFE_DAYS, nextTargets, requireSameChange, type TargetsChange } from '../trust/ceremony.ts'
import { CeremonyError } from '../trust/errors.ts'
import { fetchTrust, pushTrust } from '../trust/exchange.ts'
import { readFolder, removeMetadata, type TrustFolder, writeFiles, writeMetadata } from '../trust/folder.ts'
import { confirm } from './confirm.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { type FolderOptions, folderOption, signFolder, tellPending } from './trust-folder.ts'

interface VersionName {
  readonly model: string
  readonly version: number
}

interface SigningOptions extends FolderOptions {
  readonly key?: string[]
  readonly yes?: boolean
  readonly days: number
}

/** `storecast approve` and `storecast revoke`: what the approvers let devices run. */
export function addApproveCommands(program: Command, context: CliContext): void {
  const { terminal } = context
  signing(program.command('approve'), context)
    .description('Sign for a registered version: devices run it once enough approvers have')
    .argument('<model@version>', 'for example demand@3', versionName)
    .option('--bundle <file>', 'your own copy of the bundle, where you do not want the cloud’s word for it')
    .action(async (name: VersionName, { bundle, ...options }: SigningOptions & { bundle?: string }) => {
      const client = await connect(context)
      const folder = await fetchTrust(options.folder, client)
      const ref = await checkedBundle(name, client, bundle, terminal)
      const path = bundleTarget(name.model, name.version)
      const change = { approve: { path, length: ref.bytes, sha256: ref.sha256 } }
      await finish({ folder, change, client, options, context })
    })
  signing(program.command('revoke'), context)
    .description('Sign that a version must not run any more; devices that have it keep it until they get another')
    .argument('<model@version>', 'for example demand@3', versionName)
    .requiredOption('--reason <text>', 'why, for the shops and for the record')
    .action(async (name: VersionName, { reason, ...options }: SigningOptions & { reason: string }) => {
      const named = `${name.model}@${name.version}`
      const warning = `${named} will be withdrawn: no device takes it any more, for good.`
      await confirm(context, { warning, name: named, yes: options.yes })
      const client = await connect(context)
      const folder = await fetchTrust(options.folder, client)
      await finish({ folder, change: { revoke: { ...name, reason } }, client, options, context })
    })
}

const signing = (command: Command, context: CliContext): Command =>
  folderOption(command, context)
    .option('--key <file...>', 'your encrypted key; without one the metadata is only written, to be signed elsewhere')
    .option('--days <n>', 'how long the signature is good for', Number, LIFE_DAYS.targets)
    .option('--yes', 'do and sign without asking, for scripts')
    .option('--json', 'print what became of it as one JSON object')

function versionName(text: string): VersionName {
  const { model, version } = /^(?<model>[^@]+)@(?<version>[1-9]\d{0,8})$/.exec(text)?.groups ?? {}
  if (model && version && ModelName.safeParse(model).success) return { model, version: Number(version) }
  throw new InvalidArgumentError('write a model and its version, for example demand@3')
}

/** What is signed for: the bytes themselves are opened and digested here, whatever the cloud says of them. */
async function checkedBundle(
  { model, version }: VersionName,
  client: CloudClient,
  path: string | undefined,
  terminal: CliContext['terminal'],
): Promise<ObjectRef> {
  const registered = await client.get<{ bundle: ObjectRef; manifest: Manifest }>(
    `/v1/models/${model}/versions/${version}`,
  )
  const bytes = path ? await readFile(path) : await client.bytes(`/v1/objects/${registered.bundle.sha256}`)
  const ref = { sha256: sha256(bytes), bytes: bytes.length }
  if (ref.sha256 !== registered.bundle.sha256 || ref.bytes !== registered.bundle.bytes) {
    throw new CeremonyError(
      'bundle-differs',
      `${path ?? 'the bundle that the cloud serves'} has sha256 ${ref.sha256}, and ${model}@${version} is registered with ${registered.bundle.sha256}: do not sign`,
    )
  }
  const { manifest } = openBundle(bytes)
  const { name } = manifest.definition.metadata
  if (name !== model)
    throw new CeremonyError('bundle-differs', `the bundle is of model ${name}, not ${model}: do not sign`)
  const { lineage, metrics, precision } = manifest
  terminal.err(`${model}@${version}: ${ref.bytes} bytes, sha256 ${ref.sha256}`)
  terminal.err(
    `  ${precision}, trained ${lineage.trainedAt} on ${lineage.dataset.rows} rows (data sha256 ${lineage.dataset.sha256})`,
  )
  terminal.err(
    `  ${Object.entries(metrics)
      .map(([metric, value]) => `${metric} ${value}`)
      .join(', ')}`,
  )
  return ref
}

interface Finish {
  readonly folder: TrustFolder
  readonly change: TargetsChange
  readonly client: CloudClient
  readonly options: SigningOptions
  readonly context: CliContext
}

async function finish({ folder, change, client, options, context }: Finish): Promise<void> {
  const { path, standing } = folder
  const { key, yes, days, json } = options
  requireBegun(standing.root, path)
  if (standing.pending.root) {
    throw new CeremonyError('other-pending', 'another root waits for signatures: sign it first (storecast trust sign)')
  }
  const next = nextTargets(standing.targets, { ...change, kept: folder.files, now: Date.now(), days })
  const drafted = standing.pending.targets
  if (drafted) requireSameChange(drafted, next.metadata)
  else {
    await writeFiles(path, next.files)
    await writeMetadata(path, next.metadata)
  }
  if (!key) return tellPending(await readFolder(path), context.terminal, json)
  try {
    await signFolder(path, key, context, yes)
  } catch (error) {
    // What nobody has signed is nobody's wish.
    const left = (await readFolder(path)).standing.pending.targets
    if (!drafted && left && Object.keys(left.signatures).length === 0) await removeMetadata(path, left)
    throw error
  }
  const { targets } = await pushTrust(await readFolder(path), client)
  if (!targets) throw new CeremonyError('not-taken', 'the cloud has taken no targets metadata')
  if (json) return context.terminal.out(JSON.stringify(targets))
  context.terminal.out(
    targets.state === 'in-force'
      ? `targets version ${targets.version} is in force`
      : `targets version ${targets.version} has ${targets.signedBy.length} of ${targets.threshold} signatures; the other approvers run the same command`,
  )
}

function requireBegun(root: RootMetadata | undefined, path: string): asserts root {
  if (!root)
    throw new CeremonyError(
      'not-begun',
      `${path} has no root: hold the key ceremony first (docs/operator/key-ceremony.md)`,
    )
}
