import type { TrustStatus } from '@storecast/cloud/trust'
import type { Command } from 'commander'
import { day } from '../trust/describe.ts'
import { CeremonyError } from '../trust/errors.ts'
import { discardPending, fetchTrust, pushTrust } from '../trust/exchange.ts'
import { readFolder } from '../trust/folder.ts'
import { progressOf } from '../trust/standing.ts'
import { addCeremonyCommands } from './ceremony.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { type FolderOptions, folderOption, tellPending } from './trust-folder.ts'

/** `storecast trust …`: who signs for what devices run. */
export function addTrustCommands(program: Command, context: CliContext): void {
  const trust = program
    .command('trust')
    .description('Decide who signs for what devices run: the key ceremony and after')
  addCeremonyCommands(trust, context)
  addExchange(trust, context)
  addStatus(trust, context)
}

function addExchange(trust: Command, context: CliContext): void {
  const { terminal } = context
  folderOption(trust.command('push'), context)
    .description('Send the folder’s signed metadata to the cloud; also to one that was restored from an older backup')
    .option('--json', 'print what became of it as one JSON object')
    .action(async ({ folder, json }: FolderOptions) => {
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
    .option('--json', 'print the folder’s standing as one JSON object')
    .action(async ({ folder, rootSha256, json }: FolderOptions & { rootSha256?: string }) => {
      tellPending(await fetchTrust(folder, await connect(context), rootSha256), terminal, json)
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
    .action(async ({ folder, local, json }: FolderOptions & { local?: boolean }) => {
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
