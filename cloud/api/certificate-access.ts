import type { Authority, Certificates } from '../identity/index.ts'
import { DEVICE_GRANTS } from '../people/index.ts'
import type { Clock } from '../platform/clock.ts'
import { ForbiddenError, UnauthenticatedError } from '../platform/errors.ts'
import type { AccessCheck } from './access.ts'

interface CertificateAccessOptions {
  readonly authority: Authority
  readonly certificates: Certificates
  readonly clock: Clock
  /** How long an expired certificate still asks for a new one. */
  readonly renewExpiredDays: number
}

const DAY_MS = 86_400_000

/** Devices by the certificates of this deployment's authority; tokens are not looked at. */
export function certificateAccess(options: CertificateAccessOptions): AccessCheck {
  const { authority, certificates, clock, renewExpiredDays } = options
  const refuse = (code: string, message: string) => new UnauthenticatedError({ code, message })
  return {
    async identify({ certificate }, permission) {
      if (!DEVICE_GRANTS.has(permission)) {
        throw new ForbiddenError({
          code: 'wrong-role',
          message: 'This is for operators, and this listener is for devices. Use the API’s own address.',
        })
      }
      const shown = certificate && authority.identify(certificate)
      if (!shown) {
        throw refuse(
          'certificate-missing',
          'This needs a certificate of this deployment. Enrol the device with a claim.',
        )
      }
      const now = clock.now()
      const grace = permission === 'certificate.renew' ? renewExpiredDays * DAY_MS : 0
      if (now >= shown.expiresAt + grace) {
        throw refuse(
          'certificate-expired',
          `The certificate of ${shown.device} expired at ${new Date(shown.expiresAt).toISOString()}. Renew it, or enrol the device again.`,
        )
      }
      if (!(await certificates.isInForce(shown))) {
        throw refuse(
          'certificate-revoked',
          `The certificate of ${shown.device} was revoked. Enrol the device with a new claim.`,
        )
      }
      return { kind: 'device', device: shown.device, certificate: shown.serial }
    },
  }
}
