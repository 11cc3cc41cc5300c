import { join } from 'node:path'
import { createAudit } from '../../../cloud/audit/index.ts'
import { desiredStates } from '../../../cloud/devices/index.ts'
import { type Database, openDatabase } from '../../../cloud/platform/database.ts'
import { folderObjects } from '../../../cloud/platform/folder-objects.ts'
import type { Log } from '../../../cloud/platform/log.ts'
import { createRegistry } from '../../../cloud/registry/index.ts'
import { reconciler } from '../../../cloud/rollout/controller.ts'
import { quiet } from '../../../cloud/test/database.ts'

/** What the controller of rollouts and its surroundings take; its clock stands still. */
export async function controllerParts(database: Database, folder: string) {
  const clock = { now: () => Date.UTC(2026, 2, 1) }
  return {
    ...{ database, clock, log: quiet satisfies Log, onChange() {} },
    audit: createAudit({ database, clock }),
    desired: desiredStates({ api: () => 'http://cloud', clock }),
    registry: createRegistry({
      ...{ database, clock, onRegistered: async () => {} },
      objects: await folderObjects(join(folder, 'objects')),
    }),
  }
}

// One pass in a process of its own, for its memory.
if (process.argv[1] === import.meta.filename) {
  const [url, folder] = process.argv.slice(2) as [string, string]
  await using database = await openDatabase({ url, log: quiet })
  await reconciler(await controllerParts(database, folder))()
  // In kB.
  process.stdout.write(`${process.resourceUsage().maxRSS / 1024}`)
}
