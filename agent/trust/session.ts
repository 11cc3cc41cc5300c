import { Readable } from 'node:stream'
import type { z } from 'zod'
import type { ClientTls } from '../identity/index.ts'
import type { Connection } from '../platform/database.ts'
import type { Writer } from '../platform/writer.ts'
import { TrustFrozen } from './errors.ts'
import { FETCH_LIMITS, type FetchLimits, fetchCapped } from './fetch.ts'
import { type LookUp, runSession } from './repository.ts'
import { readMetadata, readTarget, readTime, type SmallTarget, type TrustProcedures } from './state.ts'
import type { TrustTime } from './time.ts'
import { describeTrusted, noRoot, SMALL_TARGETS, type SmallTargetPath, type TrustedSet, whyStale } from './trusted.ts'

export interface RepositoryOptions {
  readonly writer: Writer<TrustProcedures>
  /** Sees what the writer has committed. */
  readonly db: Connection
  /** Store time, for what is told. */
  readonly now: () => number
  /** Made for each session, and removed after it. */
  readonly folder: string
  /** Those that are kept beside the metadata. */
  readonly smallTargets: readonly SmallTargetPath[]
  readonly tls: () => ClientTls
  readonly time: TrustTime
  readonly limits?: FetchLimits | undefined
}

/** Where a repository is served. Any server will do: what it serves vouches for itself, and it is shown no token. */
export interface Mirror {
  readonly metadataUrl: string
  readonly targetsUrl: string
}

export interface SessionRequest {
  readonly mirror: Mirror
  readonly signal: AbortSignal
  /** Ask the repository also where it was asked a moment ago. */
  readonly fresh: boolean
}

/** A refresh that is this young, by the monotonic clock, answers for another. */
const FRESH_MS = 60_000
const LARGEST_TARGET = 4 * 1024 * 1024
/** Versions are unix seconds where a cloud wrote them; a repository may also count from 1. */
const EARLIEST_TIME = Date.UTC(2024, 0)

/** The models' repository as this device trusts it: SQLite before and after, one session with the server at a time. */
export class Repository implements AsyncDisposable {
  readonly #options: RepositoryOptions
  readonly #ending = new AbortController()
  #turn: Promise<unknown> = Promise.resolve()
  #refreshed: number | undefined

  constructor(options: RepositoryOptions) {
    this.#options = options
  }

  /** What is trusted now, whether it still holds or not. */
  trusted(): TrustedSet | undefined {
    return describeTrusted(readMetadata(this.#options.db))
  }

  /** Why nothing new is to be judged by what is on this disk. */
  whyStale(trusted = this.trusted()): TrustFrozen | undefined {
    const { db, time, smallTargets } = this.#options
    const stored = smallTargets.flatMap((path) => {
      const sha256 = readTarget(db, path)?.sha256
      return sha256 === undefined ? [] : [[path, sha256] as const]
    })
    return whyStale(trusted, { wanted: smallTargets, stored: Object.fromEntries(stored), now: time.now() })
  }

  /** A small target as it came last; undefined where none is signed. Ask `whyStale` first. */
  small<P extends SmallTargetPath>(path: P): z.infer<(typeof SMALL_TARGETS)[P]> | undefined {
    const stored = readTarget(this.#options.db, path)
    if (stored === undefined) return undefined
    const parsed = SMALL_TARGETS[path].parse(JSON.parse(Buffer.from(stored.body).toString()))
    return parsed as z.infer<(typeof SMALL_TARGETS)[P]>
  }

  /**
   * Brings what is trusted up to date, with the small targets of that moment, then runs `use`.
   * @throws TrustFrozen
   */
  session<T>(request: SessionRequest, use: (lookUp: LookUp) => Promise<T>): Promise<T> {
    const turn = this.#turn.then(() => this.#session(request, use))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort()
    await this.#turn
  }

  async #session<T>(request: SessionRequest, use: (lookUp: LookUp) => Promise<T>, again = false): Promise<T> {
    const { db, writer, now, time, folder, tls, limits = FETCH_LIMITS } = this.#options
    const signal = AbortSignal.any([request.signal, this.#ending.signal])
    signal.throwIfAborted()
    const metadata = readMetadata(db)
    if (!metadata.has('root')) throw noRoot()
    const { metadataUrl, targetsUrl } = request.mirror
    const young = this.#refreshed !== undefined && time.monotonic() - this.#refreshed < FRESH_MS
    const cached = young && !request.fresh && this.whyStale() === undefined
    const fetch = (url: string, maxBytes: number) => fetchCapped(url, { maxBytes, limits, tls: tls(), signal })
    const changes = { targets: [] as SmallTarget[], gone: [] as string[] }
    const end = await runSession({ metadata, folder, metadataUrl, at: time.now(), cached, fetch }, async (lookUp) => {
      await this.#updateTargets({ lookUp, fetch: (file, most) => fetch(`${targetsUrl}/${file}`, most), changes })
      return await use(lookUp)
    })
    const succeeded = 'value' in end.outcome
    const after = describeTrusted(end.metadata)
    const { rotated, attestedBy } = this.#learn(after, succeeded && !cached)
    const refreshedAt = succeeded && !cached ? now() : undefined
    if (!cached || !succeeded) {
      const kept = { metadata: end.metadata, ...changes, known: time.known(), attestedBy, refreshedAt }
      await writer.call('trust.keep', kept)
    }
    if ('error' in end.outcome) {
      signal.throwIfAborted()
      // What put this device's time ahead is trusted no more: judged once more, without it.
      if (rotated && !again) return await this.#session(request, use, true)
      throw end.outcome.error
    }
    const stale = this.whyStale(after)
    if (stale) throw stale
    if (!cached) this.#refreshed = time.monotonic()
    return end.outcome.value
  }

  /** Fetches those that were signed anew. @throws TrustFrozen */
  async #updateTargets(options: {
    readonly lookUp: LookUp
    readonly fetch: (file: string, maxBytes: number) => Promise<Buffer>
    readonly changes: { readonly targets: SmallTarget[]; readonly gone: string[] }
  }): Promise<void> {
    const { lookUp, fetch, changes } = options
    for (const path of this.#options.smallTargets) {
      const signed = await lookUp(path)
      if (signed === undefined) {
        changes.gone.push(path)
        continue
      }
      const sha256 = signed.hashes.sha256 ?? ''
      if (readTarget(this.#options.db, path)?.sha256 === sha256) continue
      if (signed.length > LARGEST_TARGET) {
        throw new TrustFrozen('target-too-large', `${path} has ${signed.length} bytes, more than ${LARGEST_TARGET}`)
      }
      const body = await fetch(`${sha256}.${path}`, signed.length)
      try {
        await signed.verify(Readable.from([body]))
        SMALL_TARGETS[path].parse(JSON.parse(body.toString()))
      } catch (cause) {
        const { message } = cause as Error
        throw new TrustFrozen('target-differs', `${path} is not what was signed for: ${message}`, { cause })
      }
      changes.targets.push({ path, sha256, body })
    }
  }

  /**
   * Takes the time that a session attests: the version of the timestamp, where it is a time, and, after a refresh that went
   * through, the device's own clock, which no expiry contradicted. Nothing at or after the first expiry is believed: keys of
   * the cloud alone cannot put a device's time out of reach. What keys attested that are trusted no more is forgotten.
   */
  #learn(after: TrustedSet | undefined, succeeded: boolean): { rotated: boolean; attestedBy: readonly string[] } {
    const { db, time } = this.#options
    const { attestedBy } = readTime(db)
    const rotated = attestedBy.length > 0 && !attestedBy.some((key) => after?.timestampKeys.includes(key))
    if (rotated) time.forget()
    if (!after || !succeeded) return { rotated, attestedBy: rotated ? [] : attestedBy }
    const end = Math.min(...Object.values(after.roles).map(({ expires }) => expires))
    const signedAt = (after.roles.timestamp?.version ?? 0) * 1000
    for (const moment of [signedAt, time.real()]) {
      if (moment > EARLIEST_TIME && moment < end) time.learn(Math.floor(moment))
    }
    return { rotated, attestedBy: after.timestampKeys }
  }
}
