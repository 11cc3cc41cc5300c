import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { type ChainedEntry, checkChain } from '@storecast/cloud/audit'
import type { Command } from 'commander'
import { type CloudClient, listSome, pages } from '../client/client.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { UsageError } from './errors.ts'
import { wholeNumber } from './options.ts'
import { instant, printList } from './output.ts'

/** `storecast audit …`: the chain is followed here, on the operator's side. */
export function addAuditCommands(program: Command, context: CliContext): void {
  const audit = program.command('audit').description('Read and check the log of everything that was done')
  addList(audit, context)
  addExport(audit, context)
  addVerify(audit, context)
}

interface ListOptions {
  readonly limit: number
  readonly action?: string
  readonly actor?: string
  readonly decision?: string
  readonly json?: boolean
}

function addList(audit: Command, context: CliContext): void {
  audit
    .command('list')
    .description('List entries, newest first')
    .option('-n, --limit <entries>', 'how many', wholeNumber, 30)
    .option('--action <action>', 'only these calls: "PUT /v1/sites/:site"')
    .option('--actor <id>', 'only of one caller')
    .option('--decision <decision>', 'allowed, denied or failed')
    .option('--json', 'print one JSON array')
    .action(async ({ limit, json, ...filter }: ListOptions) => {
      const items = await listSome<ChainedEntry>(await connect(context), '/v1/audit', filter, limit)
      printList(context.terminal, items, {
        json,
        columns: {
          number: (row) => row.number,
          time: ({ entry }) => instant(entry.at),
          who: ({ entry }) => entry.actor.id,
          decision: ({ entry }) => entry.decision + (entry.code === undefined ? '' : ` (${entry.code})`),
          call: ({ entry }) => `${entry.action.split(' ')[0]} ${entry.subject}`,
          why: ({ entry }) => entry.message,
        },
        none: 'the log has no such entry',
      })
    })
}

const everyRow = (cloud: CloudClient) => pages<ChainedEntry>(cloud, '/v1/audit', { order: 'oldest', limit: '500' })

function addExport(audit: Command, context: CliContext): void {
  audit
    .command('export')
    .description('Print the whole log, oldest first: one JSON object a line')
    .addHelpText('after', '\nKeep it elsewhere: "storecast audit verify --file <export>" checks it without a cloud.')
    .action(async () => {
      let count = 0
      for await (const page of everyRow(await connect(context))) {
        for (const row of page) context.terminal.out(JSON.stringify(row))
        count += page.length
      }
      context.terminal.err(`${count} entries`)
    })
}

function addVerify(audit: Command, context: CliContext): void {
  const { terminal } = context
  audit
    .command('verify')
    .description('Follow the chain from the first entry, and print the head to keep elsewhere')
    .option('--head <hash>', 'a head that was printed before: it must still be in the chain')
    .option('--file <export>', 'check what "storecast audit export" wrote, in place of the cloud')
    .option('--json', 'print head and damage as one JSON object')
    .addHelpText(
      'after',
      '\nWithout --head, a log whose newest entries were cut off looks whole. Keep the head where the cloud cannot write.',
    )
    .action(async ({ head: kept, file, json }: { head?: string; file?: string; json?: boolean }) => {
      if (kept !== undefined && !/^[0-9a-f]{64}$/.test(kept)) {
        throw new UsageError(`--head ${kept}: give the 64 hex digits that "storecast audit verify" printed`)
      }
      const chain = checkChain(kept)
      if (file !== undefined) for await (const row of rowsOf(file)) chain.next(row)
      else for await (const page of everyRow(await connect(context))) page.forEach(chain.next)
      const { head, damage } = chain.end()
      if (json) terminal.out(JSON.stringify({ head, damage }))
      else terminal.out(`${head.number} ${head.hash}`)
      for (const { kind, message } of damage) terminal.err(`${kind}: ${message}`)
      if (damage.length > 0) throw new Error(`the audit log is not what was written: ${damage.length} places`)
      terminal.err(`${head.number} entries, each chained to the one before it`)
    })
}

async function* rowsOf(file: string): AsyncGenerator<ChainedEntry> {
  let number = 0
  for await (const line of createInterface({ input: createReadStream(file) })) {
    number++
    if (line === '') continue
    let row: ChainedEntry
    try {
      row = JSON.parse(line)
    } catch {
      throw new UsageError(`${file}, line ${number}: expected a JSON object, as "storecast audit export" writes them`)
    }
    if (typeof row?.number !== 'number' || typeof row.hash !== 'string') {
      throw new UsageError(`${file}, line ${number}: expected number, hash and entry`)
    }
    yield row
  }
}
