import { join } from 'node:path'
import type { TargetFile, Updater } from 'tuf-js'
import { listDirectory, makeDirectory, readWhole, removePath, writeScratch } from '../platform/files.ts'
import { TrustError, TrustFrozen } from './errors.ts'
import { UnexpectedStatus } from './fetch.ts'
import type { TrustedMetadata } from './state.ts'

/** The path of a target → what its signers say of it; undefined where none of them signed it. */
export type LookUp = (path: string) => Promise<TargetFile | undefined>

export interface SessionOptions {
  /** What is trusted before; at least a root. */
  readonly metadata: TrustedMetadata
  /** Made for the session, and removed after it. */
  readonly folder: string
  readonly metadataUrl: string
  /** Unix milliseconds by which the whole session judges (TUF specification 5.1). */
  readonly at: number
  /** Look at what is trusted alone, and ask the repository only where that is not enough. */
  readonly cached: boolean
  /** @throws TrustFrozen, UnexpectedStatus */
  readonly fetch: (url: string, maxBytes: number) => Promise<Buffer>
}

export interface SessionEnd<T> {
  /** What is trusted after it, also after one that failed: what was verified before stays (5.3.8, 5.4.5, 5.5.7). */
  readonly metadata: TrustedMetadata
  readonly outcome: { readonly value: T } | { readonly error: unknown }
}

/** The largest that tuf-js takes in, and some room. */
const LARGEST_METADATA = 8 * 1024 * 1024

/**
 * Runs the client workflow of The Update Framework (tuf-js), then `use`. tuf-js keeps its state in files that it writes
 * neither synced nor atomically, so it gets a fresh folder of copies; what it leaves there is for the caller to keep.
 */
export async function runSession<T>(
  options: SessionOptions,
  use: (lookUp: LookUp) => Promise<T>,
): Promise<SessionEnd<T>> {
  const { folder, metadata } = options
  // Loaded here alone: many devices go for days without asking.
  const tuf = await import('tuf-js')
  const errors = await import('tuf-js/dist/error.js')
  const models = await import('@tufjs/models/dist/error.js')
  await removePath(folder)
  await makeDirectory(folder)
  let seen: unknown
  try {
    for (const [role, body] of metadata) await writeScratch(join(folder, `${role}.json`), body)
    const fetch = async (url: string, maxBytes: number) => {
      try {
        return await options.fetch(url, maxBytes)
      } catch (error) {
        seen = error
        if (error instanceof UnexpectedStatus) throw new errors.DownloadHTTPError(error.message, error.status)
        throw error
      }
    }
    try {
      const updater = new tuf.Updater({
        metadataDir: folder,
        metadataBaseUrl: options.metadataUrl,
        forceCache: options.cached,
        fetcher: {
          downloadBytes: fetch,
          downloadFile: () => Promise.reject(new Error('targets come by our own downloader')),
        },
      })
      prepare(updater, options.at, (error) => {
        seen = error
      })
      await updater.refresh()
      const value = await use((path) => updater.getTargetInfo(path))
      return { metadata: await readFolder(folder), outcome: { value } }
    } catch (thrown) {
      // A disk that does not take the files may have torn one: nothing of this session is kept.
      if (thrown instanceof errors.PersistError) throw thrown
      // tuf-js wraps some failures in a text: what really failed is what was seen last.
      const error = thrown instanceof errors.RuntimeError && seen !== undefined ? seen : thrown
      return { metadata: await readFolder(folder), outcome: { error: explain(error, { ...errors, ...models }) } }
    }
  } finally {
    await removePath(folder)
  }
}

interface Store {
  referenceTime: Date
  updateRoot(bytes: Buffer): unknown
  updateTimestamp(bytes: Buffer): unknown
  updateSnapshot(bytes: Buffer, trusted?: boolean): unknown
  updateDelegatedTargets(bytes: Buffer, role: string, delegator: string): unknown
}
const CHECKS = ['updateRoot', 'updateTimestamp', 'updateSnapshot', 'updateDelegatedTargets'] as const

/**
 * tuf-js reads the system's clock when it is constructed, and wraps errors of its checks in text: both are put right in its
 * private store, a corner that this version is pinned and tested for.
 */
function prepare(updater: Updater, at: number, onError: (error: unknown) => void): void {
  const store = (updater as unknown as { trustedSet: Store }).trustedSet
  if (!(store.referenceTime instanceof Date)) throw new TypeError('this tuf-js keeps its time elsewhere: see prepare()')
  store.referenceTime = new Date(at)
  for (const name of CHECKS) {
    const check = (store[name] as (...args: unknown[]) => unknown).bind(store)
    store[name] = (...args: unknown[]) => {
      try {
        return check(...args)
      } catch (error) {
        onError(error)
        throw error
      }
    }
  }
}

async function readFolder(folder: string): Promise<TrustedMetadata> {
  const files = (await listDirectory(folder)).filter((name) => name.endsWith('.json'))
  const read = async (name: string): Promise<[string, Uint8Array]> => {
    const bytes = await readWhole(join(folder, name), LARGEST_METADATA)
    return [name.slice(0, -'.json'.length), bytes!]
  }
  return new Map(await Promise.all(files.map(read)))
}

type ErrorClass = abstract new (...args: never[]) => Error
interface ErrorClasses {
  readonly ExpiredMetadataError: ErrorClass
  readonly BadVersionError: ErrorClass
  readonly DownloadHTTPError: ErrorClass
  readonly UnsignedMetadataError: ErrorClass
  readonly LengthOrHashMismatchError: ErrorClass
}

/** A stable code for each way in which a repository can be wrong. All may pass: a wrong mirror is not the operators' word. */
function explain(error: unknown, is: ErrorClasses): unknown {
  if (error instanceof TrustError || (error as Error).name === 'AbortError') return error
  const { message } = error as Error
  const frozen = (code: string, what: string) =>
    new TrustFrozen(code, `the models' repository ${what}: ${message}`, { cause: error })
  if (error instanceof is.ExpiredMetadataError) return frozen('metadata-expired', 'has expired')
  if (error instanceof is.BadVersionError) {
    // Its two uses differ in their text alone: older than before, or not the one that was named.
    return /match/.test(message)
      ? frozen('metadata-mismatch', 'mixes metadata of different times')
      : frozen('metadata-rollback', 'went back behind what was trusted')
  }
  if (error instanceof is.LengthOrHashMismatchError) {
    return /length/.test(message)
      ? frozen('metadata-length', 'serves metadata of another length than signed')
      : frozen('metadata-digest', 'serves other metadata than signed')
  }
  if (error instanceof is.UnsignedMetadataError)
    return frozen('metadata-signature', 'is not signed by enough of its keys')
  if (error instanceof is.DownloadHTTPError) {
    const { statusCode } = error as unknown as { statusCode: number }
    return statusCode >= 500
      ? frozen('repository-unreachable', 'is away')
      : frozen('repository-incomplete', 'lacks a file')
  }
  if (/^Missing file/.test(message)) return frozen('metadata-rollback', 'dropped a role that was trusted')
  return frozen('metadata-invalid', 'serves what is no metadata')
}
