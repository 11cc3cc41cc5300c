import type { Item } from '@storecast/shared/api'
import type { Command } from 'commander'
import { listAll } from '../client/client.ts'
import { confirm } from './confirm.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { UsageError } from './errors.ts'
import { pairsOf, wholeNumber } from './options.ts'
import { instant, labelText, printList } from './output.ts'
import { limitOption, roleOption } from './user.ts'

type ApiToken = Item<'/v1/tokens'>

interface CreateOptions {
  readonly role: readonly string[]
  readonly limit: readonly string[]
  readonly expires: number | false
  readonly json?: boolean
}

/** `storecast token …`: secrets for programs, which act for who made them and can do no more. */
export function addTokenCommands(program: Command, context: CliContext): void {
  const { terminal } = context
  const token = program.command('token').description('Make tokens for programs, which can do no more than you')
  token
    .command('create')
    .description('Make a token; its secret is printed once, and kept nowhere')
    .argument('<name>', 'by which the audit log calls it')
    .addOption(roleOption())
    .addOption(limitOption())
    .option('--expires <days>', 'days until it ends', wholeNumber, 90)
    .option('--no-expires', 'it ends when it is revoked')
    .option('--json', 'print token and secret as one JSON object')
    .action(async (name: string, { role, limit, expires, json }: CreateOptions) => {
      if (role.length === 0) throw new UsageError('Say what the token may do: --role viewer.')
      const body = {
        name,
        roles: role,
        limit: pairsOf('--limit', limit),
        expiresInDays: expires === false ? null : expires,
      }
      const made = await (await connect(context)).post<{ token: ApiToken; secret: string }>('/v1/tokens', body)
      terminal.out(json ? JSON.stringify(made) : made.secret)
      const until = instant(made.token.expiresAt)
      terminal.err(`token ${name} (${made.token.id}) is good ${until ? `until ${until}` : 'until it is revoked'}`)
    })
  token
    .command('list')
    .description('List your tokens and when they were used')
    .option('--all', 'everybody’s, for those who may see users')
    .option('--json', 'print one JSON array')
    .action(async ({ all, json }: { all?: boolean; json?: boolean }) => {
      const query = { ...(all && { all: 'true' }) }
      printList(terminal, await listAll<ApiToken>(await connect(context), '/v1/tokens', query), {
        json,
        columns: {
          token: ({ id }) => id,
          name: ({ name }) => name,
          owner: ({ owner }) => owner,
          roles: ({ roles }) => roles.join(', '),
          limit: ({ limit }) => labelText(limit) || undefined,
          expires: ({ expiresAt }) => instant(expiresAt),
          'last used': ({ lastUsedAt }) => instant(lastUsedAt),
          revoked: ({ revokedAt }) => instant(revokedAt),
        },
        none: 'there is no token of yours; "storecast token create" makes one',
      })
    })
  token
    .command('revoke')
    .description('Have a token work no more, from its next call on')
    .argument('<id>', 'as "storecast token list" has it')
    .option('--yes', 'do not ask')
    .option('--json', 'print the token as one JSON object')
    .action(async (id: string, { yes, json }: { yes?: boolean; json?: boolean }) => {
      const cloud = await connect(context)
      await confirm(context, { warning: `What uses token ${id} will be locked out.`, name: id, yes })
      const revoked = await cloud.delete<ApiToken>(`/v1/tokens/${encodeURIComponent(id)}`)
      if (json) terminal.out(JSON.stringify(revoked))
      terminal.err(`token ${revoked.name} is revoked`)
    })
}
