/**
 * Bytes that are not what they should be; sending them again will not help.
 *
 * - `oversized`: more than the cap, before or after decompression.
 * - `malformed`: not the Protobuf or zstd it should be, or its parts contradict each other.
 * - `unknown-message`: well-formed, of a kind this version does not know.
 * - `out-of-range`: a number or text outside what the field takes.
 */
export class WireError extends Error {
  readonly code: 'oversized' | 'malformed' | 'unknown-message' | 'out-of-range'
  constructor(code: WireError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'WireError'
    this.code = code
  }
}
