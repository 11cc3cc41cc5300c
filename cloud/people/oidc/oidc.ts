import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose'
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  enableNonRepudiationChecks,
} from 'openid-client'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database.ts'
import { RateLimitedError, UnauthenticatedError, UnavailableError } from '../../platform/errors.ts'
import { createLimiter } from '../../platform/limiter.ts'
import { digestOf, newSecret } from '../secrets.ts'
import type { Session, Sessions } from '../sessions.ts'
import { type ClaimMapping, vouchedBy } from './claims.ts'
import { loginOf } from './login.ts'

export interface OidcSettings extends ClaimMapping {
  readonly issuer: string
  readonly clientId: string
  /** Of the command line, a client without a secret; by default the same. */
  readonly cliClientId?: string | undefined
  readonly scopes: readonly string[]
}

/** Logins that a provider vouches for. */
export interface Oidc {
  /** What the command line needs to ask the provider itself. */
  readonly forCli: { readonly issuer: string; readonly clientId: string; readonly scopes: readonly string[] }
  /**
   * Where a browser is sent; it keeps `secret` meanwhile, and the cloud nothing. Each of these takes the caller's address, for
   * the limit on attempts.
   * @throws UnavailableError `oidc-away`; RateLimitedError `login-too-often`
   */
  begin(login: { readonly callback: string; readonly from: string }): Promise<{
    readonly url: string
    readonly secret: string
  }>
  /**
   * @param login the URL that the provider sent the browser to, and the browser's secret
   * @throws UnauthenticatedError `oidc-refused`; ForbiddenError of `vouchedBy`; RateLimitedError `login-too-often`
   */
  finish(login: { readonly url: URL; readonly secret: string; readonly from: string }): Promise<Session>
  /**
   * Exchanges an ID token that the provider gave the command line, once.
   * @throws UnauthenticatedError `oidc-token-…`; ForbiddenError of `vouchedBy`; RateLimitedError `login-too-often`
   */
  exchange(token: {
    readonly idToken: string
    readonly nonce?: string | undefined
    readonly from: string
  }): Promise<Session>
}

interface OidcOptions {
  readonly settings: OidcSettings
  readonly clientSecret: string | undefined
  readonly database: Database
  readonly sessions: Sessions
  readonly clock: Clock
}

/** How old a token may be that is shown here: it was given a moment ago. */
const FRESH_SECONDS = 600
const TOLERANCE_SECONDS = 10
/** Attempts of one address in five minutes, of each of the ways. */
const ATTEMPTS = 60
const SPAN_MS = 300_000
/** Those of OpenID Connect with a key pair: a secret that we share must not be a way to make tokens. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']

export function createOidc({ settings, clientSecret, database, sessions, clock }: OidcOptions): Oidc {
  const { issuer, clientId, cliClientId = clientId, scopes } = settings
  const limited = () => {
    const limiter = createLimiter({ attempts: ATTEMPTS, spanMs: SPAN_MS, now: clock.now })
    return (from: string) => {
      if (limiter.take(from)) return
      throw new RateLimitedError({
        code: 'login-too-often',
        message: 'Too many attempts to log in. Wait for five minutes.',
      })
    }
  }
  const requireFew = { begin: limited(), finish: limited(), exchange: limited() }
  let found: Promise<{ configuration: Configuration; keys: ReturnType<typeof createRemoteJWKSet> }> | undefined
  const provider = () => {
    // Asked for when the first person comes, and again after it was away.
    found ??= discover(settings, clientSecret).catch((cause) => {
      found = undefined
      throw new UnavailableError({
        code: 'oidc-away',
        message: `The provider at ${issuer} does not answer as one: ${(cause as Error).message}. Try again, or log in with a password.`,
        cause,
      })
    })
    return found
  }
  const admit = (payload: JWTPayload, kind: 'bearer' | 'cookie', usedHash?: Buffer) => {
    const person = vouchedBy(payload as Parameters<typeof vouchedBy>[0], settings)
    return database.transaction(async (client) => {
      if (usedHash) {
        await client.query('DELETE FROM oidc_used WHERE expires_at <= $1', [clock.now()])
        const { rowCount } = await client.query(
          'INSERT INTO oidc_used (hash, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING',
          [usedHash, clock.now() + (FRESH_SECONDS + 2 * TOLERANCE_SECONDS) * 1000],
        )
        if (rowCount === 0) throw refused('oidc-token-used', 'it has opened a session already')
      }
      return sessions.vouched(client, person, kind)
    })
  }

  return {
    forCli: { issuer, clientId: cliClientId, scopes },
    async begin({ callback, from }) {
      requireFew.begin(from)
      const { configuration } = await provider()
      const secret = newSecret()
      const { state, nonce, verifier } = loginOf(secret)
      const url = buildAuthorizationUrl(configuration, {
        redirect_uri: callback,
        scope: scopes.join(' '),
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      })
      return { url: url.href, secret }
    },
    async finish({ url, secret, from }) {
      requireFew.finish(from)
      const { configuration } = await provider()
      const { state, nonce, verifier } = loginOf(secret)
      const tokens = await authorizationCodeGrant(configuration, url, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      }).catch((cause) => {
        throw refused('oidc-refused', (cause as Error).message, cause)
      })
      return admit(tokens.claims()!, 'cookie')
    },
    async exchange({ idToken, nonce, from }) {
      requireFew.exchange(from)
      const { keys } = await provider()
      const { payload } = await jwtVerify(idToken, keys, {
        issuer,
        audience: [clientId, cliClientId],
        algorithms: ALGORITHMS,
        requiredClaims: ['sub', 'exp', 'iat'],
        maxTokenAge: FRESH_SECONDS,
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: new Date(clock.now()),
      }).catch((cause) => {
        throw reasonOf(cause, issuer)
      })
      const azp = payload.azp ?? [payload.aud].flat()[0]
      if (azp !== clientId && azp !== cliClientId)
        throw refused('oidc-token-foreign', 'it was given to another program')
      if (payload.nonce !== undefined && payload.nonce !== nonce) {
        throw refused('oidc-token-nonce', 'it is the answer to another login')
      }
      return admit(payload, 'bearer', digestOf(idToken))
    },
  }
}

async function discover({ issuer, clientId }: OidcSettings, clientSecret: string | undefined) {
  const server = new URL(issuer)
  const execute = [enableNonRepudiationChecks, ...(isOpenToUs(server) ? [allowInsecureRequests] : [])]
  const configuration = await discovery(server, clientId, clientSecret, undefined, { execute })
  const { jwks_uri: keys } = configuration.serverMetadata()
  if (keys === undefined) throw new Error('its metadata names no keys (jwks_uri)')
  return { configuration, keys: createRemoteJWKSet(new URL(keys)) }
}

/** Without encryption only on this machine. */
const isOpenToUs = ({ protocol, hostname }: URL) =>
  protocol === 'http:' && /^(127\.|localhost$|\[::1\]$)/.test(hostname)

const refused = (code: string, reason: string, cause?: unknown) =>
  new UnauthenticatedError({ code, message: `The provider's word is not taken: ${reason}. Log in again.`, cause })

function reasonOf(cause: unknown, issuer: string): UnauthenticatedError | UnavailableError {
  if (cause instanceof errors.JWTExpired) return refused('oidc-token-expired', 'the token has expired', cause)
  if (cause instanceof errors.JWTClaimValidationFailed) {
    const foreign = cause.claim === 'iss' || cause.claim === 'aud'
    return refused(
      foreign ? 'oidc-token-foreign' : 'oidc-token-invalid',
      `the token's "${cause.claim}" is not as it must be`,
      cause,
    )
  }
  if (cause instanceof errors.JWKSTimeout || !(cause instanceof errors.JOSEError)) {
    return new UnavailableError({
      code: 'oidc-away',
      message: `The keys of ${issuer} cannot be had now. Try again.`,
      cause,
    })
  }
  return refused('oidc-token-invalid', 'the token is not one that it signed', cause)
}
