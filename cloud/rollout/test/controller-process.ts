import { argv } from 'node:process'
import { desiredStates } from '../../devices/index.ts'
import { openDatabase } from '../../platform/database.ts'
import { folderObjects } from '../../platform/folder-objects.ts'
import { createRegistry } from '../../registry/index.ts'
import { quiet } from '../../test/database.ts'
import { startRollouts } from '../rollouts.ts'

// A cloud's rollouts in a process of its own, for tests that kill it. Its clock stands still.
const [url, objects, now] = argv.slice(2) as [string, string, string]

const database = await openDatabase({ url, log: quiet })
const clock = { now: () => Number(now) }
startRollouts({
  database,
  desired: desiredStates({ api: () => 'http://cloud', clock }),
  registry: createRegistry({ database, objects: await folderObjects(objects), clock, onRegistered: async () => {} }),
  trust: { requireApproved: async () => {} },
  admit: async () => {},
  clock,
  log: quiet,
  onChange() {},
  everyMs: 20,
})
console.log('carries on')
