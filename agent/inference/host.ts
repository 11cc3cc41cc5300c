import { constants, setPriority } from 'node:os'
import { volunteerForOomKill } from '../platform/processes.ts'
import { sharedBytes } from '../platform/shared-bytes.ts'
import { endWithParent, SHARED_FD } from '../platform/spawn.ts'
import { placedBytes, placeTensors, readTensors } from './placement.ts'
import { BACKGROUND_ARGUMENT, type HostReady, type HostReply, type HostRequest, type HostResult } from './protocol.ts'

// Read by the runtime while it loads, hence before the import below: it would write a device id to the home folder.
process.env.ORT_DISABLE_TELEMETRY = '1'

endWithParent()
if (process.argv.includes(BACKGROUND_ARGUMENT)) setPriority(constants.priority.PRIORITY_LOW)
await volunteerForOomKill()
const { ModelSet } = await import('./model-set.ts')
const models = new ModelSet()
const shared = sharedBytes(SHARED_FD)

/** Inputs are read into the same memory each time: a run is over before the next is read. */
const buffers = new Map<string, ArrayBuffer>()
const reuse = (name: string, bytes: number): ArrayBuffer => {
  let buffer = buffers.get(name)
  if (!buffer || buffer.byteLength < bytes) {
    buffer = new ArrayBuffer(bytes)
    buffers.set(name, buffer)
  }
  return buffer
}

const resultOf = async (request: HostRequest): Promise<HostResult> => {
  if (request.kind === 'load') return models.load(request.bundle)
  const { model, inputs, room } = request
  const result = await models.run({ model, inputs: readTensors(shared, inputs, reuse) })
  if ('failed' in result || placedBytes(result.outputs) > room.bytes) return result
  return { placed: placeTensors(shared, result.outputs, room.at) }
}

const answer = async (request: HostRequest): Promise<void> => {
  const result = await resultOf(request)
  process.send?.({ id: request.id, rss: process.memoryUsage.rss(), ...result } satisfies HostReply)
}

let last = Promise.resolve()
process.on('message', (request: HostRequest) => {
  // Strictly one after the other: whoever watches from outside knows which request is the one that kills or hangs us.
  last = last.then(() => answer(request))
})
process.send?.({ ready: true } satisfies HostReady)
