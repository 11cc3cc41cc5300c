import { awayAgent } from '../../agent/test/away-agent.ts'
import { startBroker } from '../../agent/test/broker.ts'
import { playCloud } from '../../agent/test/cloud-end.ts'
import { countedDisk, writtenBy } from './flash/disk.ts'
import type { BenchResult } from './measure.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const READINGS_PER_SECOND = 100
const COMMIT_MS = 10_000
/** Begins in the evening, so that midnight with its forecasts is in it. */
const START = Date.parse('2026-03-02T19:00:00Z')
/** Until the write-ahead log has begun anew: from then on the file does not grow, as it does not for weeks. */
const WARM_UP_MS = 2 * HOUR
const MEASURED_MS = 6 * HOUR
const A_DAY = (24 * HOUR) / MEASURED_MS / 1e6
/** Time and value, eight bytes each: what a plain file of one series would hold. */
const RAW_READING_BYTES = 16

/**
 * Bytes written to disk for a raw reading's byte: a whole agent linked to a cloud, with its journal, windows, outbox,
 * acknowledgements and a forecast a day, 100 readings a second from 100 series, committed every 10 seconds. Store time is
 * run through; what is written does not depend on how fast.
 */
export async function run(): Promise<BenchResult> {
  using disk = countedDisk()
  await using broker = await startBroker()
  const cloud = playCloud(broker, 'away-1')
  const shop = { series: READINGS_PER_SECOND, start: START, everyMs: 1000, delays: [20 * MINUTE] }
  await using agent = awayAgent({
    ...{ folder: disk.folder, mqtt: broker.url, timeZone: 'UTC', shop, stepMs: COMMIT_MS },
    ...{ capBytes: 2 ** 31, rawHours: 48, uplinkBytesPerSecond: 1e6 },
  })
  await agent.start(START)
  await agent.live({ from: START, to: START + WARM_UP_MS })
  const before = { disk: disk.written(agent.pid), files: writtenBy(agent.pid) }
  const { windows } = cloud
  const told = windows.size
  await agent.live({ from: START + WARM_UP_MS, to: START + WARM_UP_MS + MEASURED_MS })
  const bytes = disk.written(agent.pid) - before.disk
  const ofFiles = writtenBy(agent.pid) - before.files
  if (windows.size === told) throw new Error('the cloud heard of no window: the link was not measured')

  const readings = (MEASURED_MS / 1000) * READINGS_PER_SECOND
  return {
    bytes_per_raw_byte: bytes / (readings * RAW_READING_BYTES),
    mb_per_day: bytes * A_DAY,
    // Without the file system's journal.
    mb_per_day_of_files: ofFiles * A_DAY,
    bytes_per_reading: bytes / readings,
    raw_reading_bytes: RAW_READING_BYTES,
    readings_per_s: READINGS_PER_SECOND,
    commit_s: COMMIT_MS / 1000,
    measured_h: MEASURED_MS / HOUR,
    counted_by: disk.countedBy,
  }
}
