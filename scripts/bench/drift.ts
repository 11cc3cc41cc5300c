import { alarmRates, STREAMS, tolerated } from '@storecast/shared/statistics/test'
import type { BenchResult } from './measure.ts'

const ROWS = [30, 100, 300, 1000, 3000, 10_000]
const LEVEL = 0.05
const STRICT = 0.01
const RUNS = 10_000
const SHIFTED_RUNS = 1000
const SHIFT = 0.5

/**
 * False alarms of the drift tests on streams that do not drift (10,000 runs of each stream and size), and their power
 * against half a standard deviation. Takes half an hour; the rows of the table in docs/cloud-team/drift.md, one a stream and size:
 * PSI, KS and Wasserstein at 5 %, all three together at 5 % and 1 %, the power of all three at 5 %, and the share of
 * runs with too little data to say anything.
 */
export async function run(): Promise<BenchResult> {
  const result: BenchResult = {}
  let worst = 0
  for (const stream of Object.keys(STREAMS)) {
    for (const rows of ROWS) {
      const seed = rows
      const five = alarmRates({ stream, rows, runs: RUNS, levels: [LEVEL, STRICT], seed })
      const shifted = alarmRates({ stream, rows, runs: SHIFTED_RUNS, levels: [LEVEL], shift: SHIFT, seed: rows + 1 })
      const [nominal, strict] = five.alarms
      worst = Math.max(worst, nominal!.psi, nominal!.ks, nominal!.wasserstein, nominal!.any)
      const { psi, ks, wasserstein, any } = nominal!
      const cells = [psi, ks, wasserstein, any, strict!.any, shifted.alarms[0]!.any, 1 - five.compared / RUNS]
      result[`${stream}, ${rows}`] = cells.map((share) => share.toFixed(4)).join(' | ')
    }
  }
  return { ...result, worst_false_alarm_rate: worst, tolerated: tolerated(LEVEL, RUNS) }
}
