import { join } from 'node:path'
import { DeviceId, Sha256 } from '@storecast/shared/contracts'
import { z } from 'zod'
import { makeDirectory, readWhole, removePath, replaceFile } from '../platform/files.ts'

const Pem = z.string().min(1).max(16_384)

/** One file, so that key and certificate change together. */
const Enrolled = z.object({
  device: DeviceId,
  /** SHA-256 of the secret of the claim: another claim enrols the device anew. */
  claim: Sha256,
  /** Base URL of the devices' listener. */
  cloud: z.url(),
  mqtt: z.url(),
  key: Pem,
  certificate: Pem,
  ca: Pem,
})
export type Enrolled = z.infer<typeof Enrolled>

/** A key whose certificate has not come: kept, since the cloud may have answered and the answer been lost. */
const Pending = z.object({ claim: Sha256, key: Pem, csr: Pem })
export type Pending = z.infer<typeof Pending>

/** Files of the device's identity: 0600, each replaced whole. */
export interface IdentityStore {
  /** Undefined before the first enrolment, and where the file makes no sense. */
  read(): Promise<Enrolled | undefined>
  /** Also forgets what was pending. */
  write(enrolled: Enrolled): Promise<void>
  pending(): Promise<Pending | undefined>
  setPending(pending: Pending): Promise<void>
  /** First root metadata of the model repository. */
  writeRoot(root: Uint8Array): Promise<void>
  readRoot(): Promise<Uint8Array | undefined>
}

const LARGEST = 128 * 1024
const LARGEST_ROOT = 512 * 1024

export const identityFile = (folder: string): string => join(folder, 'identity.json')

export function identityStore(folder: string): IdentityStore {
  const pendingFile = join(folder, 'pending.json')
  const rootFile = join(folder, 'root.json')
  const read = async <T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> => {
    const bytes = await readWhole(file, LARGEST)
    if (bytes === undefined) return undefined
    try {
      return schema.parse(JSON.parse(bytes.toString()))
    } catch {
      // A disk's fault, since writing is atomic. The device enrols anew where it has a claim.
      return undefined
    }
  }
  const write = async (file: string, value: unknown) => {
    await makeDirectory(folder)
    await replaceFile(file, `${JSON.stringify(value, null, 2)}\n`)
  }
  return {
    read: () => read(identityFile(folder), Enrolled),
    async write(enrolled) {
      await write(identityFile(folder), enrolled)
      await removePath(pendingFile)
    },
    pending: () => read(pendingFile, Pending),
    setPending: (pending) => write(pendingFile, pending),
    async writeRoot(root) {
      await makeDirectory(folder)
      await replaceFile(rootFile, root)
    },
    readRoot: () => readWhole(rootFile, LARGEST_ROOT),
  }
}
