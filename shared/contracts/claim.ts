import { z } from 'zod'
import { DeviceId, Sha256 } from './names.ts'

/** Random bytes as base64url; 32 of them. */
const Secret = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'a secret of 32 bytes in base64url')

/**
 * What an operator hands to a device, once: where to enrol, with which secret, and whom to trust there before anything
 * else is known.
 */
export const EnrolmentClaim = z.strictObject({
  /** Base URL of the devices' HTTPS listener. */
  url: z.url({ protocol: /^https$/ }).max(512),
  secret: Secret,
  /** Of the authority's certificate (DER): who does not answer with it gets no secret. */
  ca: Sha256,
  /** Of the first root metadata of the model repository (TUF). */
  root: Sha256,
})
export type EnrolmentClaim = z.infer<typeof EnrolmentClaim>

const PREFIX = 'storecast-claim-1.'
const LONGEST = 2048

/** One line without blanks, which survives mail, shells and QR codes. */
export const formatClaim = (claim: EnrolmentClaim): string => PREFIX + toBase64url(JSON.stringify(claim))

/** @throws RangeError that says what is wrong, and never repeats the secret */
export function parseClaim(text: string): EnrolmentClaim {
  if (text.length > LONGEST) throw new RangeError(`a claim of ${text.length} characters; at most ${LONGEST}`)
  if (!text.startsWith(PREFIX)) throw new RangeError(`not a claim: it should begin with "${PREFIX}"`)
  try {
    return EnrolmentClaim.parse(JSON.parse(fromBase64url(text.slice(PREFIX.length))))
  } catch {
    throw new RangeError('the claim is damaged: copy the whole line that "storecast enroll create" printed')
  }
}

/** A PEM block: a request of one key is a few hundred bytes. */
const Pem = z.string().min(1).max(8192)

/** `POST /v1/enrol` on the devices' listener. */
export const EnrolRequest = z.strictObject({
  secret: Secret,
  device: DeviceId,
  /** PKCS#10, signed with the device's new key, CN = the device's id. */
  csr: Pem,
  /** Of the hardware; asked for where the claim lists those that may use it. */
  serialNumber: z.string().max(128).optional(),
})
export type EnrolRequest = z.infer<typeof EnrolRequest>

export const EnrolAnswer = z.strictObject({
  /** Of the device, then the authority's. */
  certificate: Pem,
  ca: Pem,
  /** `mqtts:` URL of the broker. */
  mqtt: z.url({ protocol: /^mqtts$/ }),
  /** The bytes whose digest the claim names, in base64. */
  root: z.base64().max(700_000),
})
export type EnrolAnswer = z.infer<typeof EnrolAnswer>

/** `POST /v1/renew` on the devices' listener, under the certificate that is to be replaced. */
export const RenewRequest = z.strictObject({ csr: Pem })
export const RenewAnswer = z.strictObject({ certificate: Pem, mqtt: EnrolAnswer.shape.mqtt })
export type RenewAnswer = z.infer<typeof RenewAnswer>

function toBase64url(text: string): string {
  const binary = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('')
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function fromBase64url(text: string): string {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)))
}
