import { DESIRED_TYPE, type DesiredState, MAX_DESIRED_BYTES } from '@storecast/shared/contracts'
import { CompactSign } from 'jose'
import { ConflictError } from '../platform/errors.ts'
import type { OnlineKeys } from './online-keys.ts'

/** Signs what a device should run: a compact JWS (RFC 7515) by the cloud's online key (RFC 8037). */
export type SignDesired = (state: DesiredState) => Promise<string>

/** @throws ConflictError `desired-too-large` from each call whose state does not fit a message. */
export const desiredSigner =
  ({ desired }: OnlineKeys): SignDesired =>
  async (state) => {
    const payload = new TextEncoder().encode(JSON.stringify(state))
    const header = { alg: 'EdDSA', kid: desired.public.kid, typ: DESIRED_TYPE }
    const signed = await new CompactSign(payload).setProtectedHeader(header).sign(desired.privateKey)
    if (signed.length <= MAX_DESIRED_BYTES) return signed
    throw new ConflictError({
      code: 'desired-too-large',
      message: `The desired state of ${state.device} has ${signed.length} bytes signed, and devices take ${MAX_DESIRED_BYTES}. Give the device fewer models.`,
    })
  }
