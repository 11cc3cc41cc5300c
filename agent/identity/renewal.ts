import { X509Certificate } from 'node:crypto'

/** When a certificate is renewed, unix ms: at two thirds of its life, and up to a twelfth of it later. */
export interface RenewalTimes {
  readonly dueAt: number
  readonly expiresAt: number
}

/**
 * The twelfth is drawn by the certificate's own digest: a fleet enrolled in one hour does not renew in one, and a restart
 * does not draw again. @param pem throws where it is no certificate
 */
export function renewalTimes(pem: string): RenewalTimes {
  const { validFrom, validTo, fingerprint256 } = new X509Certificate(pem)
  const [from, expiresAt] = [Date.parse(validFrom), Date.parse(validTo)]
  const share = Number.parseInt(fingerprint256.replaceAll(':', '').slice(0, 8), 16) / 2 ** 32
  return { dueAt: from + (expiresAt - from) * (2 / 3 + share / 12), expiresAt }
}
