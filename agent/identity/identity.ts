import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { EnrolAnswer, type EnrolmentClaim, RenewAnswer } from '@storecast/shared/contracts'
import { type BackoffOptions, fullJitter } from '../platform/backoff.ts'
import type { Logger } from '../platform/logger.ts'
import type { Credentials } from './credentials.ts'
import { IdentityRefused, IdentityUnavailable } from './errors.ts'
import { fetchAuthority, post } from './exchange.ts'
import { renewalTimes } from './renewal.ts'
import { makeRequest } from './request.ts'
import { hardwareSerialNumber } from './serial-number.ts'
import { type Enrolled, type IdentityStore, identityStore } from './store.ts'

/** Who the device is to the cloud. */
export interface Identity extends AsyncDisposable {
  /** As they are now: a renewed certificate comes with the next connection. Waits for the enrolment. */
  credentials(signal: AbortSignal): Promise<Credentials>
  /** The same, without waiting: undefined before the enrolment. */
  readonly current: Credentials | undefined
  /**
   * The first root metadata of the model repository, as the claim vouched for it; waits for the enrolment. Undefined for a
   * device with a token.
   */
  root(signal: AbortSignal): Promise<Uint8Array | undefined>
  /** Why the device is not enrolled, or cannot renew; in words. */
  readonly trouble: string | undefined
  /** Unix ms at which the certificate ends; undefined without one. */
  readonly expiresAt: number | undefined
}

export interface CertificateIdentityOptions {
  readonly device: string
  /** Of its files. */
  readonly folder: string
  /** Undefined: the device was enrolled before. */
  readonly claim: EnrolmentClaim | undefined
  /** In place of what the hardware tells. */
  readonly serialNumber?: string | undefined
  /** In place of the broker that the cloud names. */
  readonly broker?: string | undefined
  /** Unix ms by the real clock, or by one that is better known. */
  readonly now?: (() => number) | undefined
  readonly log: Logger
  readonly backoff?: BackoffOptions
}

const BACKOFF: BackoffOptions = { baseMs: 2_000, capMs: 600_000 }
/** A clock that is set right is noticed within this. */
const LONGEST_LOOK_MS = 3_600_000

/** By a token that the operator gave it: for development, on this machine's own line. */
export function tokenIdentity(credentials: Credentials): Identity {
  return {
    credentials: async () => credentials,
    current: credentials,
    root: async () => undefined,
    trouble: undefined,
    expiresAt: undefined,
    async [Symbol.asyncDispose]() {},
  }
}

/**
 * By a certificate whose key is made here and never leaves. Enrols with the claim where there is no certificate, or where the
 * claim is another one than it was enrolled with; renews at two thirds of its life. Everything is tried again until it
 * works: what the device does inside the store waits for none of it.
 */
export async function certificateIdentity(options: CertificateIdentityOptions): Promise<Identity> {
  const { device, folder, claim, log, now = Date.now, backoff = BACKOFF } = options
  const store = identityStore(folder)
  const ending = new AbortController()
  const { signal } = ending
  let enrolled = await store.read()
  if (enrolled && enrolled.device !== device) {
    log.warn({ was: enrolled.device }, 'the device has another name than it was enrolled with: it has to enrol again')
    enrolled = undefined
  }
  const first = Promise.withResolvers<void>()
  if (enrolled) first.resolve()
  let trouble = enrolled
    ? undefined
    : claim
      ? 'not enrolled yet'
      : 'not enrolled, and there is no claim: give the device one'

  const running = run()
  const current = (): Credentials | undefined => {
    if (!enrolled) return undefined
    const { mqtt, ca, key, certificate } = enrolled
    return { broker: options.broker ?? mqtt, tls: { ca, key, cert: certificate, now } }
  }
  return {
    async credentials(asked) {
      await untilAborted(first.promise, AbortSignal.any([asked, signal]))
      return current()!
    },
    get current() {
      return current()
    },
    async root(asked) {
      await untilAborted(first.promise, AbortSignal.any([asked, signal]))
      return store.readRoot()
    },
    get trouble() {
      return trouble
    },
    get expiresAt() {
      return enrolled && renewalTimes(enrolled.certificate).expiresAt
    },
    async [Symbol.asyncDispose]() {
      ending.abort()
      await running
    },
  }

  async function run(): Promise<void> {
    const isNew = claim && digest(claim.secret) !== enrolled?.claim
    if (isNew) {
      // With a certificate in force, a claim that is refused is a mistake of somebody's: what works is kept up.
      const hadOne = enrolled !== undefined
      const work = async () => {
        enrolled = await enrol(store, { ...options, claim, signal })
      }
      await insist('enrolment', work, hadOne)
      first.resolve()
    }
    while (enrolled && !signal.aborted) {
      const { dueAt } = renewalTimes(enrolled.certificate)
      const wait = Math.min(dueAt - now(), LONGEST_LOOK_MS)
      if (wait > 0) await pause(wait, signal)
      else {
        const old = enrolled
        await insist('renewal', async () => {
          enrolled = await renew(store, old, { signal, now })
        })
      }
    }
  }

  /** Does the work until it is done, or the agent ends; or is refused, where a refusal is to be lived with. */
  async function insist(what: string, work: () => Promise<void>, once = false): Promise<void> {
    const waits = fullJitter(backoff)
    while (!signal.aborted) {
      try {
        await work()
        trouble = undefined
        log.info({ expiresAt: enrolled && new Date(renewalTimes(enrolled.certificate).expiresAt) }, `${what} done`)
        return
      } catch (error) {
        if (signal.aborted) return
        trouble = `${what} failed: ${(error as Error).message}`
        if (once && error instanceof IdentityRefused) {
          log.error({ code: error.code, reason: error.message }, `${what} refused; the device stays as it is`)
          return
        }
        const retryInMs = Math.round(waits.next())
        const level = error instanceof IdentityRefused ? 'error' : 'warn'
        log[level](
          { code: (error as { code?: unknown }).code, reason: (error as Error).message, retryInMs },
          `${what} failed`,
        )
        await pause(retryInMs, signal)
      }
    }
  }
}

async function enrol(
  store: IdentityStore,
  given: CertificateIdentityOptions & { readonly claim: EnrolmentClaim; readonly signal: AbortSignal },
): Promise<Enrolled> {
  const { device, claim, signal } = given
  const name = digest(claim.secret)
  const ca = await fetchAuthority(claim.url, claim.ca, signal)
  let pending = await store.pending()
  if (pending?.claim !== name) {
    pending = { claim: name, ...(await makeRequest(device)) }
    await store.setPending(pending)
  }
  const serialNumber = given.serialNumber ?? (await hardwareSerialNumber())
  const body = { secret: claim.secret, device, csr: pending.csr, ...(serialNumber && { serialNumber }) }
  const answer = await post(new URL('v1/enrol', withSlash(claim.url)).href, {
    body,
    tls: { ca, now: given.now },
    answer: EnrolAnswer,
    signal,
  })
  const root = Buffer.from(answer.root, 'base64')
  if (digest(root) !== claim.root) {
    throw new IdentityRefused('root-mismatch', 'the cloud sent another root of trust than the claim names')
  }
  await store.writeRoot(root)
  const { key } = pending
  const { certificate, mqtt } = answer
  // The pinned one: the answer's is for people.
  const enrolled = { device, claim: name, cloud: claim.url, mqtt, key, certificate, ca }
  requireMatch(enrolled)
  await store.write(enrolled)
  return enrolled
}

async function renew(
  store: IdentityStore,
  old: Enrolled,
  { signal, now }: { readonly signal: AbortSignal; readonly now: () => number },
): Promise<Enrolled> {
  const { key, csr } = await makeRequest(old.device)
  const tls = { ca: old.ca, key: old.key, cert: old.certificate, now }
  const url = new URL('v1/renew', withSlash(old.cloud)).href
  const { certificate, mqtt } = await post(url, { body: { csr }, tls, answer: RenewAnswer, signal })
  const renewed = { ...old, key, certificate, mqtt }
  requireMatch(renewed)
  await store.write(renewed)
  return renewed
}

/** @throws IdentityUnavailable before a good identity is replaced by one that opens nothing */
function requireMatch({ certificate, key, ca }: Enrolled): void {
  const issued = new X509Certificate(certificate)
  if (issued.checkPrivateKey(createPrivateKey(key)) && issued.verify(new X509Certificate(ca).publicKey)) return
  throw new IdentityUnavailable('answer-invalid', 'the cloud sent a certificate of another key or authority')
}

const withSlash = (url: string) => (url.endsWith('/') ? url : `${url}/`)

const digest = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex')

/** Real milliseconds; ends early, without an error, when it is stopped. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  await untilAborted(promise, signal).catch(() => undefined)
  clearTimeout(timer)
}

async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const stopped = Promise.withResolvers<never>()
  const stop = () => stopped.reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  await Promise.race([work, stopped.promise]).finally(() => signal.removeEventListener('abort', stop))
}
