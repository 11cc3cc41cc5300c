import { z } from 'zod'
import { DeviceId } from './names.ts'

/** Retained on the cloud's own topic: what a broker is to refuse. */
export const RevocationAnnouncement = z.object({
  /** Only grows. */
  number: z.int().nonnegative(),
  /** The list, as PEM (X509 CRL). */
  pem: z.string(),
  /** What it holds, with the devices as far as they are known. */
  revoked: z.array(z.object({ serial: z.string(), device: DeviceId.nullable() })),
})
export type RevocationAnnouncement = z.infer<typeof RevocationAnnouncement>
