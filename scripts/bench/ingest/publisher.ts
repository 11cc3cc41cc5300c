import { connect, type Socket } from 'node:net'
import { encodeBatch, encodeRecords, topicOf } from '@storecast/shared/wire'
import { shopDay, WINDOWS_A_DAY } from '../wire/shop-day.ts'

/**
 * Publishes what a fleet sends, at QoS 1, from a process of its own and over one connection. Written by hand, so that a
 * message costs a few µs and the load is never the slower side. The batches of one tick are the same bytes for every device.
 */

/** Parent → publisher: the windows of so many ticks of five minutes from `firstTick` on, from every device. */
export interface PublishRequest {
  readonly devices: readonly string[]
  readonly firstTick: number
  readonly ticks: number
  /** Under which the devices speak. */
  readonly epoch: number
  readonly link: number
  /** Of the first record of every device. */
  readonly firstSeq: number
}
/** Publisher → parent: `ready` when all is packed; `began`, by performance.timeOrigin, when the first byte goes out. */
export type PublishReply =
  | { readonly ready: true; readonly windows: number; readonly nextSeq: number }
  | { readonly began: number }
  | { readonly taken: true }

const DAY_MS = 86_400_000
const PUBACK = 4
const day = shopDay()

function payloads(request: PublishRequest): { payloads: Uint8Array[]; nextSeq: number; windows: number } {
  const { firstTick, ticks, epoch, link, firstSeq } = request
  let seq = firstSeq
  const packed: Uint8Array[] = []
  for (let tick = firstTick; tick < firstTick + ticks; tick++) {
    const later = Math.floor(tick / WINDOWS_A_DAY) * DAY_MS
    const floor = seq
    const windows = day[tick % WINDOWS_A_DAY]!.map((record) => ({
      seq: seq++,
      record: { ...record, start: record.start + later, end: record.end + later },
    }))
    const records = encodeRecords({
      windows,
      forecasts: [],
      events: [],
      evidence: [],
      decisions: [],
      reported: undefined,
    })
    const superseded = { revised: [], coarsened: [], dropped: [] }
    packed.push(encodeBatch({ epoch, link, floor, acknowledged: [], superseded, ...records }))
  }
  return { payloads: packed, nextSeq: seq, windows: (seq - firstSeq) * request.devices.length }
}

/** MQTT 3.1.1 §3.3: QoS 1, not retained. */
function publishPacket(topic: string, payload: Uint8Array, id: number): Buffer {
  const head = Buffer.alloc(5)
  const remaining = 2 + topic.length + 2 + payload.length
  head[0] = 0x32
  let at = 1
  for (let rest = remaining; ; ) {
    const more = rest > 127
    head[at++] = (rest & 127) | (more ? 128 : 0)
    if (!more) break
    rest >>>= 7
  }
  const variable = Buffer.alloc(2 + topic.length + 2)
  variable.writeUInt16BE(topic.length, 0)
  variable.write(topic, 2, 'latin1')
  variable.writeUInt16BE(id, 2 + topic.length)
  return Buffer.concat([head.subarray(0, at), variable, payload])
}

/** MQTT 3.1.1 §3.1: a clean session without keep-alive. */
function connectPacket(clientId: string): Buffer {
  const variable = Buffer.from([0, 4, 77, 81, 84, 84, 4, 2, 0, 0])
  const id = Buffer.alloc(2 + clientId.length)
  id.writeUInt16BE(clientId.length, 0)
  id.write(clientId, 2, 'latin1')
  return Buffer.concat([Buffer.from([0x10, variable.length + id.length]), variable, id])
}

/** Calls back for each PUBACK; every other packet of a broker that only takes is two or four bytes, too. */
function onPuback(socket: Socket, taken: (count: number) => void): void {
  let rest = Buffer.alloc(0)
  socket.on('data', (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    let count = 0
    let at = 0
    for (; at + 2 <= rest.length && at + 2 + rest[at + 1]! <= rest.length; at += 2 + rest[at + 1]!) {
      if (rest[at]! >> 4 === PUBACK) count++
    }
    rest = rest.subarray(at)
    if (count > 0) taken(count)
  })
}

const [port] = process.argv.slice(2).map(Number)
const socket = connect(port!, '127.0.0.1')
socket.setNoDelay(true)
socket.write(connectPacket('fleet'))
let unacknowledged = 0
onPuback(socket, (count) => {
  unacknowledged -= count
  if (unacknowledged === 0) process.send?.({ taken: true } satisfies PublishReply)
})

let packets: Buffer[] = []
process.on('message', (request: PublishRequest | 'go') => {
  if (request !== 'go') {
    const { payloads: packed, ...told } = payloads(request)
    let id = 0
    packets = packed.flatMap((payload) =>
      request.devices.map((device) => publishPacket(topicOf(device, 'up'), payload, (id++ % 65_535) + 1)),
    )
    process.send?.({ ready: true, ...told } satisfies PublishReply)
    return
  }
  unacknowledged = packets.length
  process.send?.({ began: Date.now() } satisfies PublishReply)
  for (const packet of packets) socket.write(packet)
})
process.on('disconnect', () => process.exit(0))
