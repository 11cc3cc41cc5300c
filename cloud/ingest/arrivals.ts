import {
  type Batch,
  type DecodedRecords,
  decodeRecords,
  decodeUplink,
  type Hello,
  type KnownNames,
  type UplinkMessage,
  WireError,
} from '@storecast/shared/wire'

/** A message as it came: decoded as far as it can be. */
export type Arrival = { readonly device: string; readonly payload: Uint8Array } & (
  | { readonly kind: 'hello'; readonly hello: Hello }
  | { readonly kind: 'batch'; readonly batch: Batch; readonly records: () => DecodedRecords | WireError }
  | { readonly kind: 'unreadable'; readonly error: WireError }
)

/** @param known of whoever takes many: the faster for it */
export function arrive(device: string, payload: Uint8Array, known?: KnownNames): Arrival {
  let message: UplinkMessage
  try {
    message = decodeUplink(payload)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return { device, payload, kind: 'unreadable', error }
  }
  if ('hello' in message) return { device, payload, kind: 'hello', hello: message.hello }
  return { device, payload, kind: 'batch', batch: message.batch, records: lazily(message.batch, known) }
}

/** Records are unpacked when they are wanted, and once: a transaction may be tried again. */
function lazily(batch: Batch, known: KnownNames | undefined): () => DecodedRecords | WireError {
  let decoded: DecodedRecords | WireError | undefined
  return () => (decoded ??= tryRecords(batch, known))
}

function tryRecords(batch: Batch, known: KnownNames | undefined): DecodedRecords | WireError {
  try {
    return decodeRecords(batch, known)
  } catch (error) {
    if (error instanceof WireError) return error
    throw error
  }
}
