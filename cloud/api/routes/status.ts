import { z } from 'zod'
import type { Routes } from '../route.ts'
import { UnixMs } from '../schemas.ts'

const Count = z.int().nonnegative()
const CloudStatus = z.object({
  version: z.string(),
  now: UnixMs.describe('By the cloud’s clock'),
  migrations: z.object({
    applied: Count,
    missing: z.array(z.int()).describe('That this program has, and the database does not'),
    unknown: z.array(z.int()).describe('That a newer program has made'),
  }),
  broker: z.enum(['ok', 'away']),
  objects: z.object({
    checked: Count.describe('Bundles of the newest versions that were looked for'),
    lost: z.array(z.string()).describe('Those that are not there, or not whole'),
    error: z.string().nullable(),
  }),
  certificates: z.object({ authority: UnixMs, listeners: UnixMs }).describe('When they expire'),
  devices: z.object({
    enrolled: Count,
    online: Count,
    silent: Count,
    silentNames: z.array(z.string()).describe('The longest silent, at most 20'),
  }),
  agents: z.array(z.object({ version: z.string(), devices: Count })).describe('Devices by the agent that they run'),
})
export type CloudStatus = z.infer<typeof CloudStatus>

/** What a doctor asks. @param read by the hours after which a device that is away counts as silent */
export const statusRoutes =
  (read: (silentHours: number) => Promise<CloudStatus>): Routes =>
  (app) => {
    app.get(
      '/v1/status',
      {
        config: { permission: 'status.read', sites: 'all' },
        schema: {
          tags: ['service'],
          summary: 'How the cloud is: versions, migrations, objects, certificates, silent devices',
          querystring: z.strictObject({ silentHours: z.coerce.number().positive().max(8760).default(24) }),
          response: { 200: CloudStatus },
        },
      },
      ({ query }) => read(query.silentHours),
    )
  }
