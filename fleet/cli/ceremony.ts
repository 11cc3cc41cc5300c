import { readFile } from 'node:fs/promises'
import { type RoleKeys, sha256, type TrustStatus } from '@storecast/cloud/trust'
import { type Command, InvalidArgumentError } from 'commander'
import { type CloudKeys, CloudKeysFile, LIFE_DAYS, nextRoot, nextTargets } from '../trust/ceremony.ts'
import { CeremonyError } from '../trust/errors.ts'
import { writeNew } from '../trust/files.ts'
import { readFolder, writeFiles, writeMetadata } from '../trust/folder.ts'
import { readPublicFile } from '../trust/key-file.ts'
import { confirm } from './confirm.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { type FolderOptions, folderOption, settled, signFolder, tellPending } from './trust-folder.ts'

/** What is written for people to sign, offline: `storecast trust init|rotate|renew|sign`, and what it needs of the cloud. */
export function addCeremonyCommands(trust: Command, context: CliContext): void {
  addCloudKeys(trust, context)
  addInit(trust, context)
  addRotate(trust, context)
  addRenew(trust, context)
  addSign(trust, context)
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
    .option('--json', 'print the folder’s standing as one JSON object')
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
      tellPending(await readFolder(path), terminal, options.json)
    })
}

function addRotate(trust: Command, context: CliContext): void {
  const { terminal } = context
  rolesOptions(trust.command('rotate'), context, { first: false })
    .description('Change who signs, or which keys the cloud signs with: writes the next root for the operators to sign')
    .option('--yes', 'do not ask')
    .action(async ({ folder: path, ...options }: FolderOptions & Roles & { yes?: boolean }) => {
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
      const warning =
        'Who may sign for what devices run, or what the cloud signs with, will be another once this is signed and pushed.'
      await confirm(context, { warning, name: 'rotate', yes: options.yes })
      // Targets must verify under the new root, and name the cloud's new key.
      if (options.targets || cloudKeys) {
        const next = nextTargets(standing.targets, { cloudKeys, kept: files, now, days: options.targetsDays })
        await writeFiles(path, next.files)
        await writeMetadata(path, next.metadata)
      }
      await writeMetadata(path, root)
      tellPending(await readFolder(path), terminal, options.json)
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
    .option('--json', 'print the folder’s standing as one JSON object')
    .action(async ({ folder: path, json, only, ...days }: FolderOptions & Roles & { only?: 'root' | 'targets' }) => {
      const { standing, files } = await settled(path)
      const now = Date.now()
      if (only !== 'targets') await writeMetadata(path, nextRoot(standing.root, { now, days: days.rootDays }))
      if (only !== 'root') {
        const next = nextTargets(standing.targets, { kept: files, now, days: days.targetsDays })
        await writeFiles(path, next.files)
        await writeMetadata(path, next.metadata)
      }
      tellPending(await readFolder(path), terminal, json)
    })
}

function addSign(trust: Command, context: CliContext): void {
  folderOption(trust.command('sign'), context)
    .description('Sign what waits in the folder, offline, one person after another')
    .requiredOption('--key <file>', 'your encrypted key')
    .option('--yes', 'sign without asking, for scripts')
    .option('--json', 'print the folder’s standing as one JSON object')
    .action(async ({ folder: path, key, yes, json }: FolderOptions & { key: string; yes?: boolean }) => {
      await signFolder(path, [key], context, yes)
      const folder = await readFolder(path)
      tellPending(folder, context.terminal, json)
      const { pending } = folder.standing
      if (!pending.root && !pending.targets) {
        context.terminal.err('signed by enough of the keys; send it with "storecast trust push"')
      }
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
