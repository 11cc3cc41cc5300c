import { type Cohort, sum } from './evidence.ts'

/** Whether some devices lose much while the cohort does not. */
export interface Heterogeneity {
  /** Devices with enough days to say, and those of them that are lastingly worse than their region. */
  readonly judged: number
  readonly worse: readonly string[]
  /** Of `judged` that have to be worse. */
  readonly share: number
  readonly found: boolean
}

const DAYS = 7
/** A device is worse by more than this, in its own |e_champion|, with t above the 95 % quantile for 6 degrees of freedom. */
const EFFECT = 0.1
const T = 1.94
const SHARE = 0.1

/** Looks at each device's last seven closed days, each against the median of its region on that day. */
export function heterogeneity({ byDevice }: Cohort): Heterogeneity {
  const shares = [...byDevice].flatMap(([device, records]) => {
    const usual = sum(records, (record) => record.championAbsolute) / records.length
    if (!(usual > 0)) return []
    return records.map(({ day, region, difference }) => ({
      device,
      day,
      place: `${day} ${region}`,
      share: difference / usual,
    }))
  })
  const medians = new Map(
    [...Map.groupBy(shares, (one) => one.place)].map(([place, of]) => [place, median(of.map((one) => one.share))]),
  )
  let judged = 0
  const worse: string[] = []
  for (const [device, of] of Map.groupBy(shares, (one) => one.device)) {
    if (of.length < DAYS) continue
    judged++
    const last = of.toSorted((a, b) => (a.day < b.day ? -1 : 1)).slice(-DAYS)
    const excess = last.map(({ place, share }) => share - medians.get(place)!)
    const mean = sum(excess, (value) => value) / DAYS
    const variance = sum(excess, (value) => (value - mean) ** 2) / (DAYS - 1)
    if (mean > EFFECT && mean > T * Math.sqrt(variance / DAYS)) worse.push(device)
  }
  worse.sort()
  return { judged, worse, share: SHARE, found: judged > 0 && worse.length >= SHARE * judged && worse.length > 0 }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
