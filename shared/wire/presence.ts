import { z } from 'zod'
import { WireError } from './errors.ts'
import { Token } from './protobuf.ts'

/**
 * Whether a device is connected: retained on its presence topic, `offline` as the connection's last will. `link` is the
 * one held when the connection opened, since the will goes out with the connect packet.
 */
export const Presence = z.strictObject({
  online: z.boolean(),
  link: z.int().nonnegative(),
  /** New with every connection. */
  session: Token,
})
export type Presence = z.infer<typeof Presence>

const MAX_PRESENCE_BYTES = 256

export const encodePresence = (presence: Presence): string => JSON.stringify(presence)

/** @throws WireError */
export function decodePresence(bytes: Uint8Array): Presence {
  if (bytes.length > MAX_PRESENCE_BYTES) throw new WireError('oversized', `presence: ${bytes.length} bytes`)
  try {
    return Presence.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
  } catch (cause) {
    throw new WireError('malformed', `presence: ${(cause as Error).message}`, { cause })
  }
}

/** Whether `next` replaces `held`: a lower link is an older connection's, and its last will may come late. */
export function replaces(next: Presence, held: Presence | undefined): boolean {
  if (!held || next.link !== held.link) return next.link > (held?.link ?? -1)
  return next.online || next.session === held.session
}
