import { z } from 'zod'
import { WireError } from './errors.ts'
import type { Ack, Answer, DownlinkMessage, SupportRequest } from './messages.ts'
import { checked, read, safe, Token, write } from './protobuf.ts'
import { packRanges, unpackRanges } from './ranges.ts'
import { DownlinkSchema } from './uplink_pb.ts'

const SupportTexts = z.object({ id: z.uuid() })
const AnswerTexts = z.object({ nonce: Token, session: Token })

export function encodeAnswer(answer: Answer): Uint8Array {
  const { nonce, session, outcome } = answer
  const serverTime = BigInt(answer.serverTime)
  if ('challenge' in outcome) {
    const value = { nonce, session, serverTime, outcome: { case: 'challenge', value: outcome.challenge } as const }
    return write(DownlinkSchema, { message: { case: 'answer', value } })
  }
  const { epoch, link, resendSince, quarantined } = outcome.grant
  const grant = {
    epoch: BigInt(epoch),
    link: BigInt(link),
    quarantined,
    ...(resendSince !== undefined && { resendSince: BigInt(resendSince) }),
  }
  const value = { nonce, session, serverTime, outcome: { case: 'grant', value: grant } as const }
  return write(DownlinkSchema, { message: { case: 'answer', value } })
}

export function encodeAck(ack: Ack): Uint8Array {
  const value = {
    epoch: BigInt(ack.epoch),
    link: BigInt(ack.link),
    committed: packRanges(ack.committed),
    committedAt: BigInt(ack.committedAt),
    serverTime: BigInt(ack.serverTime),
    pauseMs: ack.pauseMs,
    sayHello: ack.sayHello,
  }
  return write(DownlinkSchema, { message: { case: 'ack', value } })
}

export const encodeSupport = ({ id }: SupportRequest): Uint8Array =>
  write(DownlinkSchema, { message: { case: 'support', value: { id } } })

/**
 * The gate for what the cloud answers.
 * @throws WireError
 */
export function decodeDownlink(bytes: Uint8Array): DownlinkMessage {
  const { message } = read(DownlinkSchema, bytes)
  if (message.case === 'ack') {
    const { epoch, link, committed, committedAt, serverTime, pauseMs, sayHello } = message.value
    return {
      ack: {
        epoch: safe(epoch, 'epoch'),
        link: safe(link, 'link'),
        committed: unpackRanges(committed),
        committedAt: safe(committedAt, 'committed_at'),
        serverTime: safe(serverTime, 'server_time'),
        pauseMs,
        sayHello,
      },
    }
  }
  if (message.case === 'support') return { support: checked(SupportTexts, message.value, 'support') }
  if (message.case !== 'answer') throw new WireError('unknown-message', 'downlink: neither an answer nor an ack')
  const { outcome } = message.value
  const texts = checked(AnswerTexts, message.value, 'answer')
  const serverTime = safe(message.value.serverTime, 'server_time')
  if (outcome.case === 'challenge') {
    return { answer: { ...texts, serverTime, outcome: { challenge: checked(Token, outcome.value, 'challenge') } } }
  }
  if (outcome.case !== 'grant') throw new WireError('unknown-message', 'answer: neither a grant nor a challenge')
  const { resendSince, quarantined } = outcome.value
  const epoch = safe(outcome.value.epoch, 'epoch')
  const link = safe(outcome.value.link, 'link')
  if (epoch === 0 || link === 0) throw new WireError('out-of-range', 'grant: epoch and link start at 1')
  const grant = {
    epoch,
    link,
    quarantined,
    ...(resendSince !== undefined && { resendSince: safe(resendSince, 'resend_since') }),
  }
  return { answer: { ...texts, serverTime, outcome: { grant } } }
}
