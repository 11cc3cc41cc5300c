import type { Warmup } from '../contracts/index.ts'
import type { ScoredDay } from './calibrate.ts'

const DAY_MS = 86_400_000

/** The bundle's out-of-sample days of one site, to stand before the device's own; none for a site not in training. */
export function warmupDays(warmup: Warmup | null, site: string): ScoredDay[] {
  const rows = warmup && Object.hasOwn(warmup.sites, site) ? warmup.sites[site] : undefined
  if (!rows) return []
  return rows.days.map((day, i) => ({
    day: Date.parse(`${day}T00:00:00Z`) / DAY_MS,
    quantiles: rows.quantiles.map((level) => level[i]!),
    actual: rows.actual[i]!,
    censored: false,
  }))
}
