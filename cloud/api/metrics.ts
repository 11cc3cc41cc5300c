import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** prom-client's gauges with a counter's suffix, which promtool refuses; those by type say more. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

/**
 * What the cloud counts about itself. Every label has few values by construction (routes, our own codes); nothing is
 * labelled by device, site, sensor or model.
 */
export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  const registers = [registry]
  return {
    registry,
    requests: new Counter({
      name: 'storecast_http_requests_total',
      help: 'HTTP requests answered, by route pattern',
      labelNames: ['method', 'route', 'status'] as const,
      registers,
    }),
    seconds: new Histogram({
      name: 'storecast_http_request_seconds',
      help: 'Time to answer, by route pattern',
      labelNames: ['route'] as const,
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
      registers,
    }),
    problems: new Counter({
      name: 'storecast_http_problems_total',
      help: 'HTTP requests refused or failed, by problem code',
      labelNames: ['code'] as const,
      registers,
    }),
    brokerRefusals: new Counter({
      name: 'storecast_broker_refusals_total',
      help: 'Logins, topics and packets that the embedded broker refused',
      labelNames: ['reason'] as const,
      registers,
    }),
    /** A number read when it is asked for. */
    gauge(name: string, help: string, read: () => number | Promise<number>) {
      new Gauge({
        name,
        help,
        registers,
        async collect() {
          this.set(await read())
        },
      })
    },
  }
}
export type Metrics = ReturnType<typeof createMetrics>
