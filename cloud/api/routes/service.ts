import { z } from 'zod'
import type { Bus } from '../../platform/bus.ts'
import type { Database } from '../../platform/database.ts'
import type { Metrics } from '../metrics.ts'
import type { Routes } from '../route.ts'

const Health = z.object({
  status: z.enum(['ok', 'failing']),
  database: z.enum(['ok', 'away']),
  broker: z.enum(['ok', 'away']),
})
const tags = ['service']

interface ServiceOptions {
  readonly database: Database
  readonly bus: Bus
  readonly metrics: Metrics
  /** Metrics are open on a loopback listener, and for operators elsewhere. */
  readonly loopback: boolean
}

/** Health and metrics. */
export const serviceRoutes =
  ({ database, bus, metrics, loopback }: ServiceOptions): Routes =>
  (app) => {
    app.get(
      '/healthz',
      { config: { permission: 'public' }, schema: { tags, summary: 'Health', response: { 200: Health, 503: Health } } },
      async (_request, reply) => {
        const reached = await database.pool.query('SELECT 1').then(
          () => true,
          () => false,
        )
        const broker = bus.connected ? 'ok' : 'away'
        if (reached) return { status: 'ok' as const, database: 'ok' as const, broker: broker as 'ok' | 'away' }
        return reply.code(503).send({ status: 'failing', database: 'away', broker })
      },
    )
    app.get(
      '/metrics',
      {
        config: loopback ? { permission: 'public' } : { permission: 'metrics.read', sites: 'all' },
        schema: { tags, summary: 'Metrics in Prometheus’ text format' },
      },
      async (_request, reply) => reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
    )
  }
