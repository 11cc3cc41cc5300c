import { randomBytes } from 'node:crypto'

/**
 * UUIDs of version 7 for the decisions of one run, ascending: the time, then random bits that count up by one (RFC 9562, §6.2,
 * method 2). Neighbours differ in their last bytes alone, so that a run's ids pack small on disk and on the wire.
 * @param time unix milliseconds
 * @param random 10 bytes; version and variant are laid over them
 */
export function runIds(time: number, random: Uint8Array = randomBytes(10)): () => string {
  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(time, 0, 6)
  bytes.set(random, 6)
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  // The upper half of its range stays free, so that counting never carries into the bits beside it.
  bytes[12] = bytes[12]! & 0x7f
  let next = bytes.readUInt32BE(12)
  return () => {
    bytes.writeUInt32BE(next++, 12)
    const hex = bytes.toString('hex')
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  }
}

/** Below every id of a run at that time or later, and above all earlier ones, as text. @param time unix milliseconds */
export function firstIdAt(time: number): string {
  const hex = time.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}`
}
