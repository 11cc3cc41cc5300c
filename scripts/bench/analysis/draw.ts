import { seededRandom } from '@storecast/models/engine'
import { type Prior, replayPrior } from '../../../cloud/rollout/analysis/estimate.ts'
import type { DeviceDay } from '../../../cloud/rollout/analysis/evidence.ts'
import type { Candidate } from './candidates.ts'
import type { Pool } from './pools.ts'

/** Devices in shadow and their days: what the cloud receives of a rollout, and what a replay before it said. */
export interface DrawnRollout {
  /** Day after day: what closed with it, and the day that went on then. */
  readonly days: ReadonlyArray<{ readonly records: readonly DeviceDay[]; readonly today: string }>
  readonly prior: Prior
}

/** Days that are replayed before the rollout. */
const REPLAY_DAYS = 28
const REGIONS = 4
const DAY = 86_400_000

const dayName = (day: number): string => new Date(Date.UTC(2026, 0, 1) + day * DAY).toISOString().slice(0, 10)

/**
 * Draws a rollout from a candidate's pools. Its days are successive real ones, around the end from a random one on, and all
 * devices share what each did to all shops. A device is a real shop with its lasting difference, and its own errors are those
 * of that shop some random number of days away, so that shops drawn twice do not repeat each other.
 *
 * @param seed picks the pools in turns, and all that is random
 */
export function drawRollout(
  candidate: Candidate,
  { seed, devices, days }: { seed: number; devices: number; days: number },
): DrawnRollout {
  const { some, asSeen } = candidate
  const random = seededRandom(seed, 3)
  const inTurn = (pools: readonly Pool[]) => pools[seed % pools.length]!
  const first = inTurn(candidate.pools)
  const start = random.below(first.days)
  const drawn = Array.from({ length: devices }, (_, n) => {
    const pool = some && random.uniform() < some.share ? inTurn(some.pools) : first
    return {
      name: `device-${n}`,
      region: `region-${n % REGIONS}`,
      pool,
      shop: random.below(pool.shops),
      shift: random.below(pool.days),
    }
  })
  const on = (offset: number): DeviceDay[] =>
    drawn.map(({ name, region, pool, shop, shift }) => {
      const day = (start + offset) % pool.days
      const own = (day + shift) % pool.days
      const at = shop * pool.days + own
      const championAbsolute = pool.championAbsolute[at]!
      return {
        ...{ device: name, region, day: dayName(offset) },
        rows: pool.rows[at]!,
        excluded: pool.excluded[at]!,
        difference: pool.own[at]! + (pool.effect + (asSeen ? pool.seen : pool.shock)[day]!) * championAbsolute,
        championAbsolute,
        intervals: pool.rows[at]!,
        championCovered: pool.championCovered[at]!,
        candidateCovered: pool.candidateCovered[at]!,
      }
    })
  const all = Array.from({ length: REPLAY_DAYS + days }, (_, offset) => on(offset))
  const prior = replayPrior(all.slice(0, REPLAY_DAYS).map(cohortDifference))
  const live = all.slice(REPLAY_DAYS)
  return { days: live.map((records, day) => ({ records, today: dayName(REPLAY_DAYS + day + 1) })), prior }
}

function cohortDifference(day: readonly DeviceDay[]): number {
  let [difference, champion] = [0, 0]
  for (const record of day) {
    difference += record.difference
    champion += record.championAbsolute
  }
  return difference / champion
}
