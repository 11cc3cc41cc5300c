import type { ByteRange } from '../platform/objects.ts'

/**
 * Reads a `Range` header for a body of `size` bytes (RFC 9110 §14): one span of bytes. Undefined: serve the whole, as
 * for a header that is malformed or names several spans. `unsatisfiable`: nothing of the span exists (416).
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '')
  if (!match) return undefined
  const [from, to] = [match[1]!, match[2]!]
  if (from === '') {
    if (to === '') return undefined
    const length = Math.min(Number(to), size)
    return length === 0 ? 'unsatisfiable' : { first: size - length, last: size - 1 }
  }
  const first = Number(from)
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (to !== '' && Number(to) < first) return undefined
  return first >= size ? 'unsatisfiable' : { first, last }
}
