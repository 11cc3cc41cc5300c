import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { type CloudClient, cloudClient } from '../client/client.ts'
import type { CliContext } from './context.ts'
import { NotLoggedInError } from './errors.ts'

const Credentials = z.object({ url: z.url({ protocol: /^https?$/ }), token: z.string().min(1) })
export type Credentials = z.infer<typeof Credentials>

/** `$XDG_CONFIG_HOME/storecast/credentials.json`, by default under `~/.config`. */
export const credentialsPath = ({ env }: Pick<CliContext, 'env'>): string =>
  join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'storecast', 'credentials.json')

/**
 * The cloud that the user has logged in to; `STORECAST_URL` and `STORECAST_TOKEN` go over what was stored.
 * @throws NotLoggedInError
 */
export async function connect(context: Pick<CliContext, 'env' | 'terminal'>): Promise<CloudClient> {
  const { STORECAST_URL, STORECAST_TOKEN } = context.env
  const stored = STORECAST_URL && STORECAST_TOKEN ? undefined : await readCredentials(context)
  const url = STORECAST_URL || stored?.url
  // A token goes to the cloud that gave it, and to no other.
  const token = STORECAST_TOKEN || (url === stored?.url ? stored?.token : undefined)
  const warn = (text: string) => context.terminal.err(`warning: ${text}`)
  if (url && token) return cloudClient({ url, token, warn })
  throw new NotLoggedInError(
    url
      ? `There is no token for ${url}. Log in with "storecast login ${url}", or set STORECAST_TOKEN.`
      : 'You are not logged in to a cloud. Log in with "storecast login <url>", or set STORECAST_URL and STORECAST_TOKEN.',
  )
}

/** The cloud by the stored login alone, whatever the environment says; undefined where there is none. */
export async function storedCredentials(context: Pick<CliContext, 'env'>): Promise<CloudClient | undefined> {
  const stored = await readCredentials(context).catch(() => undefined)
  return stored && cloudClient(stored)
}

async function readCredentials(context: Pick<CliContext, 'env'>): Promise<Credentials | undefined> {
  const path = credentialsPath(context)
  try {
    return Credentials.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new NotLoggedInError(`${path} cannot be read as credentials. Log in again with "storecast login".`, { cause })
  }
}

/** Keeps a login for this user alone: 0600, in a folder of 0700, whole or not at all. */
export async function storeCredentials(context: Pick<CliContext, 'env'>, credentials: Credentials): Promise<string> {
  const path = credentialsPath(context)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    await using file = await open(temporary, 'wx', 0o600)
    await file.writeFile(`${JSON.stringify(credentials)}\n`)
    await file.sync()
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  return path
}

/** @returns whether there was a login to forget */
export async function forgetCredentials(context: Pick<CliContext, 'env'>): Promise<boolean> {
  try {
    await rm(credentialsPath(context))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
