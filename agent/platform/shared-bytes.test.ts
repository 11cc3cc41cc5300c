import { describe, expect, it } from 'vitest'
import { createSharedBytes, sharedBytes } from './shared-bytes.ts'

describe('shared bytes', () => {
  it('are seen at once by whoever has the descriptor, in any place', () => {
    using mine = createSharedBytes()
    const theirs = sharedBytes(mine.fd)
    mine.write(Float32Array.of(1, 2, 3), 1000)
    theirs.write(Uint8Array.of(9), 4)
    const floats = new Float32Array(2)
    theirs.read(floats, 1004)
    expect([...floats]).toEqual([2, 3])
    const bytes = new Uint8Array(6)
    mine.read(bytes, 0)
    expect([...bytes]).toEqual([0, 0, 0, 0, 9, 0])
  })

  it('take views into larger buffers, and refuse to read what nobody wrote', () => {
    using shared = createSharedBytes()
    shared.write(new BigInt64Array(3).fill(7n).subarray(1, 2), 0)
    const whole = new BigInt64Array(4)
    shared.read(whole.subarray(2, 3), 0)
    expect([...whole]).toEqual([0n, 0n, 7n, 0n])
    expect(() => shared.read(new Uint8Array(9), 0)).toThrow(RangeError)
  })
})
