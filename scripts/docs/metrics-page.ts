import type { Agent } from '../../agent/agent.ts'
import { code, page, sentence, table } from './markdown.ts'
import { unitOf } from './type-text.ts'

type Registry = Agent['metrics']

interface Metric {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly labels: readonly string[]
}

/** prom-client's metrics know the names of their labels, though its types do not tell. */
type Labelled = { readonly labelNames?: readonly string[] }

const metricsOf = (registry: Registry): readonly Metric[] =>
  registry
    .getMetricsAsArray()
    .map((metric) => ({
      name: metric.name,
      help: metric.help,
      type: String(metric.type),
      labels: (metric as Labelled).labelNames ?? [],
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))

const UNIT_ENDINGS = /_(seconds|bytes|total|timestamp_seconds)$/

function metricUnit({ name, type }: Metric): string {
  if (name.endsWith('_timestamp_seconds')) return 'Unix time, s'
  if (type === 'counter' && !/_(seconds|bytes)_total$/.test(name)) return 'count'
  return unitOf(name.replace(/_total$/, '')) ?? (UNIT_ENDINGS.test(name) ? '' : 'number')
}

const rows = (metrics: readonly Metric[]) =>
  metrics.map((metric) => [
    code(metric.name),
    metric.type,
    metricUnit(metric),
    metric.labels.map(code).join(', ') || '–',
    sentence(metric.help),
  ])
const HEAD = ['metric', 'type', 'unit', 'labels', 'what']

export function metricsPage({ agent, cloud }: { readonly agent: Registry; readonly cloud: Registry }): string {
  const [ofAgent, ofCloud] = [metricsOf(agent), metricsOf(cloud)]
  const own = (metrics: readonly Metric[]) => metrics.filter(({ name }) => name.startsWith('storecast_'))
  const node = ofCloud.filter(({ name }) => !name.startsWith('storecast_'))
  return page(
    '# Metrics',
    'In Prometheus’ text format. Every label has few values by construction: none is a device, a sensor or a product. A histogram has `_bucket`, `_sum` and `_count` after its name. Scrape configuration, recording and alerting rules are in [fleet/prometheus](../../fleet/prometheus), dashboards in [fleet/grafana](../../fleet/grafana).',
    '## The cloud',
    '`GET /metrics` of the API, with the permission `metrics.read`; from the same machine without a token.',
    table(HEAD, rows(own(ofCloud))),
    '## The agent',
    '`GET /metrics` of the local HTTP interface, port 8480.',
    table(HEAD, rows(own(ofAgent))),
    '## Both',
    'What [prom-client](https://github.com/siimon/prom-client) tells of any Node.js process.',
    table(HEAD, rows(node)),
  )
}
