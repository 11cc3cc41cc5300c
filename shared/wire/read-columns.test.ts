import { fromBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { WireError } from './errors.ts'
import { write } from './protobuf.ts'
import { columnReader, takeField } from './read-columns.ts'
import { BatchSchema, RecordsSchema, type Windows, WindowsSchema } from './uplink_pb.ts'

const read = columnReader(WindowsSchema)

const uint64 = fc.oneof(fc.bigInt({ min: 0n, max: 300n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
const sint64 = fc.oneof(fc.bigInt({ min: -300n, max: 300n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
const message = fc.record({
  sequence: fc.array(uint64),
  sensor: fc.array(fc.string({ unit: 'grapheme' })),
  series: fc.array(fc.integer()),
  timeUnit: uint64,
  revision: fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  min: fc.array(sint64),
  untrusted: fc.array(uint64),
})

/** With bigints where the general decoder has them. */
const asMessage = (columns: Record<string, unknown>, like: Windows) =>
  Object.fromEntries(
    Object.entries(columns).map(([name, value]) => {
      const wanted = like[name as keyof Windows]
      const big = (one: unknown) => (typeof one === 'string' ? one : BigInt(one as number))
      if (typeof wanted === 'bigint') return [name, big(value)]
      const bigints = Array.isArray(wanted) && typeof wanted[0] === 'bigint'
      return [name, bigints ? (value as unknown[]).map(big) : value]
    }),
  )

it('says what the general decoder says', () => {
  fc.assert(
    fc.property(message, (value) => {
      const bytes = write(WindowsSchema, value)
      const { $typeName: _, ...expected } = fromBinary(WindowsSchema, bytes)
      expect(asMessage(read(bytes), expected as Windows)).toEqual(expected)
    }),
  )
})

it('takes numbers one by one, passes over what it does not know, and cuts what is too large for 32 bits', () => {
  // Field 25 as a varint, field 1 unpacked twice, field 30 of each wire type, field 8 with 2^35 + 5.
  const bytes = [
    0xc8, 1, 7, 8, 1, 8, 2, 0xf0, 1, 1, 0xf1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0xf2, 1, 1, 0, 0xf5, 1, 1, 2, 3, 4,
  ]
  const { sequence, wrongUnit, revision } = read(Uint8Array.from([...bytes, 0x42, 6, 0x85, 0x80, 0x80, 0x80, 0x80, 1]))
  expect({ sequence, wrongUnit, revision }).toEqual({ sequence: [1, 2], wrongUnit: [7], revision: [5] })
})

it('refuses bytes that end too early, and wire types that are none', () => {
  const whole = write(WindowsSchema, { sequence: [2n ** 60n], sensor: ['fridge'] })
  for (let end = 1; end < whole.length; end++) {
    // Between the two fields, the first alone is a message.
    if (end === 2 + whole[1]!) continue
    expect(() => read(whole.subarray(0, end))).toThrow(WireError)
  }
  expect(() => read(Uint8Array.of(8, ...Array(11).fill(0xff)))).toThrow('without an end')
  expect(() => read(Uint8Array.of(0x0b))).toThrow('wire type 3')
  expect(() => read(Uint8Array.of(0x10, 1))).toThrow('sensor has wire type 0')
  expect(() => columnReader(BatchSchema)).toThrow('no column')
})

it('takes a field out of a message; parts of it are one', () => {
  const windows = (seq: bigint) => write(RecordsSchema, { windows: { sequence: [seq] } })
  const rest = write(RecordsSchema, { reported: { sequence: 3n, body: '{}' } })
  const { taken, rest: left } = takeField(Buffer.concat([windows(1n), rest, windows(2n)]), 1)
  expect(read(taken!).sequence).toEqual([1, 2])
  expect(Buffer.from(left)).toEqual(Buffer.from(rest))
  expect(takeField(rest, 1).taken).toBeUndefined()
})
