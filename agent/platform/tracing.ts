import { createTracing, type Tracing } from '@storecast/shared/tracing'
import { entryPoint } from './spawn.ts'

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
  const beside = entryPoint(new URL('./otlp.ts', import.meta.url))
  const { otlpTracer }: typeof import('./otlp.ts') = await import(beside.href)
  return createTracing(otlpTracer({ ...options, url: `${endpoint.replace(/\/$/, '')}/v1/traces` }))
}
