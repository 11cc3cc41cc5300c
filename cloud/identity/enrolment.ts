import type { EnrolAnswer, EnrolRequest, RenewAnswer } from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ForbiddenError, RateLimitedError, UnauthenticatedError } from '../platform/errors.ts'
import { createLimiter } from '../platform/limiter.ts'
import { type Authority, readRequest, type SigningRequest } from './authority.ts'
import type { Certificates } from './certificates.ts'
import type { Claims, HeldClaim } from './claims.ts'

export interface Enrolment {
  /**
   * Exchanges a claim for a certificate. The same key may ask again with the same claim: it gets the same certificate.
   * @param from the caller's address, for the limit on attempts
   * @throws RateLimitedError `enrol-too-often`, InvalidError `csr-invalid`, ForbiddenError `claim-…`, ConflictError
   * `device-exists`
   */
  enrol(request: EnrolRequest, from: string): Promise<EnrolAnswer>
  /**
   * A new certificate for a device that has shown its present one, by its serial number.
   * @throws as `enrol`; UnauthenticatedError `certificate-revoked`
   */
  renew(request: { readonly device: string; readonly shown: string; readonly csr: string }): Promise<RenewAnswer>
}

interface EnrolmentOptions {
  readonly database: Database
  readonly authority: Authority
  readonly claims: Claims
  readonly certificates: Certificates
  readonly clock: Clock
  /** Life of a certificate. */
  readonly days: number
  /** `mqtts:` URL of the broker as devices reach it. */
  readonly mqtt: () => string
  /**
   * Puts the device into service, in the claim's transaction.
   * @throws ConflictError `device-exists` where it is there and `isNamed` does not say that the claim is for it
   */
  readonly admit: (client: PoolClient, device: AdmittedDevice) => Promise<void>
  /** Certificates changed hands: sessions under the old ones must end, and the new device hear what it should run. */
  readonly onEnrolled: (device: string, replaced: boolean) => void
}

export interface AdmittedDevice {
  readonly id: string
  readonly site: string
  readonly labels: Readonly<Record<string, string>>
  readonly isNamed: boolean
}

/** Attempts of one address, and renewals of one device, in a minute. */
const ATTEMPTS = 30
const MINUTE_MS = 60_000

export function createEnrolment(options: EnrolmentOptions): Enrolment {
  const { database, authority, claims, certificates, clock, days, mqtt, admit, onEnrolled } = options
  const limiter = createLimiter({ attempts: ATTEMPTS, spanMs: MINUTE_MS, now: clock.now })
  const limit = (who: string) => {
    if (limiter.take(who)) return
    throw new RateLimitedError({
      code: 'enrol-too-often',
      message: `More than ${ATTEMPTS} attempts in a minute. Wait a minute.`,
    })
  }
  const issue = async (client: PoolClient, request: SigningRequest) => {
    const issued = await authority.issueClient(request, { now: clock.now(), days })
    await certificates.add(client, { device: request.commonName, keyHash: request.keyHash, issued })
    return issued.pem
  }
  return {
    async enrol({ secret, device, csr, serialNumber }, from) {
      limit(`from ${from}`)
      const request = await readRequest(csr)
      requireName(request, device)
      const { pem, root, replaced } = await database.transaction(async (client) => {
        const claim = await claims.hold(client, secret)
        const root = await claims.root(client, claim.root)
        const again = claim.usedKey?.equals(request.keyHash) && claim.usedBy === device
        const before = again && (await certificates.forKey(client, device, request.keyHash))
        if (before) return { pem: before, root, replaced: false }
        judgeClaim(claim, { device, serialNumber, now: clock.now() })
        const { id, site, labels } = claim
        await admit(client, { id: device, site, labels, isNamed: claim.device !== null })
        const replaced = (await certificates.revoke(client, device, 'replaced by an enrolment')) > 0
        const pem = await issue(client, request)
        await claims.markUsed(client, id, { device, keyHash: request.keyHash, serialNumber })
        return { pem, root, replaced }
      })
      onEnrolled(device, replaced)
      return {
        certificate: pem,
        ca: authority.certificate,
        mqtt: mqtt(),
        root: root.toString('base64'),
      }
    },
    async renew({ device, shown, csr }) {
      limit(`device ${device}`)
      const request = await readRequest(csr)
      requireName(request, device)
      const certificate = await database.transaction(async (client) => {
        if (await certificates.hold(client, { device, serial: shown })) return issue(client, request)
        throw new UnauthenticatedError({
          code: 'certificate-revoked',
          message: `The certificate of ${device} was revoked. Enrol the device with a new claim.`,
        })
      })
      return { certificate, mqtt: mqtt() }
    },
  }
}

/** @throws ForbiddenError where the claim is not for this device, now */
export function judgeClaim(
  claim: Pick<HeldClaim, 'device' | 'serialNumbers' | 'expiresAt' | 'withdrawnAt' | 'usedAt' | 'usedBy'>,
  { device, serialNumber, now }: { device: string; serialNumber: string | undefined; now: number },
): void {
  const refuse = (code: string, what: string) => {
    throw new ForbiddenError({ code, message: `The claim ${what}. Ask an operator for a new one.` })
  }
  if (claim.withdrawnAt !== null) refuse('claim-withdrawn', 'was withdrawn')
  if (claim.usedAt !== null) refuse('claim-used', `has enrolled ${claim.usedBy} already, and works once`)
  if (now >= claim.expiresAt) refuse('claim-expired', `expired at ${new Date(claim.expiresAt).toISOString()}`)
  if (claim.device !== null && claim.device !== device) {
    refuse('claim-other-device', `is for device ${claim.device}, not for ${device}`)
  }
  if (claim.serialNumbers !== null && !claim.serialNumbers.includes(serialNumber ?? '')) {
    refuse(
      'serial-number-unlisted',
      serialNumber === undefined
        ? 'lists the serial numbers that may use it, and the device told none'
        : `does not list the serial number ${serialNumber}`,
    )
  }
}

function requireName({ commonName }: SigningRequest, device: string): void {
  if (commonName === device) return
  throw new ForbiddenError({
    code: 'csr-other-device',
    message: `The certificate request is for ${commonName.slice(0, 64)}, the caller is ${device}.`,
  })
}
