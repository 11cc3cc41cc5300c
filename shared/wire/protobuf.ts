import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { z } from 'zod'
import { WireError } from './errors.ts'
import { MAX_PAYLOAD_BYTES } from './limits.ts'

/** Random, from 8 to 32 bytes. */
export const Token = z.string().regex(/^[0-9a-f]{16,64}$/, '16 to 64 lower-case hex digits')

/** @throws WireError `oversized`, `malformed` */
export function read<Schema extends DescMessage>(
  schema: Schema,
  bytes: Uint8Array,
  cap: number = MAX_PAYLOAD_BYTES,
): MessageShape<Schema> {
  if (bytes.length > cap) throw new WireError('oversized', `${bytes.length} bytes; at most ${cap}`)
  try {
    return fromBinary(schema, bytes, { readUnknownFields: false })
  } catch (cause) {
    throw new WireError('malformed', `not a ${schema.typeName}: ${(cause as Error).message}`, { cause })
  }
}

export const write = <Schema extends DescMessage>(schema: Schema, value: MessageInitShape<Schema>): Uint8Array =>
  toBinary(schema, create(schema, value))

/** @throws WireError `out-of-range` beyond ±(2^53 − 1) */
export function safe(value: bigint, what: string): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw new WireError('out-of-range', `${what}: ${value} is beyond 2^53`)
  return number
}

/** @throws WireError `out-of-range` with every complaint of the schema */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.infer<Schema> {
  const { success, data, error } = schema.safeParse(value)
  if (success) return data
  throw new WireError('out-of-range', `${what}: ${z.prettifyError(error)}`)
}
