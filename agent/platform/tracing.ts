import { createTracing, type Tracing } from '@storecast/shared/tracing'

interface TracingOptions {
  /** Base URL of an OTLP/HTTP receiver, as `http://collector:4318`; undefined: nothing is traced. */
  readonly endpoint: string | undefined
  readonly service: string
  readonly version: string
  readonly instance: string
}

/** Loads OpenTelemetry only where spans go anywhere: it costs some megabytes. */
export async function openTracing({ endpoint, ...options }: TracingOptions): Promise<Tracing> {
  if (endpoint === undefined) return createTracing()
  const { otelTracer } = await import('@storecast/shared/tracing/otel')
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`
  return createTracing(otelTracer({ ...options, exporter: new OTLPTraceExporter({ url }) }))
}
