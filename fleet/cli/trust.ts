import { readFile } from 'node:fs/promises'
import { isDevelopment, type RoleKeys, sha256, type TrustStatus } from '@storecast/cloud/trust'
import { type Command, InvalidArgumentError } from 'commander'
import { type CloudKeys, CloudKeysFile, LIFE_DAYS, nextRoot, nextTargets, signPending } from '../trust/ceremony.ts'
import { day, describeRoot, describeTargets } from '../trust/describe.ts'
import { CeremonyError } from '../trust/errors.ts'
import { discardPending, fetchTrust, pushTrust } from '../trust/exchange.ts'
import { writeNew } from '../trust/files.ts'
import { readFolder, type TrustFolder, writeFiles, writeMetadata } from '../trust/folder.ts'
import { openKeyFile, readPublicFile } from '../trust/key-file.ts'
import { progressOf } from '../trust/standing.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { CancelledError, UsageError } from './errors.ts'
import { passphraseOf } from './key.ts'

export interface FolderOptions {
  readonly folder: string
}
interface Yes {
  readonly yes?: boolean
}
interface Json {
  readonly json?: boolean
}

/** Adds where the operators' copy of the signed metadata lies. */
export const folderOption = (command: Command, { env }: CliContext): Command =>
  command.option(
    '--folder <path>',
    'the operators’ copy of what they signed (no private keys)',
    env.STORECAST_TRUST_FOLDER || 'storecast-trust',
  )

/** `storecast trust …`: who signs for what devices run. */
export function addTrustCommands(program: Command, context: CliContext): void {
  const trust = program
    .command('trust')
    .description('Decide who signs for what devices run: the key ceremony and after')
  addCloudKeys(trust, context)
  addInit(trust, context)
  addRotate(trust, context)
  addRenew(trust, context)
  addSign(trust, context)
  addExchange(trust, context)
  addStatus(trust, context)
}

function addCloudKeys(trust: Command, context: CliContext): void {
  const { terminal } = context
  trust
    .command('cloud-keys')
    .description('Fetch the public halves of the keys that the cloud signs with, for the ceremony')
    .requiredOption('--out <file>', 'where to write them')
    .action(async ({ out }: { out: string }) => {
      const client = await connect(context)
      const { cloudKeys, root, targets } = await client.get<TrustStatus>('/v1/trust')
      const after = root?.development && { after: { root: root.version, targets: targets?.version ?? 0 } }
      await writeNew(out, `${JSON.stringify({ ...cloudKeys, ...after }, null, 1)}\n`)
      terminal.err(`wrote ${out}; compare its digest on the ceremony's machine: sha256 ${sha256(await readFile(out))}`)
    })
}

interface Roles {
  readonly root?: string[]
  readonly rootThreshold?: number
  readonly targets?: string[]
  readonly targetsThreshold?: number
  readonly cloudKeys?: string
  readonly rootDays: number
  readonly targetsDays: number
}

function rolesOptions(command: Command, context: CliContext, { first }: { first: boolean }): Command {
  const keep = first ? '' : '; as before where absent'
  return folderOption(command, context)
    .option('--root <pub...>', `public keys of those who sign roots${keep}`)
    .option('--root-threshold <m>', 'how many of them it takes', positive)
    .option('--targets <pub...>', `public keys of those who approve models${keep}`)
    .option('--targets-threshold <m>', 'how many of them it takes', positive)
    .option('--cloud-keys <file>', `what "storecast trust cloud-keys" wrote${keep}`)
    .option('--root-days <n>', 'how long the root is good for', positive, LIFE_DAYS.root)
    .option('--targets-days <n>', 'how long the targets are', positive, LIFE_DAYS.targets)
}

function positive(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new InvalidArgumentError('a whole number above 0')
}

function addInit(trust: Command, context: CliContext): void {
  const { terminal } = context
  rolesOptions(trust.command('init'), context, { first: true })
    .description('Begin: write the first root and targets for the operators to sign, offline')
    .action(async ({ folder: path, ...options }: FolderOptions & Roles) => {
      const folder = await readFolder(path)
      if (folder.roots.length > 0)
        throw new CeremonyError('begun', `${path} has a root already: storecast trust rotate`)
      if (!options.root || !options.targets || !options.cloudKeys) {
        throw new CeremonyError('keys-missing', 'the first root needs --root, --targets and --cloud-keys')
      }
      const { cloudKeys, after } = await readCloudKeys(options.cloudKeys)
      const now = Date.now()
      const root = nextRoot(undefined, {
        root: await roleOf(options.root, options.rootThreshold),
        targets: await roleOf(options.targets, options.targetsThreshold),
        cloudKeys,
        now,
        days: options.rootDays,
        version: after.root + 1,
      })
      const { metadata, files } = nextTargets(undefined, {
        cloudKeys,
        kept: new Map(),
        last: after.targets,
        now,
        days: options.targetsDays,
      })
      await writeFiles(path, files)
      await writeMetadata(path, metadata)
      await writeMetadata(path, root)
      tellPending(await readFolder(path), terminal)
    })
}

function addRotate(trust: Command, context: CliContext): void {
  const { terminal } = context
  rolesOptions(trust.command('rotate'), context, { first: false })
    .description('Change who signs, or which keys the cloud signs with: writes the next root for the operators to sign')
    .action(async ({ folder: path, ...options }: FolderOptions & Roles) => {
      const { standing, files } = await settled(path)
      const cloudKeys = options.cloudKeys ? (await readCloudKeys(options.cloudKeys)).cloudKeys : undefined
      if (!options.root && !options.targets && !cloudKeys) {
        throw new CeremonyError('nothing-changes', 'say what changes: --root, --targets or --cloud-keys')
      }
      const now = Date.now()
      const root = nextRoot(standing.root, {
        root: options.root && (await roleOf(options.root, options.rootThreshold)),
        targets: options.targets && (await roleOf(options.targets, options.targetsThreshold)),
        cloudKeys,
        now,
        days: options.rootDays,
      })
      // Targets must verify under the new root, and name the cloud's new key.
      if (options.targets || cloudKeys) {
        const next = nextTargets(standing.targets, { cloudKeys, kept: files, now, days: options.targetsDays })
        await writeFiles(path, next.files)
        await writeMetadata(path, next.metadata)
      }
      await writeMetadata(path, root)
      tellPending(await readFolder(path), terminal)
    })
}

function addRenew(trust: Command, context: CliContext): void {
  const { terminal } = context
  folderOption(trust.command('renew'), context)
    .description('Write the next root and targets with the same content and a later expiry, for the operators to sign')
    .option('--only <role>', 'root or targets', (role) => {
      if (role === 'root' || role === 'targets') return role
      throw new InvalidArgumentError('root or targets')
    })
    .option('--root-days <n>', 'how long the root is good for', positive, LIFE_DAYS.root)
    .option('--targets-days <n>', 'how long the targets are', positive, LIFE_DAYS.targets)
    .action(async ({ folder: path, only, ...days }: FolderOptions & Roles & { only?: 'root' | 'targets' }) => {
      const { standing, files } = await settled(path)
      const now = Date.now()
      if (only !== 'targets') await writeMetadata(path, nextRoot(standing.root, { now, days: days.rootDays }))
      if (only !== 'root') {
        const next = nextTargets(standing.targets, { kept: files, now, days: days.targetsDays })
        await writeFiles(path, next.files)
        await writeMetadata(path, next.metadata)
      }
      tellPending(await readFolder(path), terminal)
    })
}

function addSign(trust: Command, context: CliContext): void {
  folderOption(trust.command('sign'), context)
    .description('Sign what waits in the folder, offline, one person after another')
    .requiredOption('--key <file>', 'your encrypted key')
    .option('--yes', 'sign without asking, for scripts')
    .action(async ({ folder: path, key, yes }: FolderOptions & Yes & { key: string }) => {
      await signFolder(path, [key], context, yes)
      tellPending(await readFolder(path), context.terminal)
    })
}

/** Shows what waits, asks, and signs it with each key. */
export async function signFolder(
  path: string,
  keys: readonly string[],
  context: CliContext,
  yes = false,
): Promise<void> {
  for (const key of keys) {
    const folder = await readFolder(path)
    for (const line of describePending(folder)) context.terminal.err(line)
    if (!yes) {
      if (!context.ask) throw new UsageError('Nobody is here to confirm what is signed: say --yes.')
      const answer = await context.ask(`Sign this with ${key}? (yes/no) `)
      if (answer.trim().toLowerCase() !== 'yes') throw new CancelledError('nothing was signed')
    }
    const signer = openKeyFile(await readFile(key, 'utf8'), await passphraseOf(key, context))
    for (const metadata of signPending(folder.standing, signer)) await writeMetadata(path, metadata)
  }
}

function addExchange(trust: Command, context: CliContext): void {
  const { terminal } = context
  folderOption(trust.command('push'), context)
    .description('Send the folder’s signed metadata to the cloud; also to one that was restored from an older backup')
    .option('--json', 'print what became of it as one JSON object')
    .action(async ({ folder, json }: FolderOptions & Json) => {
      const standings = await pushTrust(await readFolder(folder), await connect(context))
      if (json) return terminal.out(JSON.stringify(standings))
      for (const role of ['root', 'targets'] as const) {
        const one = standings[role]
        if (!one) continue
        const state =
          one.state === 'in-force'
            ? 'in force'
            : `kept; ${one.signedBy.length} of ${one.threshold} signatures, waits for ${one.waitsFor ?? 'more'}`
        terminal.out(`${role.padEnd(8)} version ${one.version}  ${state}`)
      }
    })
  folderOption(trust.command('fetch'), context)
    .description('Bring the folder up to what is in force and what is being signed, verified against its root')
    .option('--root-sha256 <digest>', 'the root to begin with, where the folder has none')
    .action(async ({ folder, rootSha256 }: FolderOptions & { rootSha256?: string }) => {
      tellPending(await fetchTrust(folder, await connect(context), rootSha256), terminal)
    })
  folderOption(trust.command('discard'), context)
    .description('Discard metadata that waits for signatures, in the folder and in the cloud')
    .argument('<role>', 'root or targets')
    .option('--local', 'in the folder only')
    .action(async (role: string, { folder, local }: FolderOptions & { local?: boolean }) => {
      if (role !== 'root' && role !== 'targets')
        throw new CeremonyError('role-unknown', `${role} is neither root nor targets`)
      await discardPending(folder, role, local ? undefined : await connect(context))
      terminal.err(`discarded the ${role} metadata that waited for signatures`)
    })
}

function addStatus(trust: Command, context: CliContext): void {
  const { terminal } = context
  folderOption(trust.command('status'), context)
    .description('Show what devices trust and who signs for it, as the cloud and the folder have it')
    .option('--local', 'only what the folder has, without a cloud')
    .option('--json', 'print it as one JSON object')
    .action(async ({ folder, local, json }: FolderOptions & Json & { local?: boolean }) => {
      const own = await readFolder(folder)
      const cloud = local ? undefined : await (await connect(context)).get<TrustStatus>('/v1/trust')
      if (json)
        return terminal.out(JSON.stringify({ cloud: cloud ?? null, folder: { pending: progressOf(own.standing) } }))
      if (cloud) {
        terminal.out(`${cloud.mode}, ${cloud.state}: ${cloud.message}`)
        for (const role of ['root', 'targets', 'snapshot', 'timestamp'] as const) {
          const one = cloud[role]
          const who = one && 'threshold' in one ? `, ${one.threshold} of ${one.keys.length} keys` : ''
          terminal.out(
            `  ${role.padEnd(9)} ${one ? `version ${one.version}, expires ${day(one.expires)}${who}` : 'none'}`,
          )
        }
        if (cloud.root) terminal.out(`  root sha256 ${cloud.root.sha256}`)
      }
      tellPending(own, terminal)
    })
}

async function readCloudKeys(
  path: string,
): Promise<{ cloudKeys: CloudKeys; after: { root: number; targets: number } }> {
  const text = await readFile(path, 'utf8')
  const parsed = CloudKeysFile.safeParse(parseJson(text))
  if (!parsed.success) {
    throw new CeremonyError('cloud-keys-invalid', `${path} is not what "storecast trust cloud-keys" writes`)
  }
  const { after, ...cloudKeys } = parsed.data
  return { cloudKeys, after }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function roleOf(paths: readonly string[], threshold?: number): Promise<RoleKeys> {
  const keys = []
  for (const path of paths) keys.push(readPublicFile(await readFile(path, 'utf8')))
  if (new Set(keys.map((key) => key.keyID)).size !== keys.length) {
    throw new CeremonyError('key-twice', 'a key is named twice: it would count as two people')
  }
  if (threshold === undefined && keys.length > 1) {
    throw new CeremonyError(
      'threshold-missing',
      'several keys: say how many of them it takes (--root-threshold, --targets-threshold)',
    )
  }
  return { keys, threshold: threshold ?? 1 }
}

/** A folder to go on from. @throws CeremonyError */
export async function settled(path: string): Promise<TrustFolder> {
  const folder = await readFolder(path)
  const { root, pending } = folder.standing
  if (pending.root || pending.targets) {
    throw new CeremonyError(
      'other-pending',
      `${path} has metadata that waits for signatures: sign it, or discard it first`,
    )
  }
  if (!root) throw new CeremonyError('not-begun', `${path} has no root: storecast trust init, or storecast trust fetch`)
  return folder
}

function describePending({ standing, files }: TrustFolder): string[] {
  const { root, targets, pending } = standing
  return [
    ...(pending.root ? describeRoot(root, pending.root) : []),
    ...(pending.targets ? describeTargets(targets, pending.targets, files) : []),
  ]
}

/** What the folder holds, and what it waits for. */
export function tellPending(folder: TrustFolder, terminal: CliContext['terminal']): void {
  const { root, targets } = folder.standing
  const last = folder.roots.at(-1)
  if (root && last && !folder.standing.pending.root) {
    const development = isDevelopment(root) ? ' (development)' : ''
    terminal.out(`${folder.path}: root version ${root.signed.version}${development}, sha256 ${sha256(last)}`)
  }
  if (targets) terminal.out(`${folder.path}: targets version ${targets.signed.version}`)
  for (const line of describePending(folder)) terminal.out(line)
  for (const { role, version, missing, signedBy } of progressOf(folder.standing)) {
    terminal.out(
      missing === 0
        ? `${role} version ${version}: signed by enough; send it with "storecast trust push"`
        : `${role} version ${version}: ${signedBy.length} signed, ${missing} more needed ("storecast trust sign --key …")`,
    )
  }
}
