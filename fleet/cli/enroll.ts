import { readFile } from 'node:fs/promises'
import type { Item } from '@storecast/shared/api'
import type { Command } from 'commander'
import { listAll } from '../client/client.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { UsageError } from './errors.ts'
import { collect, pairsOf } from './options.ts'
import { instant, printList } from './output.ts'

type Claim = Item<'/v1/claims'>

interface CreateOptions {
  readonly site: string
  readonly count: string
  readonly expires: string
  readonly label: readonly string[]
  readonly device?: string
  readonly serialNumbers?: string
  readonly json?: boolean
}

const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 }

/** `storecast enroll …`. */
export function addEnrollCommands(program: Command, context: CliContext): void {
  const { terminal } = context
  const enroll = program
    .command('enroll')
    .description('Hand out claims, by which new devices enrol themselves, once each')
  enroll
    .command('create')
    .description('Make claims and print one a line; they are shown here only')
    .requiredOption('--site <site>', 'where the devices stand')
    .option('-n, --count <number>', 'how many devices', '1')
    .option('--expires <time>', 'how long the claims work: 30m, 12h, 7d', '7d')
    .option('--label <name=value>', 'of the devices, on top of their site’s; may be repeated', collect, [])
    .option('--device <device>', 'the one device that may use it; needed where it is to enrol again')
    .option('--serial-numbers <file>', 'hardware that may use them, a serial number a line')
    .option('--json', 'print one JSON array of ids and claims')
    .action(async (options: CreateOptions) => {
      const { site, device, json } = options
      const { claims } = await (await connect(context)).post<{ claims: readonly { id: string; claim: string }[] }>(
        '/v1/claims',
        {
          site,
          count: Number(options.count),
          expiresInSeconds: seconds(options.expires),
          labels: pairsOf('--label', options.label),
          ...(device !== undefined && { device }),
          ...(options.serialNumbers !== undefined && { serialNumbers: await linesOf(options.serialNumbers) }),
        },
      )
      if (json) return terminal.out(JSON.stringify(claims))
      for (const { claim } of claims) terminal.out(claim)
      terminal.err(
        `${claims.length === 1 ? 'one claim' : `${claims.length} claims`} for ${site}, for ${options.expires}: on the device, put it into the file that cloud.claimFile names, or into STORECAST_CLAIM`,
      )
    })
  enroll
    .command('list')
    .description('List claims, the newest first')
    .option('--json', 'print one JSON array')
    .action(async ({ json }: { json?: boolean }) => {
      const items = await listAll<Claim>(await connect(context), '/v1/claims')
      printList(terminal, items, {
        json,
        columns: {
          claim: (one) => one.id,
          site: (one) => one.site,
          state: (one) => stateOf(one, Date.now()),
          device: (one) => one.usedBy ?? one.device,
          expires: (one) => instant(one.expiresAt),
          hardware: (one) => one.serialNumbers && `${one.serialNumbers.length} listed`,
        },
        none: 'there is no claim',
      })
    })
  enroll
    .command('revoke')
    .description('Withdraw claims that were not used')
    .argument('<claim...>', 'as "storecast enroll list" names them')
    .action(async (ids: readonly string[]) => {
      const cloud = await connect(context)
      for (const id of ids) await cloud.delete(`/v1/claims/${encodeURIComponent(id)}`)
      terminal.err(ids.length === 1 ? 'the claim is withdrawn' : `${ids.length} claims are withdrawn`)
    })
}

const stateOf = ({ usedAt, withdrawnAt, expiresAt }: Claim, now: number): string => {
  if (usedAt !== null) return 'used'
  if (withdrawnAt !== null) return 'withdrawn'
  return expiresAt <= now ? 'expired' : 'open'
}

/** @throws UsageError */
function seconds(text: string): number {
  const [, number, unit] = /^(\d+)([mhd])$/.exec(text) ?? []
  if (number && unit) return Number(number) * UNITS[unit]!
  throw new UsageError(`--expires ${text}: say how long, as 30m, 12h or 7d.`)
}

async function linesOf(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8')
  return text.split('\n').flatMap((line) => line.trim() || [])
}
