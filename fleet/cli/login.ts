import type { Got } from '@storecast/shared/api'
import type { Command } from 'commander'
import { cloudClient } from '../client/client.ts'
import type { CliContext } from './context.ts'
import { connect, forgetCredentials, storeCredentials, storedCredentials } from './credentials.ts'
import { UsageError } from './errors.ts'
import { oidcLogin } from './oidc-login.ts'
import { labelText, printFacts } from './output.ts'
import { withoutNewline } from './user.ts'

interface LoginOptions {
  readonly user?: string
  readonly passwordStdin?: boolean
  readonly withToken?: boolean
  readonly oidc?: boolean
}

type Self = Got<'/v1/self'>

/** `storecast login`, `logout` and `whoami`. */
export function addLoginCommands(program: Command, context: CliContext): void {
  const { terminal } = context
  program
    .command('login')
    .description('Log in to a cloud; the session is kept for you alone, under your XDG config folder')
    .argument('<url>', "the cloud's address, or the one-time link that its first start printed")
    .option('--user <name>', 'log in by name and password, which is asked for and not shown')
    .option('--password-stdin', 'read the password from the standard input')
    .option('--with-token', 'read a token from the standard input')
    .option('--oidc', "log in at the cloud's provider, in a browser anywhere: an address and a code are printed")
    .addHelpText('after', '\nThe environment goes over what is stored: STORECAST_URL and STORECAST_TOKEN.')
    .action(async (address: string, options: LoginOptions) => {
      const { url, code } = readAddress(address)
      const token = await tokenFor(context, { url, code, ...options })
      const self = await cloudClient({ url, token }).get<Self>('/v1/self')
      const path = await storeCredentials(context, { url, token })
      if (new URL(url).protocol === 'http:' && !/^(127\.|localhost$|\[::1\]$)/.test(new URL(url).hostname)) {
        terminal.err(`warning: ${url} is not encrypted: who listens on the way can take the token`)
      }
      terminal.err(`logged in to ${url} as ${self.name}; the token is in ${path}`)
    })
  program
    .command('logout')
    .description('End the session, and forget the stored login')
    .action(async () => {
      const stored = await storedCredentials(context)
      // The login is forgotten whether or not the cloud hears of it; what it does not hear of ends by its time.
      const ended = await stored?.delete('/v1/sessions/current').then(
        () => true,
        (error: Error) => error,
      )
      if (ended instanceof Error) terminal.err(`warning: the cloud did not end the session: ${ended.message}`)
      terminal.err((await forgetCredentials(context)) ? 'logged out' : 'you were not logged in')
    })
  program
    .command('whoami')
    .description('Say who you are to the cloud, what you may do and where')
    .option('--json', 'print it as one JSON object')
    .action(async ({ json }: { json?: boolean }) => {
      const cloud = await connect(context)
      const self = await cloud.get<Self>('/v1/self')
      if (json) return terminal.out(JSON.stringify(self))
      printFacts(terminal, {
        cloud: cloud.url,
        user: self.name,
        token: self.token,
        subject: self.subject,
        sites: labelText(self.limit) || 'every site',
        may: self.permissions.join(', '),
      })
    })
}

interface Asked extends LoginOptions {
  readonly url: string
  readonly code: string | undefined
}

/** @throws UsageError where what was asked for does not go together, or nothing was given */
async function tokenFor(context: CliContext, asked: Asked): Promise<string> {
  const { url, code, user, passwordStdin, withToken, oidc } = asked
  const ways = [code !== undefined, user !== undefined, withToken, oidc].filter(Boolean).length
  if (ways > 1) {
    throw new UsageError('Log in in one way: by a one-time link, by --user, --with-token or --oidc.')
  }
  if (oidc) return oidcLogin(context, url)
  if (code !== undefined) {
    return claim(url, code)
  }
  if (user === undefined) {
    if (passwordStdin) throw new UsageError('Say whose password it is: --user.')
    return readToken(context, withToken)
  }
  const password = await readPassword(context, passwordStdin)
  const { token } = await cloudClient({ url }).post<{ token: string }>('/v1/sessions', { name: user, password })
  return token
}

async function readPassword({ askSecret, readInput }: CliContext, fromInput?: boolean): Promise<string> {
  if (!fromInput && !askSecret) {
    throw new UsageError('Nobody is here to type a password: pipe it in with --password-stdin.')
  }
  const password = fromInput ? withoutNewline(await readInput()) : await askSecret!('Password: ')
  if (password !== '') return password
  throw new UsageError('No password was given.')
}

function readAddress(address: string): { url: string; code: string | undefined } {
  const parsed = URL.parse(address)
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw new UsageError(`"${address}" is not an address. Give it whole: https://cloud.example`)
  }
  const code = parsed.pathname.endsWith('/claim') ? parsed.hash.slice(1) : ''
  return { url: parsed.origin, code: code === '' ? undefined : code }
}

async function claim(url: string, code: string): Promise<string> {
  const { token } = await cloudClient({ url }).post<{ token: string }>('/v1/admin-tokens', { code })
  return token
}

async function readToken({ askSecret, readInput }: CliContext, withToken?: boolean): Promise<string> {
  const given = withToken || !askSecret ? await readInput() : await askSecret('Token: ')
  const token = given.trim()
  if (token !== '') return token
  throw new UsageError(
    'No token was given. Pipe it in with --with-token; an operator has it, or the link of the first start.',
  )
}
