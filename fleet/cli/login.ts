import type { Command } from 'commander'
import { cloudClient } from '../client/client.ts'
import type { CliContext } from './context.ts'
import { forgetCredentials, storeCredentials } from './credentials.ts'
import { UsageError } from './errors.ts'

/** `storecast login` and `storecast logout`. */
export function addLoginCommands(program: Command, context: CliContext): void {
  const { terminal } = context
  program
    .command('login')
    .description('Log in to a cloud; the token is kept for you alone, under your XDG config folder')
    .argument('<url>', "the cloud's address, or the one-time link that its first start printed")
    .option('--with-token', 'read the token from the standard input')
    .addHelpText('after', '\nThe environment goes over what is stored: STORECAST_URL and STORECAST_TOKEN.')
    .action(async (address: string, { withToken }: { withToken?: boolean }) => {
      const { url, code } = readAddress(address)
      if (code !== undefined && withToken)
        throw new UsageError('A one-time link brings its own token: leave --with-token out.')
      const token = code === undefined ? await readToken(context, withToken) : await claim(url, code)
      await cloudClient({ url, token }).get('/v1/devices?limit=1')
      const path = await storeCredentials(context, { url, token })
      if (new URL(url).protocol === 'http:' && !/^(127\.|localhost$|\[::1\]$)/.test(new URL(url).hostname)) {
        terminal.err(`warning: ${url} is not encrypted: who listens on the way can take the token`)
      }
      terminal.err(`logged in to ${url}; the token is in ${path}`)
    })
  program
    .command('logout')
    .description('Forget the stored login')
    .action(async () => {
      terminal.err((await forgetCredentials(context)) ? 'logged out' : 'you were not logged in')
    })
}

function readAddress(address: string): { url: string; code?: string } {
  const parsed = URL.parse(address)
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw new UsageError(`"${address}" is not an address. Give it whole: https://cloud.example`)
  }
  const code = parsed.pathname.endsWith('/claim') ? parsed.hash.slice(1) : ''
  return { url: parsed.origin, ...(code !== '' && { code }) }
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
