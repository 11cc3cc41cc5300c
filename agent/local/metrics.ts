import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { decisionCounts, openSuggestions } from '../decisions/index.ts'
import { backlog, concededCounts } from '../outbox/index.ts'
import { sizeOf } from '../platform/database.ts'
import type { Route } from './routes.ts'
import type { LocalServerOptions } from './server.ts'
import type { StatusSources } from './status-routes.ts'

export interface Metrics {
  readonly register: Registry
  readonly onAnswered: LocalServerOptions['onAnswered']
  readonly routes: readonly Route[]
}

/** prom-client's gauges with a counter's suffix, which promtool refuses; those by type say more. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

/**
 * `GET /metrics` in Prometheus' text format. prom-client never forgets a label set, so no label takes its values from
 * outside: routes are the table's, methods those of HTTP, sources the config's, and sensors are summed.
 */
export function createMetrics(sources: StatusSources): Metrics {
  const register = new Registry()
  collectDefaultMetrics({ register })
  for (const name of MISNAMED) register.removeSingleMetric(name)

  const requests = new Counter({
    name: 'storecast_http_requests_total',
    help: 'Requests to the local HTTP interface, by route, method and status',
    labelNames: ['route', 'method', 'status'],
    registers: [register],
  })
  const seconds = new Histogram({
    name: 'storecast_http_request_seconds',
    help: 'Time from a request to its answer, by route',
    labelNames: ['route'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [register],
  })
  const gauge = (name: string, help: string, read: () => number | undefined) =>
    new Gauge({
      name: `storecast_${name}`,
      help,
      registers: [register],
      collect() {
        this.set(read() ?? 0)
      },
    })

  gauge('link_up', 'Whether the cloud has answered on the link to it', () => (sources.link().connected ? 1 : 0))
  gauge('backlog_records', 'Records the cloud has not committed yet', () => backlog(sources.db).records)
  gauge('backlog_age_seconds', 'Age of the oldest record the cloud has not committed yet, in store time', () => {
    const { oldest } = backlog(sources.db)
    return oldest === undefined ? 0 : Math.max(0, (sources.now() - oldest) / 1000)
  })
  gauge('database_bytes', 'Bytes of the database in use', () => sizeOf(sources.db).usedBytes)
  gauge('database_cap_bytes', 'Bytes that the database may take, its write-ahead log included', () => sources.capBytes)
  gauge('journal_waiting_entries', 'Readings that are in no window yet', sources.waiting)
  gauge('model_host_resident_bytes', 'Resident memory of the model host', () => sources.host()?.rss)
  gauge('models_serving', 'Models of which a version serves', () => servingModels(sources))
  gauge('models_failed', 'Models whose last update or service failed', () => failedModels(sources))
  gauge('generation', 'Generation of the desired state in force', () => sources.reported()?.generation)

  gauge('suggestions_open', 'Suggestions to staff that they may still take', () =>
    openSuggestions(sources.db, sources.now()),
  )
  new Counter({
    name: 'storecast_decisions_total',
    help: 'Products since the database began: by what was decided (reorder, hold), what kept from deciding (stock-stale, …), and what staff chose (accepted, changed, rejected)',
    labelNames: ['what'],
    registers: [register],
    collect() {
      this.reset()
      for (const { what, products } of decisionCounts(sources.db)) this.inc({ what }, products)
    },
  })

  new Counter({
    name: 'storecast_given_up_records_total',
    help: 'Records given up for space since the database began: merged into coarser ones, forgotten where the cloud has them, or dropped',
    labelNames: ['what'],
    registers: [register],
    collect() {
      this.reset()
      for (const { what, records } of concededCounts(sources.db)) this.inc({ what }, records)
    },
  })

  new Counter({
    name: 'storecast_readings_total',
    help: 'Readings since the start, by what became of them',
    labelNames: ['outcome'],
    registers: [register],
    collect() {
      this.reset()
      const heard = [...sources.heard().values()]
      this.inc({ outcome: 'accepted' }, sum(heard.map(({ accepted }) => accepted)))
      this.inc({ outcome: 'out-of-range' }, sum(heard.map(({ outOfRange }) => outOfRange)))
      this.inc({ outcome: 'duplicate' }, sum(heard.map(({ duplicate }) => duplicate)))
      this.inc({ outcome: 'wrong-type' }, sum(heard.map(({ wrongType }) => wrongType)))
      this.inc({ outcome: 'wrong-unit' }, sum(heard.map(({ wrongUnit }) => wrongUnit)))
      this.inc({ outcome: 'untrusted-time' }, sum(heard.map(({ untrusted }) => untrusted)))
    },
  })

  new Counter({
    name: 'storecast_readings_refused_total',
    help: 'What arrived and was not stored as a reading, by source and cause',
    // Sources are those of the config.
    labelNames: ['source', 'cause'],
    registers: [register],
    collect() {
      this.reset()
      for (const { source, cause, count } of sources.refusals()) this.inc({ source, cause }, count)
    },
  })

  return {
    register,
    onAnswered: ({ route, method, status, seconds: took }) => {
      requests.inc({ route, method: METHODS.has(method) ? method : 'other', status })
      seconds.observe({ route }, took)
    },
    routes: [
      {
        method: 'GET',
        path: '/metrics',
        handle: async () => ({ text: await register.metrics(), headers: { 'content-type': register.contentType } }),
      },
    ],
  }
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

const servingModels = ({ reported }: StatusSources) =>
  Object.values(reported()?.models ?? {}).filter(({ active }) => active !== null).length
const failedModels = ({ reported }: StatusSources) =>
  Object.values(reported()?.models ?? {}).filter(({ error }) => error !== undefined).length
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
