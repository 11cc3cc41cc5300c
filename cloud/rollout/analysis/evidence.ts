/**
 * What one device found on one closed local day: errors of the candidate and the champion on the same rows. d is
 * |e_candidate| − |e_champion| of a row, so that above 0 the candidate is worse.
 */
export interface DeviceDay {
  readonly device: string
  readonly region: string
  /** Local day of the device's site, `2026-03-29`. */
  readonly day: string
  /** Rows scored by both; excluded rows (censored actuals) are in no sum. */
  readonly rows: number
  readonly excluded: number
  /** Σd and Σ|e_champion|, in the target's unit. */
  readonly difference: number
  readonly championAbsolute: number
  /** Rows for which both gave an interval of the same levels, and those of them whose actual lies in each one's. */
  readonly intervals: number
  readonly championCovered: number
  readonly candidateCovered: number
}

/** One closed day of the cohort. */
export interface CohortDay {
  readonly day: string
  readonly devices: number
  readonly rows: number
  readonly excluded: number
  /** Σ|e_champion| over the cohort. */
  readonly championAbsolute: number
  /** Σd / Σ|e_champion|: the relative difference of the day. */
  readonly difference: number
  /** Rows with both intervals, and the share of them that each covers; null without any. */
  readonly coverage: Coverage | null
}

export interface Coverage {
  readonly rows: number
  readonly champion: number
  readonly candidate: number
}

/** Σ covered / Σ rows of both; null without an interval. */
export function coverageOf(records: readonly DeviceDay[]): Coverage | null {
  const rows = sum(records, (record) => record.intervals)
  if (rows === 0) return null
  return {
    rows,
    champion: sum(records, (record) => record.championCovered) / rows,
    candidate: sum(records, (record) => record.candidateCovered) / rows,
  }
}

/** Why days that have records are not in the estimate. */
export interface DaysLeftOut {
  /** Too few devices have reported the day, and others may still. */
  readonly pending: number
  /** The day is over for good with fewer devices than it takes, or the champion made no error in it. */
  readonly dropped: number
  /** After the last day that counts: bounds hold up to it, so that later days say nothing more. */
  readonly late: number
}

export interface Cohort {
  /** Closed days, ascending. */
  readonly days: readonly CohortDay[]
  readonly leftOut: DaysLeftOut
  /** Device-days of the closed days, by device. */
  readonly byDevice: ReadonlyMap<string, readonly DeviceDay[]>
}

export interface CohortRule {
  /** Devices that run the pair. */
  readonly members: number
  /** A day counts with at least so many devices. */
  readonly minDevices: number
  /** Days counted at most. */
  readonly maxDays: number
  /** The local day that goes on now, by the furthest clock: none from it on is closed. */
  readonly today: string
}

/** A day is closed when this share of the members has reported it… */
const CLOSED_SHARE = 0.8
/** …or so many days after it: who is silent for longer is left out of it. */
const CLOSED_AFTER_DAYS = 3

/** Sums device-days into the closed days of the cohort. Order of the input does not matter. */
export function cohortOf(records: readonly DeviceDay[], rule: CohortRule): Cohort {
  const days: CohortDay[] = []
  const leftOut = { pending: 0, dropped: 0, late: 0 }
  const closed = new Set<string>()
  const scored = records.filter((record) => record.rows > 0)
  const byDay = Map.groupBy(scored, (record) => record.day)
  for (const day of [...byDay.keys()].sort()) {
    const of = byDay.get(day)!
    const over = daysBetween(day, rule.today) > CLOSED_AFTER_DAYS
    const enough = of.length >= rule.minDevices
    const championAbsolute = sum(of, (record) => record.championAbsolute)
    if (day >= rule.today || (!over && (!enough || of.length < CLOSED_SHARE * rule.members))) leftOut.pending++
    else if (!enough || !(championAbsolute > 0)) leftOut.dropped++
    else if (days.length === rule.maxDays) leftOut.late++
    else {
      closed.add(day)
      days.push({
        day,
        devices: of.length,
        rows: sum(of, (record) => record.rows),
        excluded: sum(of, (record) => record.excluded),
        championAbsolute,
        difference: sum(of, (record) => record.difference) / championAbsolute,
        coverage: coverageOf(of),
      })
    }
  }
  const counted = scored.filter((record) => closed.has(record.day))
  return { days, leftOut, byDevice: Map.groupBy(counted, (record) => record.device) }
}

const daysBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 86_400_000

export function sum<T>(items: Iterable<T>, of: (item: T) => number): number {
  let total = 0
  for (const item of items) total += of(item)
  return total
}
