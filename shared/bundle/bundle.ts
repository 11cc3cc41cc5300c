import { createHash } from 'node:crypto'
import { createTar, parseTar } from 'nanotar'
import { z } from 'zod'
import { Golden, Manifest, type Reference, ReferenceFile, Warmup } from '../contracts/index.ts'
import { BundleError } from './errors.ts'

/** The archive's files, by name: flat, no folders. */
export type BundleFiles = Readonly<Record<string, Uint8Array>>

/** An opened bundle: every file matched its digest, every document its schema. */
export interface Bundle {
  readonly manifest: Manifest
  readonly golden: Golden
  readonly model: Uint8Array
  /** Null where the model needs none (no calibration, no features). */
  readonly warmup: Warmup | null
  readonly reference: Reference | null
  readonly files: BundleFiles
}

export const BUNDLE_LIMITS = {
  /** The whole archive, in bytes. */
  archive: 128 * 1024 * 1024,
  /** One JSON document, in bytes. */
  document: 16 * 1024 * 1024,
  files: 32,
} as const

const MANIFEST = 'manifest.json'
const FileName = /^[a-z0-9][a-z0-9._-]{0,63}$/

/**
 * Packs a bundle: one uncompressed tar, byte for byte the same for the same input (names sorted, no times, no owners),
 * so that its digest names its content. The manifest's `files` are computed here.
 *
 * @throws BundleError `too-large`, `not-a-bundle` (a file name), `missing-file`, `invalid-document`: what could not be
 *   opened again is not packed.
 */
export function packBundle(options: {
  manifest: Omit<z.input<typeof Manifest>, 'files'>
  files: BundleFiles
}): Uint8Array {
  const { manifest, files } = options
  const names = Object.keys(files).sort()
  const digests = Object.fromEntries(names.map((name) => [name, sha256(files[name]!)]))
  const document = new TextEncoder().encode(`${JSON.stringify({ ...manifest, files: digests }, null, 2)}\n`)
  const entries = [{ name: MANIFEST, data: document }, ...names.map((name) => ({ name, data: files[name]! }))]
  const bytes = createTar(entries, { attrs: { mode: '644', uid: 0, gid: 0, mtime: 0 } })
  openBundle(bytes)
  return bytes
}

/**
 * The one gate through which a bundle's bytes become trusted content: size caps first, then the archive's shape, then
 * the digests, then the schemas.
 *
 * @throws BundleError
 */
export function openBundle(bytes: Uint8Array): Bundle {
  const files = unpack(bytes)
  const manifest = parse(Manifest, files, MANIFEST)
  const { [MANIFEST]: _, ...listed } = files
  for (const [name, digest] of Object.entries(manifest.files)) {
    const file = own(listed, name)
    if (!file) throw new BundleError('missing-file', `bundle: ${name} is in the manifest but not in the archive`)
    if (sha256(file) !== digest) {
      throw new BundleError('digest-mismatch', `bundle: ${name} does not have the digest that the manifest gives it`)
    }
  }
  for (const name of Object.keys(listed)) {
    if (!Object.hasOwn(manifest.files, name)) {
      throw new BundleError('digest-mismatch', `bundle: ${name} is in the archive but not in the manifest`)
    }
  }
  const model = own(listed, 'model.onnx')
  if (!model) throw new BundleError('missing-file', 'bundle: model.onnx is missing')
  return {
    manifest,
    golden: parse(Golden, listed, 'golden.json'),
    model,
    warmup: own(listed, 'warmup.json') ? parse(Warmup, listed, 'warmup.json') : null,
    reference: own(listed, 'reference.json') ? parse(ReferenceFile, listed, 'reference.json') : null,
    files,
  }
}

function unpack(bytes: Uint8Array): BundleFiles {
  if (bytes.byteLength > BUNDLE_LIMITS.archive) {
    throw new BundleError('too-large', `bundle: ${bytes.byteLength} bytes, at most ${BUNDLE_LIMITS.archive} are read`)
  }
  const files: Record<string, Uint8Array> = Object.create(null)
  const entries = entriesOf(bytes)
  if (entries.length > BUNDLE_LIMITS.files) {
    throw new BundleError('not-a-bundle', `bundle: ${entries.length} entries, at most ${BUNDLE_LIMITS.files} are read`)
  }
  for (const { name, type, data } of entries) {
    if (type !== 'file' || !FileName.test(name)) {
      throw new BundleError('not-a-bundle', `bundle: entry ${JSON.stringify(name.slice(0, 80))} is not a plain file`)
    }
    if (Object.hasOwn(files, name)) throw new BundleError('not-a-bundle', `bundle: two entries are named ${name}`)
    files[name] = data ?? new Uint8Array()
  }
  if (entries.length === 0) throw new BundleError('not-a-bundle', 'bundle: not a tar archive, or an empty one')
  return files
}

function entriesOf(bytes: Uint8Array) {
  try {
    // A copy of its own: nanotar reads `bytes.buffer` from its start, whatever view of it `bytes` is.
    return parseTar(new Uint8Array(bytes))
  } catch (cause) {
    throw new BundleError('not-a-bundle', 'bundle: the archive is cut short or not a tar archive', { cause })
  }
}

function parse<T extends z.ZodType>(schema: T, files: BundleFiles, name: string): z.output<T> {
  const bytes = own(files, name)
  if (!bytes) throw new BundleError('missing-file', `bundle: ${name} is missing`)
  if (bytes.byteLength > BUNDLE_LIMITS.document) {
    throw new BundleError('too-large', `bundle: ${name} has ${bytes.byteLength} bytes`)
  }
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new BundleError('invalid-document', `bundle: ${name} is not JSON`, { cause })
  }
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const detail = z.prettifyError(result.error).slice(0, 500)
  throw new BundleError('invalid-document', `bundle: ${name} does not follow its schema: ${detail}`, {
    cause: result.error,
  })
}

const own = (files: BundleFiles, name: string) => (Object.hasOwn(files, name) ? files[name] : undefined)

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
