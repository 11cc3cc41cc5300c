import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { UnavailableError } from './errors.ts'
import { createReadStream, mkdir, partial, readBytes, rm, spool, sweepPartials } from './files.ts'
import { digesting, type Objects, objectUnknown } from './objects.ts'

export interface S3Config {
  readonly bucket: string
  readonly region: string
  /** For S3-compatible stores; AWS needs none. */
  readonly endpoint?: string
  readonly prefix?: string
  /** Where uploads are held until their digest is known. */
  readonly spool: string
  /** Absent: the SDK's own chain (environment, instance role). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

/** Objects in an S3 bucket, under `<prefix><sha256>`. */
export async function s3Objects(config: S3Config): Promise<Objects & AsyncDisposable> {
  const client = s3Client(config)
  await mkdir(config.spool, { recursive: true })
  await sweepPartials(config.spool)
  const at = (sha256: string) => ({ Bucket: config.bucket, Key: `${config.prefix ?? ''}${sha256}` })
  return {
    async put(content, limit, accept) {
      const temporary = partial(join(config.spool, 'object'))
      const digest = digesting(limit)
      try {
        await spool(digest.through(content), temporary)
        await accept?.(await readBytes(temporary))
        const stored = digest.result()
        const Body = createReadStream(temporary)
        await client.send(new PutObjectCommand({ ...at(stored.sha256), Body, ContentLength: stored.bytes }))
        return stored
      } catch (error) {
        throw s3Error(error, config)
      } finally {
        await rm(temporary, { force: true })
      }
    },
    async size(sha256) {
      try {
        return (await client.send(new HeadObjectCommand(at(sha256)))).ContentLength
      } catch (error) {
        if (isAbsent(error)) return undefined
        throw s3Error(error, config)
      }
    },
    async read(sha256, range) {
      try {
        const Range = range && `bytes=${range.first}-${range.last}`
        const { Body } = await client.send(new GetObjectCommand({ ...at(sha256), ...(Range && { Range }) }))
        return Body as Readable
      } catch (error) {
        if (isAbsent(error)) throw objectUnknown(sha256, error)
        throw s3Error(error, config)
      }
    },
    async [Symbol.asyncDispose]() {
      client.destroy()
    },
  }
}

export const s3Client = (config: S3Config): S3Client =>
  new S3Client({
    region: config.region,
    // Stores other than AWS refuse the checksums that the SDK adds by itself since 2025.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Failures come as errors; the SDK's own console lines would say them twice.
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    ...(config.endpoint && { endpoint: config.endpoint, forcePathStyle: true }),
    ...(config.credentials && { credentials: config.credentials }),
  })

export const isAbsent = (error: unknown) => ['NotFound', 'NoSuchKey'].includes((error as Error).name)

/** The SDK's errors as ours: the store does not answer, or refuses us; ours pass. */
export function s3Error(error: unknown, { bucket, endpoint }: S3Config): unknown {
  const { $metadata, code = '', name, message } = error as Partial<S3Failure>
  if (!$metadata && !code.startsWith('E')) return error
  const status = $metadata?.httpStatusCode
  const what = status === undefined ? message || code : `HTTP ${status}, ${name}`
  return new UnavailableError({
    code: 'object-store',
    message: `The bucket ${bucket}${endpoint ? ` at ${endpoint}` : ''} did not do what was asked (${what}). Check the endpoint, the bucket's name and the credentials.`,
    cause: error,
  })
}

/** An answer of the store has metadata; a connection that failed has the system's code. */
interface S3Failure extends Error {
  readonly $metadata: { readonly httpStatusCode?: number }
  readonly code: string
}
