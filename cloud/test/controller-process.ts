import { argv, exit, stdin, stdout } from 'node:process'
import { createAudit } from '../audit/index.ts'
import { desiredStates, startPublisher } from '../devices/index.ts'
import { connectBus } from '../platform/bus.ts'
import { openDatabase } from '../platform/database.ts'
import { folderObjects } from '../platform/folder-objects.ts'
import { createRegistry } from '../registry/index.ts'
import { startController } from '../rollout/controller.ts'
import { startTrust } from '../trust/index.ts'
import { quiet } from './database.ts'

/** What the process is given, as JSON. */
export interface ControllerProcess {
  readonly database: string
  readonly objects: string
  readonly keys: string
  readonly broker: { readonly url: string; readonly username: string; readonly password: string }
  /** Its clock stands still. */
  readonly now: number
}

// What carries a cloud's rollouts on, and publishes what devices should run, in a process of its own: for tests that kill
// it. It ends with its parent.
const given = JSON.parse(argv[2]!) as ControllerProcess

const database = await openDatabase({ url: given.database, log: quiet })
const clock = { now: () => given.now }
const common = { database, clock, log: quiet }
const trust = await startTrust({ ...common, mode: 'development', keys: given.keys })
const bus = connectBus({ ...given.broker, clientId: `controller-${process.pid}`, log: quiet })
const publisher = startPublisher({ ...common, bus, sign: trust.signDesired, everyMs: 200 })
startController({
  ...common,
  desired: desiredStates({ api: () => 'http://cloud', clock }),
  registry: createRegistry({
    ...{ database, clock, onRegistered: async () => {} },
    objects: await folderObjects(given.objects),
  }),
  audit: createAudit({ database, clock }),
  onChange: publisher.wake,
  everyMs: 20,
})
stdin.resume().on('end', () => exit())
stdout.write('carries on\n')
