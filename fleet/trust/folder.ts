import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  metadataBytes,
  parseRoot,
  parseTargets,
  type RootMetadata,
  sha256,
  type TargetsMetadata,
} from '@storecast/cloud/trust'
import { writeAtomic } from './files.ts'
import { type Standing, standingOf } from './standing.ts'

/**
 * The operators' copy of what they signed: public metadata in the layout of a TUF repository (`metadata/1.root.json`,
 * `targets/{sha256}.{name}`), no private key. It travels between the machines of those who sign, and makes a cloud whole
 * that was restored from an older backup.
 */
export interface TrustFolder {
  readonly path: string
  readonly standing: Standing
  /** Ascending by version, as bytes. */
  readonly roots: readonly Buffer[]
  /** Small targets by their digest. */
  readonly files: ReadonlyMap<string, Buffer>
}

const METADATA = /^(?<version>[1-9]\d{0,14})\.(?<role>root|targets)\.json$/

export async function readFolder(path: string): Promise<TrustFolder> {
  const roots: RootMetadata[] = []
  const targets: TargetsMetadata[] = []
  const bytesOf = new Map<RootMetadata, Buffer>()
  for (const name of await namesIn(join(path, 'metadata'))) {
    const { role } = METADATA.exec(name)?.groups ?? {}
    if (!role) continue
    const bytes = await readFile(join(path, 'metadata', name))
    if (role === 'targets') targets.push(parseTargets(bytes))
    else {
      const root = parseRoot(bytes)
      roots.push(root)
      bytesOf.set(root, bytes)
    }
  }
  roots.sort((a, b) => a.signed.version - b.signed.version)
  const files = new Map<string, Buffer>()
  for (const name of await namesIn(join(path, 'targets'))) {
    const bytes = await readFile(join(path, 'targets', name))
    files.set(sha256(bytes), bytes)
  }
  return { path, standing: standingOf(roots, targets), roots: roots.map((root) => bytesOf.get(root)!), files }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Where a version lies. */
export const metadataPath = (folder: string, metadata: RootMetadata | TargetsMetadata): string =>
  join(folder, 'metadata', `${metadata.signed.version}.${metadata.signed.type}.json`)

/** Writes metadata under its version. @param bytes as they came; by default as the metadata is written anew */
export async function writeMetadata(
  folder: string,
  metadata: RootMetadata | TargetsMetadata,
  bytes: Uint8Array = metadataBytes(metadata),
): Promise<string> {
  await mkdir(join(folder, 'metadata'), { recursive: true })
  const path = metadataPath(folder, metadata)
  await writeAtomic(path, bytes)
  return path
}

export async function removeMetadata(folder: string, metadata: RootMetadata | TargetsMetadata): Promise<void> {
  await rm(metadataPath(folder, metadata), { force: true })
}

/** @param files by their target path */
export async function writeFiles(folder: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  await mkdir(join(folder, 'targets'), { recursive: true })
  for (const [name, bytes] of files) await writeAtomic(join(folder, 'targets', `${sha256(bytes)}.${name}`), bytes)
}
