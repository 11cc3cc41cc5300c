import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { WindowRecord } from '@storecast/shared/contracts'
import { encodeBatch, encodeHello, encodeRecords, topicOf } from '@storecast/shared/wire'
import type { BenchResult } from './measure.ts'
import { shopDay } from './wire/shop-day.ts'

const DEVICE = 'shop-0042-gateway-1'
const TOPIC = topicOf(DEVICE, 'up')
const EPOCH = 1_772_409_600
const LINK = 1_772_409_600_000
/** What a device sends at once after a time without a network. */
const BACKLOG_RECORDS = 2000
/** QoS 1, both ways: the publisher's packet identifier and the PUBACK for the acknowledgement that comes back. */
const PUBACK_BYTES = 4

/**
 * Bytes that one sensor-window costs uplink, MQTT included, on a fixed day of a shop with 100 series: live (a batch each
 * five minutes, with the hello of the day's one connection) against compact JSON, one message a window, which leaves out the
 * counters of faults that are 0.
 */
export async function run(): Promise<BenchResult> {
  const ticks = shopDay()
  const windows = ticks.flat()
  const per = (bytes: number) => bytes / windows.length

  const json = per(total(windows, (window) => published(Buffer.byteLength(JSON.stringify(withoutZeros(window))))))
  const gzipped = (groups: WindowRecord[][]) =>
    per(total(groups, (group) => published(gzipSync(JSON.stringify(group.map(withoutZeros))).length)))
  const hello = published(
    encodeHello({
      dbId: '7d3f2b4e-9a3c-4d5e-8f60-1a2b3c4d5e6f',
      epoch: EPOCH,
      link: LINK,
      nextSeq: windows.length,
      nonce: '0123456789abcdef',
      session: 'fedcba9876543210',
      acknowledged: [LINK],
      quarantined: false,
      runs: [{ first: 1, id: 2 ** 47 }],
    }).length,
  )
  const live = per(batches(ticks) + hello + PUBACK_BYTES)
  const backlogs = chunks(windows, BACKLOG_RECORDS)
  const backlog = per(batches(backlogs) + hello + PUBACK_BYTES)
  return {
    ratio_vs_json: live / json,
    ratio_vs_json_backlog: backlog / json,
    ratio_vs_gzipped_json_batches: live / gzipped(ticks),
    ratio_vs_gzipped_json_batches_backlog: backlog / gzipped(backlogs),
    bytes_per_window: live,
    bytes_per_window_backlog: backlog,
    bytes_per_window_json: json,
    bytes_per_window_gzipped_json_batches: gzipped(ticks),
    windows: windows.length,
    windows_per_live_batch: windows.length / ticks.length,
    fixture: createHash('sha256').update(JSON.stringify(ticks)).digest('hex').slice(0, 16),
  }
}

const withoutZeros = ({ quality, ...window }: WindowRecord) => ({
  ...window,
  quality: Object.fromEntries(Object.entries(quality).filter(([, count]) => count !== 0)),
})

/** Bytes of the batches for these groups of windows, and of the PUBACKs for their acknowledgements. */
function batches(groups: readonly WindowRecord[][]): number {
  let seq = 0
  return total(groups, (group) => {
    const floor = seq + 1
    const records = group.map((record) => ({ seq: ++seq, record }))
    const batch = encodeBatch({
      epoch: EPOCH,
      link: LINK,
      floor,
      acknowledged: [LINK + floor],
      superseded: { revised: [], coarsened: [], dropped: [] },
      ...encodeRecords({
        windows: records,
        forecasts: [],
        events: [],
        evidence: [],
        decisions: [],
        reported: undefined,
      }),
    })
    return published(batch.length) + PUBACK_BYTES
  })
}

/** An MQTT 3.1.1 PUBLISH at QoS 1: type, remaining length, topic with its length, packet identifier, payload (§3.3). */
function published(payload: number): number {
  const remaining = 2 + Buffer.byteLength(TOPIC) + 2 + payload
  return 1 + Math.ceil(Math.log2(remaining + 1) / 7) + remaining
}

const total = <T>(items: readonly T[], bytes: (item: T) => number) => items.reduce((sum, item) => sum + bytes(item), 0)

const chunks = <T>(items: readonly T[], size: number) =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
