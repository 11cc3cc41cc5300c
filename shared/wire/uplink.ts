import { z } from 'zod'
import type { ToldClock } from '../contracts/index.ts'
import { TRACEPARENT } from '../tracing/index.ts'
import { packAscending, unpackAscending } from './columns.ts'
import { WireError } from './errors.ts'
import { MAX_BODY_BYTES, MAX_RUNS } from './limits.ts'
import type { Batch, Hello, UplinkMessage } from './messages.ts'
import { checked, read, safe, Token, write } from './protobuf.ts'
import { packRanges, unpackRanges } from './ranges.ts'
import { type Batch as BatchMessage, type Clock, type Hello as HelloMessage, UplinkSchema } from './uplink_pb.ts'

const HelloTexts = z.object({
  dbId: z.uuid(),
  nonce: Token,
  session: Token,
  challenge: z.union([z.literal(''), Token]),
})

export function encodeHello(hello: Hello): Uint8Array {
  const value = {
    ...hello,
    epoch: BigInt(hello.epoch),
    link: BigInt(hello.link),
    nextSequence: BigInt(hello.nextSeq),
    acknowledged: packAscending(hello.acknowledged),
    runFirst: packAscending(hello.runs.map(({ first }) => first)),
    runId: hello.runs.map(({ id }) => BigInt(id)),
  }
  return write(UplinkSchema, { message: { case: 'hello', value } })
}

/** May come out larger than `MAX_PAYLOAD_BYTES`: the caller then takes fewer records. */
export function encodeBatch(batch: Batch): Uint8Array {
  const value = {
    epoch: BigInt(batch.epoch),
    link: BigInt(batch.link),
    floor: BigInt(batch.floor),
    acknowledged: packAscending(batch.acknowledged),
    records: packRanges(batch.sequences),
    revised: packRanges(batch.superseded.revised),
    coarsened: packRanges(batch.superseded.coarsened),
    dropped: packRanges(batch.superseded.dropped),
    body: batch.body,
    bodySize: batch.bodySize,
    traceparent: batch.traceparent ?? '',
    ...(batch.waiting && { waiting: BigInt(batch.waiting.records), waitingSince: BigInt(batch.waiting.since) }),
    ...(batch.clock && { clock: clockMessage(batch.clock) }),
  }
  return write(UplinkSchema, { message: { case: 'batch', value } })
}

const clockMessage = ({ ahead, within, checkedAt, madeUp }: ToldClock) => ({
  ahead: BigInt(ahead),
  within: BigInt(within),
  checkedAt: BigInt(checkedAt),
  ...(madeUp && { madeUpTime: BigInt(madeUp.time), madeUpSpeed: madeUp.speed }),
})

/**
 * The gate for what devices send. A batch's records stay packed: see `decodeRecords`.
 * @throws WireError
 */
export function decodeUplink(bytes: Uint8Array): UplinkMessage {
  const { message } = read(UplinkSchema, bytes)
  if (message.case === 'hello') return { hello: checkHello(message.value) }
  if (message.case === 'batch') return { batch: checkBatch(message.value) }
  throw new WireError('unknown-message', 'uplink: neither a hello nor a batch')
}

function checkHello(hello: HelloMessage): Hello {
  const { challenge, ...texts } = checked(HelloTexts, hello, 'hello')
  const epoch = safe(hello.epoch, 'epoch')
  const link = safe(hello.link, 'link')
  const nextSeq = safe(hello.nextSequence, 'next_sequence')
  if (nextSeq === 0) throw new WireError('out-of-range', 'hello: sequences start at 1')
  if ((epoch === 0) !== (link === 0)) throw new WireError('out-of-range', 'hello: a link without an epoch')
  const acknowledged = unpackAscending(hello.acknowledged, 'acknowledged')
  const { quarantined, runId } = hello
  const firsts = unpackAscending(hello.runFirst, 'run_first')
  if (firsts.length !== runId.length || firsts.length > MAX_RUNS) throw new WireError('malformed', 'hello: runs')
  const runs = firsts.map((first, i) => ({ first, id: safe(runId[i]!, 'run_id') }))
  return { ...texts, epoch, link, nextSeq, acknowledged, quarantined, runs, ...(challenge !== '' && { challenge }) }
}

function checkBatch(batch: BatchMessage): Batch {
  if (batch.bodySize > MAX_BODY_BYTES) {
    throw new WireError('oversized', `batch: ${batch.bodySize} bytes of records; at most ${MAX_BODY_BYTES}`)
  }
  return {
    epoch: safe(batch.epoch, 'epoch'),
    link: safe(batch.link, 'link'),
    floor: safe(batch.floor, 'floor'),
    acknowledged: unpackAscending(batch.acknowledged, 'acknowledged'),
    sequences: unpackRanges(batch.records),
    superseded: {
      revised: unpackRanges(batch.revised),
      coarsened: unpackRanges(batch.coarsened),
      dropped: unpackRanges(batch.dropped),
    },
    body: batch.body,
    bodySize: batch.bodySize,
    // What is not one is no reason to refuse the records.
    ...(TRACEPARENT.test(batch.traceparent) && { traceparent: batch.traceparent }),
    ...(batch.waiting !== undefined && {
      waiting: { records: safe(batch.waiting, 'waiting'), since: safe(batch.waitingSince, 'waiting_since') },
    }),
    ...(batch.clock && { clock: checkClock(batch.clock) }),
  }
}

function checkClock({ ahead, within, checkedAt, madeUpTime, madeUpSpeed: speed }: Clock): ToldClock {
  const difference = {
    ahead: safe(ahead, 'ahead'),
    within: safe(within, 'within'),
    checkedAt: safe(checkedAt, 'checked_at'),
  }
  if (madeUpTime === undefined) return difference
  if (!(speed > 0 && speed < Number.POSITIVE_INFINITY)) {
    throw new WireError('out-of-range', `clock: made up to run ${speed} times as fast`)
  }
  return { ...difference, madeUp: { time: safe(madeUpTime, 'made_up_time'), speed } }
}
