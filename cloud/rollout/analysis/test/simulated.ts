import type { Prior } from '../estimate.ts'
import { replayPrior } from '../estimate.ts'
import type { DeviceDay } from '../evidence.ts'

/** A candidate as `rollout-evidence.md` measured it on real shops; shares of the champion's daily |error|. */
export interface Candidate {
  readonly effect: number
  readonly deviceDaySd: number
  readonly betweenDevicesSd: number
  /** Common to all devices on a day; successive days correlate by `correlation`. */
  readonly dayShockSd: number
  readonly correlation: number
  /** Of devices, that have `affectedEffect` on top. */
  readonly affectedShare?: number
  readonly affectedEffect?: number
}

export const CANDIDATES = {
  noise: { effect: 0, deviceDaySd: 0.078, betweenDevicesSd: 0, dayShockSd: 0.012, correlation: -0.14 },
  retrained: { effect: 0, deviceDaySd: 0.076, betweenDevicesSd: 0.004, dayShockSd: 0.026, correlation: 0.6 },
  different: { effect: 0, deviceDaySd: 0.135, betweenDevicesSd: 0.028, dayShockSd: 0.078, correlation: 0.38 },
  worseNoise: { effect: 0.05, deviceDaySd: 0.072, betweenDevicesSd: 0.003, dayShockSd: 0.014, correlation: 0.07 },
  worseBias: { effect: 0.05, deviceDaySd: 0.06, betweenDevicesSd: 0.007, dayShockSd: 0.079, correlation: 0.34 },
  worseStale: { effect: 0.05, deviceDaySd: 0.133, betweenDevicesSd: 0.036, dayShockSd: 0.049, correlation: 0.4 },
  someMuchWorse: {
    effect: 0,
    deviceDaySd: 0.093,
    betweenDevicesSd: 0.005,
    dayShockSd: 0.017,
    correlation: 0.25,
    affectedShare: 0.2,
    affectedEffect: 0.25,
  },
} satisfies Record<string, Candidate>

/** Uniform in [0, 1) by the SplitMix-like 32-bit generator "mulberry32". */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const dayName = (day: number) => new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10)
const REPLAY_DAYS = 28

/**
 * A cohort of devices in eight regions over `days` days, and what its replay of four weeks would have said: shocks of the
 * day (first-order autoregressive), devices' own lasting differences, and noise.
 */
export function simulate(candidate: Candidate, options: { seed: number; devices: number; days: number }) {
  const { seed, devices, days } = options
  const { effect, deviceDaySd, betweenDevicesSd, dayShockSd, correlation } = candidate
  const uniform = uniforms(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  let shock = normal()
  const nextShock = () => {
    shock = correlation * shock + Math.sqrt(1 - correlation ** 2) * normal()
    return dayShockSd * shock
  }
  const replay = Array.from({ length: REPLAY_DAYS }, () => nextShock() + (deviceDaySd * normal()) / Math.sqrt(devices))
  const own = Array.from({ length: devices }, (_, device) => {
    const affected = device < devices * (candidate.affectedShare ?? 0)
    return effect + (affected ? candidate.affectedEffect! : 0) + betweenDevicesSd * normal()
  })
  const records: DeviceDay[] = []
  for (let day = 0; day < days; day++) {
    const common = nextShock()
    for (let device = 0; device < devices; device++) {
      const championAbsolute = 80 + 40 * uniform()
      const share = own[device]! + common + deviceDaySd * normal()
      records.push({
        device: `device-${device}`,
        region: `region-${device % 8}`,
        day: dayName(day),
        rows: 30,
        excluded: 2,
        championAbsolute,
        ...{ intervals: 30, championCovered: 24, candidateCovered: 24 },
        difference: share * championAbsolute,
      })
    }
  }
  const prior: Prior = replayPrior(replay)
  return { records, prior, dayName }
}
