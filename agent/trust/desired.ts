import { createPublicKey } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { DESIRED_TYPE, type DesiredKeys, DesiredState, MAX_DESIRED_BYTES } from '@storecast/shared/contracts'
import { z } from 'zod'
import { TrustFrozen, TrustRefused } from './errors.ts'

const Header = z.looseObject({ alg: z.literal('EdDSA'), typ: z.literal(DESIRED_TYPE), kid: z.string().max(64) })

/** A signed desired state, taken apart; nothing of it is trusted yet. */
export interface Envelope {
  /** JWS in compact form (RFC 7515, 7.1). */
  readonly jws: string
  /** Names the key that is said to have signed it. */
  readonly kid: string
  /** Where the payload says the cloud's API is; undefined where it says nothing of the kind. */
  readonly api: string | undefined
}

/** @throws TrustRefused `desired-too-large`, `desired-malformed` */
export function openEnvelope(payload: Uint8Array): Envelope {
  if (payload.length > MAX_DESIRED_BYTES) {
    const size = `${payload.length} bytes, more than ${MAX_DESIRED_BYTES}`
    throw new TrustRefused('desired-too-large', `the desired state has ${size}`)
  }
  const jws = Buffer.from(payload).toString('latin1')
  const parts = jws.split('.')
  const header = parts.length === 3 ? Header.safeParse(decode(parts[0]!)) : undefined
  if (!header?.success) {
    throw new TrustRefused('desired-malformed', `the desired state is not a signed one (a JWS of type ${DESIRED_TYPE})`)
  }
  const api = z.object({ api: z.url({ protocol: /^https?$/ }) }).safeParse(decode(parts[1]!))
  return { jws, kid: header.data.kid, api: api.data?.api }
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString())
  } catch {
    return undefined
  }
}

/**
 * The payload, if one of these keys signed it.
 * @throws TrustFrozen `desired-key-unknown`
 * @throws TrustRefused `desired-signature`, `desired-malformed`
 */
export async function verifySignature({ jws, kid }: Envelope, { keys }: DesiredKeys): Promise<DesiredState> {
  const key = keys.find((candidate) => candidate.kid === kid)
  if (key === undefined) {
    throw new TrustFrozen(
      'desired-key-unknown',
      `the desired state is signed by a key that nobody vouches for (${kid})`,
    )
  }
  // This part alone: the whole library takes 12 MB, it takes 4.
  const { compactVerify } = await import('jose/jws/compact/verify')
  let payload: Uint8Array
  try {
    payload = (await compactVerify(jws, createPublicKey({ key, format: 'jwk' }), { algorithms: ['EdDSA'] })).payload
  } catch (cause) {
    throw new TrustRefused('desired-signature', 'the signature of the desired state does not verify', { cause })
  }
  const parsed = DesiredState.safeParse(parseJson(payload))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue?.path.join('.') || 'its root'
  throw new TrustRefused('desired-malformed', `the desired state: ${where}: ${issue?.message}`)
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch {
    return undefined
  }
}

export interface Circumstances {
  readonly device: string
  /** Trust time, in unix milliseconds. */
  readonly now: number
  /** What was let through last. */
  readonly last: DesiredState | undefined
}

/** A generation is a unix time, or one more than the last: one that lies further ahead would lock out all that come after. */
const FURTHEST_AHEAD_SECONDS = 366 * 86_400

/**
 * Whether a desired state whose signature has been verified is to be followed. The one that is followed already comes again
 * on every connection, and signed anew with a later expiry: that is fine.
 * @throws TrustRefused `desired-not-ours`, `desired-expired`, `desired-rollback`, `desired-changed`, `desired-implausible`
 */
export function requireCurrent(desired: DesiredState, { device, now, last }: Circumstances): void {
  const { generation, expires } = desired
  const name = `the desired state of generation ${generation}`
  if (desired.device !== device) {
    throw new TrustRefused('desired-not-ours', `${name} is for ${desired.device}: this device is ${device}`)
  }
  if (last !== undefined && generation < last.generation) {
    throw new TrustRefused('desired-rollback', `${name} is older than the one in force, ${last.generation}`)
  }
  if (last !== undefined && generation === last.generation && !sameContent(desired, last)) {
    throw new TrustRefused('desired-changed', `${name} wants something else than it did when it came first`)
  }
  if (expires * 1000 <= now) {
    throw new TrustRefused('desired-expired', `${name} has expired at ${new Date(expires * 1000).toISOString()}`)
  }
  const floor = Math.max(now / 1000, last?.generation ?? 0)
  if (generation > floor + FURTHEST_AHEAD_SECONDS) {
    throw new TrustRefused('desired-implausible', `${name} lies more than a year ahead of this device's time`)
  }
}

/** @param kept read anew: an earlier version of the agent may have kept it, with fewer fields */
function sameContent(desired: DesiredState, kept: DesiredState): boolean {
  const { success, data } = DesiredState.safeParse(kept)
  return !success || isDeepStrictEqual({ ...desired, expires: 0 }, { ...data, expires: 0 })
}
