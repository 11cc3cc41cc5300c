import { Gauge, type Registry } from 'prom-client'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { Kpi, Kpis } from './kpis.ts'

const DAY = 86_400_000
/** Models of which KPIs are told: labels have few values by construction. */
const MOST_MODELS = 20
/** Scrapes in between get the figures of before. */
const EVERY_MS = 60_000

interface KpiSources {
  readonly kpis: Kpis
  readonly clock: Clock
  readonly log: Log
}

/** KPIs of the last 7 days, by their ids; while they cannot be read there are none, and the other metrics are. */
export function kpiMetrics(registry: Registry, { kpis, clock, log }: KpiSources): void {
  let read: { readonly at: number; readonly figures: Promise<Kpi[]> } | undefined
  const figures = () => {
    if (!read || performance.now() - read.at > EVERY_MS) {
      const to = clock.now()
      const figures = kpis.list({ from: to - 7 * DAY, to }).catch((error: unknown) => {
        log.warn({ error }, 'KPIs could not be read for the metrics')
        return []
      })
      read = { at: performance.now(), figures }
    }
    return read.figures
  }
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
}
