import type { Got } from '@storecast/shared/api'
import {
  allowInsecureRequests,
  discovery,
  initiateDeviceAuthorization,
  None,
  pollDeviceAuthorizationGrant,
  randomNonce,
} from 'openid-client'
import { cloudClient } from '../client/client.ts'
import type { CliContext } from './context.ts'
import { UsageError } from './errors.ts'

type Provider = NonNullable<Got<'/v1/login'>['oidc']>

/**
 * Logs in at the cloud's provider by the device flow (RFC 8628): prints an address and a code for a browser anywhere, waits for
 * the person, and exchanges what the provider says for a session.
 * @returns the session's token @throws UsageError where cloud or provider have no such login
 */
export async function oidcLogin({ terminal, signal }: CliContext, url: string): Promise<string> {
  const cloud = cloudClient({ url })
  const { oidc } = await cloud.get<{ oidc: Provider | null }>('/v1/login')
  if (!oidc) throw new UsageError(`${url} has no provider of logins. Log in with --user, or with a token.`)
  const nonce = randomNonce()
  const configuration = await configure(oidc)
  const asked = await initiateDeviceAuthorization(configuration, { scope: oidc.scopes.join(' '), nonce })
  terminal.err(`Open ${asked.verification_uri_complete ?? asked.verification_uri}`)
  terminal.err(`and see that it shows the code ${asked.user_code}`)
  const tokens = await pollDeviceAuthorizationGrant(configuration, asked, undefined, { signal }).catch((cause) => {
    if (signal.aborted) throw cause
    throw new UsageError(`The provider did not let you in: ${(cause as Error).message}`, { cause })
  })
  if (tokens.id_token === undefined) throw new UsageError('The provider gave no ID token. Ask for the scope "openid".')
  const { token } = await cloud.post<{ token: string }>('/v1/sessions/oidc', { idToken: tokens.id_token, nonce })
  return token
}

async function configure({ issuer, clientId }: Provider) {
  const server = new URL(issuer)
  // Without encryption only on this machine.
  const isHere = server.protocol === 'http:' && /^(127\.|localhost$|\[::1\]$)/.test(server.hostname)
  const configuration = await discovery(server, clientId, undefined, None(), {
    execute: isHere ? [allowInsecureRequests] : [],
  })
  if (configuration.serverMetadata().device_authorization_endpoint !== undefined) return configuration
  throw new UsageError(
    `The provider ${issuer} has no device flow. Make a token in the browser and log in with --with-token.`,
  )
}
