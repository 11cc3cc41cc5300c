/**
 * Variable-length integers (LEB128, signed ones zigzag) for packed blobs. Exact for |n| up to 2^52.
 */

const INITIAL = 256

/** A growing byte buffer. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0

  constructor(capacity: number = INITIAL) {
    this.#bytes = new Uint8Array(capacity)
  }

  get length(): number {
    return this.#length
  }

  /** A whole number, 0 or above. */
  unsigned(n: number): void {
    if (this.#length + 8 > this.#bytes.length) this.#grow(8)
    const bytes = this.#bytes
    let at = this.#length
    while (n > 0x7fffffff) {
      bytes[at++] = (n % 128) | 128
      n = Math.floor(n / 128)
    }
    while (n > 127) {
      bytes[at++] = (n & 127) | 128
      n >>>= 7
    }
    bytes[at++] = n
    this.#length = at
  }

  signed(n: number): void {
    this.unsigned(n < 0 ? -2 * n - 1 : 2 * n)
  }

  uint32(n: number): void {
    if (this.#length + 4 > this.#bytes.length) this.#grow(4)
    const bytes = this.#bytes
    const at = this.#length
    bytes[at] = n
    bytes[at + 1] = n >>> 8
    bytes[at + 2] = n >>> 16
    bytes[at + 3] = n >>> 24
    this.#length = at + 4
  }

  raw(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** A copy of what was written, in a buffer of its own. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length)
  }

  /** What was written, where it lies: until more is. */
  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Starts over with the same memory. */
  clear(): void {
    this.#length = 0
  }

  #grow(more: number): void {
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}

/** Reads what a `ByteWriter` wrote. @throws RangeError where the bytes end too early */
export class ByteReader {
  readonly #bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }

  get position(): number {
    return this.#at
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  unsigned(): number {
    const bytes = this.#bytes
    let byte = this.#next()
    if (byte < 128) return byte
    let value = byte & 127
    let scale = 128
    do {
      if (this.#at >= bytes.length) throw new RangeError('packed bytes end inside a number')
      byte = bytes[this.#at++]!
      value += (byte & 127) * scale
      scale *= 128
    } while (byte > 127)
    return value
  }

  signed(): number {
    const n = this.unsigned()
    return n % 2 === 0 ? n / 2 : -(n + 1) / 2
  }

  uint32(): number {
    const at = this.#at
    const bytes = this.#take(4)
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  }

  skip(bytes: number): void {
    this.#take(bytes)
  }

  #next(): number {
    if (this.#at >= this.#bytes.length) throw new RangeError('packed bytes end too early')
    return this.#bytes[this.#at++]!
  }

  #take(bytes: number): Uint8Array {
    if (this.#at + bytes > this.#bytes.length) throw new RangeError('packed bytes end too early')
    this.#at += bytes
    return this.#bytes
  }
}
