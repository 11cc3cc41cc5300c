import { Gauge, type Registry } from 'prom-client'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { Comparison, ComparisonQuery } from './compare.ts'
import type { Kpi, Kpis } from './kpis.ts'

const DAY = 86_400_000
/** Models of which KPIs are told: labels have few values by construction. */
const MOST_MODELS = 20
/** Scrapes in between get the figures of before. */
const EVERY_MS = 60_000

/** A change whose effect is told, for so many days before and after. */
export interface TrackedChange extends Pick<ComparisonQuery, 'kpi' | 'model' | 'treated' | 'control'> {
  readonly name: string
  /** The first day with the change, UTC: `2026-03-22`. */
  readonly change: string
  readonly days: number
}

interface KpiSources {
  readonly kpis: Kpis
  readonly changes: readonly TrackedChange[]
  readonly clock: Clock
  readonly log: Log
}

/** KPIs of the last 7 days, by their ids; while they cannot be read there are none, and the other metrics are. */
export function kpiMetrics(registry: Registry, { kpis, changes, clock, log }: KpiSources): void {
  const failed = (error: unknown) => {
    log.warn({ error }, 'KPIs could not be read for the metrics')
    return []
  }
  const figures = kept(() => {
    const to = clock.now()
    return kpis.list({ from: to - 7 * DAY, to }).catch(failed)
  })
  const gauge = (name: string, help: string, figureOf: (kpi: Kpi) => number | null) =>
    new Gauge({
      name,
      help,
      labelNames: ['kpi', 'model'],
      registers: [registry],
      async collect() {
        this.reset()
        const all = await figures()
        const models = [...new Set(all.map(({ model }) => model))].slice(0, MOST_MODELS)
        for (const kpi of all) {
          const value = models.includes(kpi.model) ? figureOf(kpi) : null
          if (value !== null) this.set({ kpi: kpi.id, model: kpi.model ?? '' }, value)
        }
      },
    })
  gauge('storecast_kpi', 'KPIs of the last 7 days, each in its unit', ({ value }) => value)
  gauge('storecast_kpi_met', 'Whether a KPI of the last 7 days is what it is to be: 1 or 0', ({ met }) =>
    met === null ? null : Number(met),
  )
  const compared = kept(async () => {
    const told: (Comparison & { readonly name: string })[] = []
    for (const tracked of changes) {
      const query = spanOf(tracked, clock.now())
      if (query) told.push(...(await kpis.compare(query).then((found) => [{ ...found, name: tracked.name }], failed)))
    }
    return told
  })
  new Gauge({
    name: 'storecast_kpi_change',
    help: 'What a configured change made of a KPI: mean over shops of after less before, and the bounds of its 95 % interval',
    labelNames: ['change', 'kpi', 'cohort', 'bound'],
    registers: [registry],
    async collect() {
      this.reset()
      for (const { name, id, treated, control, againstControl } of await compared()) {
        const cohorts = { treated: treated.change, control: control?.change, difference: againstControl }
        for (const [cohort, interval] of Object.entries(cohorts)) {
          for (const bound of ['estimate', 'low', 'high'] as const) {
            const value = interval?.[bound] ?? null
            if (value !== null) this.set({ change: name, kpi: id, cohort, bound }, value)
          }
        }
      }
    },
  })
}

/** Undefined before the day of the change is there. */
function spanOf({ change: day, days, ...query }: TrackedChange, now: number): ComparisonQuery | undefined {
  const change = Date.parse(`${day}T00:00:00Z`)
  const to = Math.min(now, change + days * DAY)
  return to > change ? { ...query, from: change - days * DAY, change, to } : undefined
}

/** Reads at most once in `EVERY_MS`. */
function kept<T>(read: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly found: Promise<T> } | undefined
  return () => {
    if (!last || performance.now() - last.at > EVERY_MS) last = { at: performance.now(), found: read() }
    return last.found
  }
}
