import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventRecord, WindowRecord } from '../contracts/index.ts'
import { NO_QUALITY } from '../windows/index.ts'
import { sift } from './complaints.ts'
import { WireError } from './errors.ts'
import { MAX_BODY_BYTES } from './limits.ts'
import type { Batch } from './messages.ts'
import { write } from './protobuf.ts'
import { decodeRecords, encodeRecords, sequencesOf } from './records.ts'
import type { BatchRecords } from './sequenced.ts'
import { batchRecords } from './test/arbitraries.ts'
import { RecordsSchema } from './uplink_pb.ts'

const envelope = {
  epoch: 1,
  link: 1,
  floor: 1,
  acknowledged: [],
  superseded: { revised: [], coarsened: [], dropped: [] },
}
const batchOf = (records: BatchRecords): Batch => ({ ...envelope, ...encodeRecords(records) })
const none: BatchRecords = { windows: [], forecasts: [], events: [], evidence: [], decisions: [], reported: undefined }

const window: WindowRecord = {
  series: { sensor: 'sales', entity: '1042' },
  start: 300_000,
  end: 600_000,
  revision: 0,
  count: 3,
  sum: 9,
  min: 1,
  max: 5,
  last: 3,
  sketch: { zero: 0, positive: [[2, 3]], negative: [] },
  quality: NO_QUALITY,
}

describe('records', () => {
  it('come back exactly as they were packed', () => {
    fc.assert(
      fc.property(batchRecords, (records) => {
        expect(decodeRecords(batchOf(records))).toEqual({ records, rejected: [], unknown: [] })
      }),
      { numRuns: 300 },
    )
  })

  it('are refused with a WireError, never otherwise, when the bytes are broken', () => {
    const broken = fc.tuple(batchRecords, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }))
    fc.assert(
      fc.property(broken, fc.boolean(), ([records, changes], inside) => {
        const batch = batchOf(records)
        const bytes = inside ? write(RecordsSchema, {}) : Uint8Array.from(batch.body)
        for (const [at, value] of changes) bytes[at % bytes.length] = value
        try {
          decodeRecords({ ...batch, body: bytes })
        } catch (error) {
          expect(error).toBeInstanceOf(WireError)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('are refused with a WireError, never otherwise, when the columns are nonsense', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (plain) => {
        try {
          decodeRecords({ ...envelope, sequences: [[1, 50]], body: zstdCompressSync(plain), bodySize: plain.length })
        } catch (error) {
          expect(error).toBeInstanceOf(WireError)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('do not unpack beyond what they announce: no decompression bomb', () => {
    const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024))
    expect(bomb.length).toBeLessThan(10_000)
    for (const bodySize of [0, 100, MAX_BODY_BYTES, 64 * 1024 * 1024]) {
      expect(() => decodeRecords({ ...envelope, sequences: [], body: bomb, bodySize })).toThrow(
        expect.objectContaining({ code: 'oversized' }),
      )
    }
  })

  it('come one under each announced sequence; others are told', () => {
    const batch = batchOf({ ...none, windows: [{ seq: 7, record: window }] })
    expect(decodeRecords({ ...batch, sequences: [[6, 8]] }).unknown).toEqual([
      [6, 6],
      [8, 8],
    ])
    expect(() => decodeRecords({ ...batch, sequences: [[8, 8]] })).toThrow(/not announced/)
    const twice = { ...none, windows: [7, 7].map((seq) => ({ seq, record: window })) }
    expect(() => decodeRecords({ ...batchOf(twice), sequences: [[7, 7]] })).toThrow(/ascend/)
  })

  it.each<[string, Partial<WindowRecord>]>([
    ['window: not a sensor name', { series: { sensor: 'Sales!', entity: '' } }],
    ['window: not an entity', { series: { sensor: 'sales', entity: 'a/b' } }],
    ['window: an end that is not after its start', { end: 300_000 }],
    ['window: a maximum below its minimum', { max: 0 }],
    ['window: a sum that is no integer within 2^53', { sum: 0.5 }],
    ['window: a value that is no integer within 2^52', { max: 2 ** 52 }],
    ['window: a count that is none', { count: -1 }],
    [
      'window: bins that do not ascend',
      {
        sketch: {
          zero: 0,
          positive: [
            [2, 1],
            [2, 1],
          ],
          negative: [],
        },
      },
    ],
    ['window: a bin without a count', { sketch: { zero: 0, positive: [], negative: [[2, 0]] } }],
  ])('%s: set aside on both ends, the others kept', (reason, wrong) => {
    const windows = [{ ...window, ...wrong }, window].map((record, i) => ({ seq: i + 1, record }))
    const { sound, rejected } = sift({ ...none, windows })
    expect(rejected).toEqual([{ seq: 1, reason }])
    expect(sequencesOf(sound)).toEqual([2])
  })

  it.each([
    ['event: message: Too big: expected string to have <=2000 characters', { message: 'x'.repeat(2001) }],
    ['event: characters that are none (NUL, half a surrogate pair)', { message: 'a\0b' }],
    ['event: characters that are none (NUL, half a surrogate pair)', { detail: { '\ud800': 1 } }],
  ])('%s', (reason, wrong) => {
    const record = {
      id: '2b1c8a1e-6f0d-4f4e-9a52-8d5a4c1f0b11',
      at: 1,
      severity: 'info',
      code: 'c',
      message: '',
      detail: {},
    }
    const events = [{ seq: 1, record: { ...record, ...wrong } as EventRecord }]
    expect(sift({ ...none, events }).rejected).toEqual([{ seq: 1, reason }])
  })

  it('are checked again by the gate, since no device is trusted', () => {
    const windows = [{ ...window, series: { sensor: 'DROP TABLE', entity: '' } }, window]
    const batch = batchOf({ ...none, windows: windows.map((record, i) => ({ seq: i + 1, record })) })
    const { records, rejected } = decodeRecords(batch)
    expect(rejected).toEqual([{ seq: 1, reason: 'window: not a sensor name' }])
    expect(records.windows).toEqual([{ seq: 2, record: window }])
  })
})
