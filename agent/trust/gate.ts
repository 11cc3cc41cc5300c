import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { bundleTarget, DESIRED_KEYS_TARGET, type DesiredState, REVOKED_TARGET } from '@storecast/shared/contracts'
import type { ClientTls } from '../identity/index.ts'
import type { Connection } from '../platform/database.ts'
import type { Logger } from '../platform/logger.ts'
import type { Writer } from '../platform/writer.ts'
import { type BundleTarget, requireApproval } from './approval.ts'
import { type Envelope, openEnvelope, requireCurrent, verifySignature } from './desired.ts'
import { TrustError, TrustFrozen, TrustRefused } from './errors.ts'
import type { FetchLimits } from './fetch.ts'
import type { LookUp } from './repository.ts'
import { type Mirror, Repository } from './session.ts'
import { type Refusal, readJudged, readRefusal, readTime, type TrustProcedures } from './state.ts'
import type { TrustTime } from './time.ts'
import { describeTrusted, noRoot, type RoleState, SMALL_TARGET_PATHS } from './trusted.ts'

/** What a device asks before it follows a desired state, and before it stages a model. */
export interface TrustGate extends AsyncDisposable {
  /**
   * The desired state in a message of the cloud, if it is to be followed.
   * @throws TrustRefused, TrustFrozen: what is followed stays
   */
  judge(payload: Uint8Array): Promise<DesiredState>
  /**
   * Brings what is trusted up to date with the models' repository.
   * @throws TrustFrozen
   */
  refresh(signal: AbortSignal): Promise<void>
  /**
   * That the approvers signed for this bundle and nobody withdrew it; where its bytes are here already, that they are those.
   * @throws TrustRefused it is not to run
   * @throws TrustFrozen nobody can tell now
   */
  requireApproved(target: BundleTarget, signal: AbortSignal): Promise<void>
  /** Trust time, in unix milliseconds: by it a desired state expires. */
  now(): number
  readonly status: TrustStatus
}

export interface TrustStatus {
  /** Versions and expiry (unix milliseconds) of the metadata in force; empty without even a root. */
  readonly roles: Readonly<Record<string, RoleState>>
  /** The keys are a cloud's own: nobody vouches for what it approves. */
  readonly development: boolean
  /** Store time of the last refresh that went through. */
  readonly refreshedAt: number | undefined
  /** Of the desired state in force: unix milliseconds. */
  readonly desiredExpires: number | undefined
  readonly lastRefusal: Refusal | undefined
}

export interface TrustGateOptions {
  readonly device: string
  readonly writer: Writer<TrustProcedures>
  /** Sees what the writer has committed. */
  readonly db: Connection
  readonly log: Logger
  /** Store time, for what is told. */
  readonly now: () => number
  /** Made for each refresh, and removed after it. */
  readonly folder: string
  /**
   * The first root's bytes, by which all later ones are judged; asked for while nothing is trusted yet, and may wait for an
   * enrolment.
   */
  readonly root: (signal: AbortSignal) => Promise<Uint8Array | undefined>
  /** Base URL of the cloud's API, where it is known before the first desired state. */
  readonly api?: string | undefined
  /** The API is asked over TLS alone. */
  readonly requireTls: () => boolean
  readonly tls: () => ClientTls
  /** A bundle's bytes on this disk; undefined where they are not here. */
  readonly read: (sha256: string) => Promise<Readable | undefined>
  readonly time: TrustTime
  readonly limits?: FetchLimits | undefined
}

const nothing = async () => undefined
const LONGEST_MESSAGE = 500
/** What is merely away, or not begun yet, is no news. */
const QUIET: ReadonlySet<string> = new Set(['repository-unreachable', 'no-root', 'metadata-missing'])

/** Opens the gate over what is trusted so far. */
export const openTrustGate = (options: TrustGateOptions): TrustGate => new Gate(options)

class Gate implements TrustGate {
  readonly #options: TrustGateOptions
  readonly #repository: Repository
  readonly #ending = new AbortController()

  constructor(options: TrustGateOptions) {
    this.#options = options
    this.#repository = new Repository({ ...options, smallTargets: SMALL_TARGET_PATHS })
  }

  get status(): TrustStatus {
    const { db } = this.#options
    const trusted = this.#repository.trusted()
    const expires = readJudged(db)?.expires
    return {
      roles: trusted?.roles ?? {},
      development: trusted?.development ?? false,
      refreshedAt: readTime(db).refreshedAt,
      desiredExpires: expires === undefined ? undefined : expires * 1000,
      lastRefusal: readRefusal(db),
    }
  }

  judge(payload: Uint8Array): Promise<DesiredState> {
    return this.#telling(async () => {
      const { device, db, writer } = this.#options
      const desired = await this.#verify(openEnvelope(payload))
      const last = readJudged(db)
      requireCurrent(desired, { device, now: this.#options.time.now(), last })
      const isNews = last === undefined || desired.generation > last.generation || desired.expires > last.expires
      if (isNews) await writer.call('trust.desire', desired)
      return desired
    })
  }

  refresh(signal: AbortSignal): Promise<void> {
    return this.#telling(async () => {
      await this.#session(this.#api, { signal, fresh: true }, nothing)
    })
  }

  requireApproved(target: BundleTarget, signal: AbortSignal): Promise<void> {
    return this.#telling(async () => {
      const path = bundleTarget(target.model, target.version)
      const ask = async (fresh: boolean) => {
        const signed = await this.#session(this.#api, { signal, fresh }, (lookUp) => lookUp(path))
        requireApproval(target, signed, this.#repository.small(REVOKED_TARGET) ?? { versions: [] })
        return signed
      }
      // An approval may be younger than what was asked a moment ago: no is said to the newest alone.
      const signed = await ask(false).catch((error) =>
        error instanceof TrustRefused ? ask(true) : Promise.reject(error),
      )
      const bytes = await this.#options.read(target.bundle.sha256)
      try {
        if (bytes) await signed.verify(bytes)
      } catch (cause) {
        const what = `its bytes on this disk are not those signed for: ${(cause as Error).message}`
        throw new TrustFrozen('bundle-altered', `${path}: ${what}; fetched again`, { cause })
      } finally {
        bytes?.destroy()
      }
    })
  }

  now(): number {
    return this.#options.time.now()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort()
    await this.#repository[Symbol.asyncDispose]()
  }

  get #api(): string | undefined {
    return readJudged(this.#options.db)?.api ?? this.#options.api
  }

  async #session<T>(
    api: string | undefined,
    how: { readonly signal: AbortSignal; readonly fresh: boolean },
    use: (lookUp: LookUp) => Promise<T>,
  ): Promise<T> {
    return await this.#repository.session({ mirror: await this.#mirror(api, how.signal), ...how }, use)
  }

  async #mirror(api: string | undefined, signal: AbortSignal): Promise<Mirror> {
    await this.#requireRoot(signal)
    if (api === undefined)
      throw new TrustFrozen('repository-unreachable', 'the cloud has not said yet where its API is')
    if (this.#options.requireTls() && !api.startsWith('https:')) {
      throw new TrustFrozen('insecure-api', `${api} is not https, as this device's broker is mqtts`)
    }
    const base = new URL('v1/tuf', api.endsWith('/') ? api : `${api}/`).toString()
    return { metadataUrl: `${base}/metadata`, targetsUrl: `${base}/targets` }
  }

  async #requireRoot(signal: AbortSignal): Promise<void> {
    if (this.#repository.trusted() !== undefined) return
    const root = await this.#options.root(AbortSignal.any([signal, this.#ending.signal]))
    if (root === undefined) throw noRoot()
    try {
      describeTrusted(new Map([['root', root]]))
    } catch (cause) {
      const what =
        'the first root of trust that this device was given is none: enrol it again, or correct cloud.rootFile'
      throw new TrustFrozen('root-invalid', what, { cause })
    }
    await this.#options.writer.call('trust.begin', root)
  }

  /** By the keys that are trusted now; where they do not answer for it, by those that a refresh brings. */
  async #verify(envelope: Envelope): Promise<DesiredState> {
    const known = this.#repository.whyStale() ? undefined : this.#repository.small(DESIRED_KEYS_TARGET)
    if (known?.keys.some(({ kid }) => kid === envelope.kid)) return await verifySignature(envelope, known)
    const apis = [...new Set([this.#api, this.#options.api, envelope.api].filter((api) => api !== undefined))]
    const { signal } = this.#ending
    for (const [i, api] of apis.entries()) {
      try {
        await this.#session(api, { signal, fresh: false }, nothing)
        break
      } catch (error) {
        const isAway = error instanceof TrustFrozen && error.code === 'repository-unreachable'
        if (!isAway || i === apis.length - 1) throw error
      }
    }
    return await verifySignature(envelope, this.#repository.small(DESIRED_KEYS_TARGET) ?? { keys: [] })
  }

  /** Keeps why something was not let through, and tells it. */
  async #telling<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof TrustError) || QUIET.has(error.code)) throw error
      const { writer, now, log } = this.#options
      const { code, message } = error
      const refusal = { code, message: message.slice(0, LONGEST_MESSAGE), at: now() }
      const passing = !(error instanceof TrustRefused)
      if (await writer.call('trust.refuse', { id: randomUUID(), refusal, passing })) log.warn({ code }, message)
      throw error
    }
  }
}
