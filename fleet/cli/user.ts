import { ROLES } from '@storecast/cloud/permissions'
import type { Item } from '@storecast/shared/api'
import { Argument, type Command, Option } from 'commander'
import { listAll } from '../client/client.ts'
import { confirm } from './confirm.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { UsageError } from './errors.ts'
import { collect, pairsOf } from './options.ts'
import { instant, labelText, printList } from './output.ts'

type User = Item<'/v1/users'>

interface AddOptions {
  readonly role: readonly string[]
  readonly limit: readonly string[]
  readonly passwordStdin?: boolean
  readonly json?: boolean
}

export const roleOption = () =>
  new Option('--role <role>', 'viewer, operator, approver, steward or admin; may be repeated')
    .choices(ROLES)
    .argParser<readonly string[]>((role, before = []) => {
      if (!(ROLES as readonly string[]).includes(role))
        throw new UsageError(`"${role}" is no role: ${ROLES.join(', ')}.`)
      return collect(role, before)
    })
    .default([])
export const limitOption = () =>
  new Option('--limit <label=value>', 'only sites with this label; may be repeated, all must hold')
    .argParser<readonly string[]>(collect)
    .default([])

/** `storecast user …`: people who log in with a password kept by the cloud, and what they may do. */
export function addUserCommands(program: Command, context: CliContext): void {
  const { terminal } = context
  const user = program.command('user').description('Add people, and say what they may do and where')
  const done = (changed: User, text: string, json?: boolean) => {
    if (json) terminal.out(JSON.stringify(changed))
    terminal.err(text)
  }
  user
    .command('add')
    .description('Add a user; the password is asked for, or read from the standard input')
    .argument('<name>')
    .addOption(roleOption())
    .addOption(limitOption())
    .option('--password-stdin', 'read the password from the standard input')
    .option('--json', 'print the user as one JSON object')
    .action(async (name: string, { role, limit, passwordStdin, json }: AddOptions) => {
      if (role.length === 0) throw new UsageError('Say what the user is: --role viewer.')
      const cloud = await connect(context)
      const password = await newPassword(context, passwordStdin)
      const body = { name, roles: role, limit: pairsOf('--limit', limit), password }
      done(await cloud.post<User>('/v1/users', body), `user ${name} is ${role.join(' and ')}`, json)
    })
  user
    .command('list')
    .description('List the users, what they may do and where')
    .option('--json', 'print one JSON array')
    .action(async ({ json }: { json?: boolean }) => {
      printList(terminal, await listAll<User>(await connect(context), '/v1/users'), {
        json,
        columns: {
          user: ({ name }) => name,
          roles: ({ roles }) => roles.join(', '),
          limit: ({ limit }) => labelText(limit) || undefined,
          origin: ({ origin }) => origin,
          disabled: ({ disabledAt }) => instant(disabledAt),
        },
        none: 'there is no user; "storecast user add" adds one',
      })
    })
  user
    .command('set-role')
    .description('Say anew what a user may do; it counts from their next call on')
    .argument('<name>')
    .addArgument(new Argument('<roles...>', 'all that they are from now on').choices(ROLES))
    .option('--json', 'print the user as one JSON object')
    .action(async (name: string, roles: string[], { json }: { json?: boolean }) => {
      const changed = await (await connect(context)).patch<User>(pathOf(name), { roles })
      done(changed, `user ${name} is ${roles.join(' and ')}`, json)
    })
  user
    .command('set-limit')
    .description('Say anew which sites a user sees; without labels, every site')
    .argument('<name>')
    .argument('[labels...]', 'label=value, which all must hold')
    .option('--json', 'print the user as one JSON object')
    .action(async (name: string, labels: string[], { json }: { json?: boolean }) => {
      const limit = pairsOf('', labels)
      const changed = await (await connect(context)).patch<User>(pathOf(name), { limit })
      done(changed, `user ${name} sees ${labels.length > 0 ? `sites with ${labelText(limit)}` : 'every site'}`, json)
    })
  user
    .command('disable')
    .description('Close an account: its sessions end, and its tokens work no more')
    .argument('<name>')
    .option('--yes', 'do not ask')
    .option('--json', 'print the user as one JSON object')
    .action(async (name: string, { yes, json }: { yes?: boolean; json?: boolean }) => {
      const cloud = await connect(context)
      await cloud.get(pathOf(name))
      await confirm(context, { warning: `${name} and every token of theirs will be locked out.`, name, yes })
      done(await cloud.patch<User>(pathOf(name), { disabled: true }), `user ${name} is disabled`, json)
    })
  user
    .command('enable')
    .description('Open an account again; its tokens work as before')
    .argument('<name>')
    .option('--json', 'print the user as one JSON object')
    .action(async (name: string, { json }: { json?: boolean }) => {
      done(
        await (await connect(context)).patch<User>(pathOf(name), { disabled: false }),
        `user ${name} is enabled`,
        json,
      )
    })
  user
    .command('passwd')
    .description('Set a new password: your own, or, as an admin, a user’s; every session ends')
    .argument('[name]', 'absent: yourself')
    .option('--password-stdin', 'read the password from the standard input')
    .action(async (name: string | undefined, { passwordStdin }: { passwordStdin?: boolean }) => {
      const cloud = await connect(context)
      const password = await newPassword(context, passwordStdin)
      if (name === undefined) await cloud.put('/v1/self/password', { password })
      else await cloud.patch(pathOf(name), { password })
      terminal.err(`the password of ${name ?? 'your account'} is changed; log in again with it`)
    })
}

const pathOf = (name: string) => `/v1/users/${encodeURIComponent(name)}`

/** Asked for twice, since nobody sees what is typed. */
async function newPassword({ askSecret, readInput }: CliContext, fromInput?: boolean): Promise<string> {
  if (fromInput) return withoutNewline(await readInput())
  if (!askSecret) throw new UsageError('Nobody is here to type a password: pipe it in with --password-stdin.')
  const password = await askSecret('New password: ')
  if ((await askSecret('The same again: ')) === password) return password
  throw new UsageError('The two are not the same. Nothing was changed.')
}

/** Of a line that was piped in. */
export const withoutNewline = (text: string): string => text.replace(/\r?\n$/, '')
