import { volunteerForOomKill } from '../platform/processes.ts'
import { endWithParent } from '../platform/spawn.ts'
import type { HostReady, HostReply, HostRequest } from './protocol.ts'

// Read by the runtime while it loads, hence before the import below: it would write a device id to the home folder.
process.env.ORT_DISABLE_TELEMETRY = '1'

endWithParent()
await volunteerForOomKill()
const { ModelSet } = await import('./model-set.ts')
const models = new ModelSet()

const answer = async (request: HostRequest): Promise<void> => {
  const body = request.kind === 'load' ? await models.load(request.bundle) : await models.run(request)
  process.send?.({ id: request.id, rss: process.memoryUsage.rss(), ...body } satisfies HostReply)
}

let last = Promise.resolve()
process.on('message', (request: HostRequest) => {
  // Strictly one after the other: whoever watches from outside knows which request is the one that kills or hangs us.
  last = last.then(() => answer(request))
})
process.send?.({ ready: true } satisfies HostReady)
