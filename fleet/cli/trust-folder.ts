import { readFile } from 'node:fs/promises'
import { isDevelopment, sha256 } from '@storecast/cloud/trust'
import type { Command } from 'commander'
import { signPending } from '../trust/ceremony.ts'
import { describeRoot, describeTargets } from '../trust/describe.ts'
import { CeremonyError } from '../trust/errors.ts'
import { readFolder, type TrustFolder, writeMetadata } from '../trust/folder.ts'
import { openKeyFile } from '../trust/key-file.ts'
import { progressOf } from '../trust/standing.ts'
import type { CliContext } from './context.ts'
import { CancelledError, UsageError } from './errors.ts'
import { passphraseOf } from './key.ts'

export interface FolderOptions {
  readonly folder: string
  readonly json?: boolean
}

/** Adds where the operators' copy of the signed metadata lies. */
export const folderOption = (command: Command, { env }: CliContext): Command =>
  command.option(
    '--folder <path>',
    'the operators’ copy of what they signed (no private keys)',
    env.STORECAST_TRUST_FOLDER || 'storecast-trust',
  )

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

function describePending({ standing, files }: TrustFolder): string[] {
  const { root, targets, pending } = standing
  return [
    ...(pending.root ? describeRoot(root, pending.root) : []),
    ...(pending.targets ? describeTargets(targets, pending.targets, files) : []),
  ]
}

/** What the folder holds, and what it waits for; as one JSON object where that is asked for. */
export function tellPending(folder: TrustFolder, terminal: CliContext['terminal'], json = false): void {
  const { root, targets } = folder.standing
  if (json) {
    const versions = { root: root?.signed.version ?? null, targets: targets?.signed.version ?? null }
    terminal.out(JSON.stringify({ folder: folder.path, ...versions, pending: progressOf(folder.standing) }))
    return
  }
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
