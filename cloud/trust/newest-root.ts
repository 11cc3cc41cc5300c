import { ConflictError } from '../platform/errors.ts'
import type { Trust } from './trust.ts'

/** What a new device is to trust first; later ones it follows by itself. @throws ConflictError `trust-waiting` */
export async function newestRoot(trust: Pick<Trust, 'status' | 'metadata'>): Promise<Uint8Array> {
  const { root, message } = await trust.status()
  if (root) return trust.metadata(`${root.version}.root.json`)
  throw new ConflictError({ code: 'trust-waiting', message: `Devices have nothing to trust yet: ${message}` })
}
