import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import type { Tracer } from '@storecast/shared/tracing'
import { type OtelOptions, otelTracer } from '@storecast/shared/tracing/otel'

/** A file of its own beside the bundle: a device that traces nothing loads none of it. */
export const otlpTracer = ({ url, ...options }: Omit<OtelOptions, 'exporter'> & { readonly url: string }): Tracer =>
  otelTracer({ ...options, exporter: new OTLPTraceExporter({ url }) })
