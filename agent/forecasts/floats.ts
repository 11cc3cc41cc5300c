import { endianness } from 'node:os'

const little = endianness() === 'LE'

/** Numbers as float32 little-endian; where the machine is too, a view and no copy. */
export function packFloats(from: Float32Array): Uint8Array {
  const bytes = new Uint8Array(from.buffer, from.byteOffset, from.byteLength)
  return little ? bytes : swapped(bytes)
}

export function unpackFloats(blob: Uint8Array): Float32Array {
  const bytes = little ? blob.slice() : swapped(blob)
  return new Float32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 4))
}

const swapped = (bytes: Uint8Array): Uint8Array => Buffer.from(bytes).swap32()
