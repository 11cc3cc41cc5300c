import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { BUNDLE_LIMITS, BundleError, openBundle } from '@storecast/shared/bundle'
import type { Manifest } from '@storecast/shared/contracts'
import { checkGolden, type GoldenCheck } from './bundling/index.ts'
import { openSession } from './onnx/session.ts'

export interface Inspection {
  readonly sha256: string
  readonly bytes: number
  readonly manifest: Manifest
  /** Name and size of every file in the archive. */
  readonly files: ReadonlyArray<{ readonly name: string; readonly bytes: number }>
  /** The golden vectors, run on this machine. */
  readonly golden: GoldenCheck
  readonly card: string | null
}

/**
 * Opens a bundle, checks every digest and schema, and runs its golden vectors on this machine.
 *
 * @throws BundleError; errors of the file system and of ONNX Runtime as they are.
 */
export const inspectBundle = async (path: string): Promise<Inspection> => inspectBytes(await readCapped(path))

/** The same of a bundle in memory. @throws BundleError; errors of ONNX Runtime as they are. */
export async function inspectBytes(bytes: Uint8Array): Promise<Inspection> {
  const { manifest, golden, model, files } = openBundle(bytes)
  await using session = await openSession(model)
  const card = files['card.md']
  return {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.byteLength,
    manifest,
    files: Object.entries(files).map(([name, data]) => ({ name, bytes: data.byteLength })),
    golden: await checkGolden(session, golden),
    card: card ? new TextDecoder().decode(card) : null,
  }
}

async function readCapped(path: string): Promise<Uint8Array> {
  await using file = await open(path)
  const { size } = await file.stat()
  if (size > BUNDLE_LIMITS.archive) {
    throw new BundleError('too-large', `${path} has ${size} bytes, at most ${BUNDLE_LIMITS.archive} are read`)
  }
  return file.readFile()
}
