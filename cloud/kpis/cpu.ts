import { randomUUID } from 'node:crypto'
import { pid } from 'node:process'
import type { Clock } from '../platform/clock.ts'
import { cpuTime } from '../platform/cpu-time.ts'
import type { Database } from '../platform/database.ts'
import type { Log } from '../platform/log.ts'
import { repeat } from '../platform/repeat.ts'

export interface CpuMeter extends AsyncDisposable {
  /**
   * What the cloud's processes used in the hours that begin in `[from, to)`, unix ms, and for how long any of them ran.
   */
  used(span: {
    readonly from: number
    readonly to: number
  }): Promise<{ readonly cpuMs: number; readonly ranMs: number }>
}

interface CpuMeterOptions {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  /** Real milliseconds between two readings. */
  readonly everyMs: number
  /** For how long hours are kept, in days; null: for good. */
  readonly keepDays: number | null
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Reads again and again what CPU this process and all that it started used: PostgreSQL of its own and trainings are among it. */
export function meterCpu({ database, clock, log, everyMs, keepDays }: CpuMeterOptions): CpuMeter {
  const process = randomUUID()
  let written: number | undefined
  let before: { readonly cpu: number; readonly at: number } | undefined
  const metering = repeat({
    async work() {
      const now = { cpu: await cpuTime(pid), at: performance.now() }
      // A child that has ended and is not reaped yet is missed for a moment: never less than nothing.
      const used = before && { cpuMs: Math.max(0, now.cpu - before.cpu), ranMs: now.at - before.at }
      if (used) {
        const hour = Math.floor(clock.now() / HOUR) * HOUR
        await database.pool.query(
          `INSERT INTO cloud_cpu (hour, process, cpu_ms, ran_ms) VALUES ($1, $2, $3, $4)
           ON CONFLICT (hour, process) DO UPDATE SET cpu_ms = cloud_cpu.cpu_ms + $3, ran_ms = cloud_cpu.ran_ms + $4`,
          [hour, process, used.cpuMs, used.ranMs],
        )
        if (keepDays !== null && hour !== written) {
          await database.pool.query('DELETE FROM cloud_cpu WHERE hour < $1', [hour - keepDays * DAY])
        }
        written = hour
      }
      before = now
      return false
    },
    rest: { everyMs, times: 9 },
    log,
    failed: 'the CPU that the cloud used was not written down; trying again',
  })
  return {
    async used({ from, to }) {
      const { rows } = await database.pool.query<{ cpuMs: number; ranMs: number }>(
        `SELECT coalesce(sum(cpu_ms), 0) AS "cpuMs", coalesce(sum(ran_ms), 0) AS "ranMs"
         FROM (SELECT sum(cpu_ms) AS cpu_ms, least(sum(ran_ms), ${HOUR}) AS ran_ms FROM cloud_cpu WHERE hour >= $1 AND hour < $2 GROUP BY hour) hours`,
        [from, to],
      )
      return rows[0]!
    },
    [Symbol.asyncDispose]: () => metering[Symbol.asyncDispose](),
  }
}
