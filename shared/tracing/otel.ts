import { type Link, ROOT_CONTEXT, type SpanContext, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import { TRACEPARENT } from './traceparent.ts'
import type { Span, Tracer } from './tracing.ts'

export interface OtelOptions {
  /** `storecast-agent`, `storecast-cloud`. */
  readonly service: string
  readonly version: string
  /** Which of many: the device's id. */
  readonly instance: string
  readonly exporter: SpanExporter
  /** Milliseconds between two exports. */
  readonly everyMs?: number
}

/** Spans that wait for the collector at most; more are dropped: traces are no records. */
const MOST_WAITING = 2048

/** Spans by OpenTelemetry, with nothing global: a process may hold several. */
export function otelTracer({ service, version, instance, exporter, everyMs = 2_000 }: OtelOptions): Tracer {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': service,
      'service.version': version,
      'service.instance.id': instance,
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: MOST_WAITING, scheduledDelayMillis: everyMs })],
  })
  const tracer = provider.getTracer('storecast', version)
  return {
    begin(name, { parent, links = [], attributes = {}, startedAt }): Span {
      const within = contextOf(parent)
      const span = tracer.startSpan(
        name,
        {
          attributes,
          ...(startedAt !== undefined && { startTime: startedAt }),
          links: links.map(contextOf).flatMap((context): Link[] => (context ? [{ context }] : [])),
        },
        within ? trace.setSpanContext(ROOT_CONTEXT, within) : ROOT_CONTEXT,
      )
      const { traceId, spanId, traceFlags } = span.spanContext()
      let ended = false
      return {
        traceparent: `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`,
        end(failure) {
          if (ended) return
          ended = true
          if (failure !== undefined) {
            const message = failure instanceof Error ? failure.message : String(failure)
            span.setStatus({ code: SpanStatusCode.ERROR, message })
          }
          span.end()
        },
      }
    },
    [Symbol.asyncDispose]: () => provider.shutdown(),
  }
}

/** Nothing that comes from others is trusted to be well-formed: what is not is no parent. */
function contextOf(traceparent: string | undefined): SpanContext | undefined {
  const { trace: traceId, span: spanId, flags } = TRACEPARENT.exec(traceparent ?? '')?.groups ?? {}
  if (!traceId || !spanId || !flags) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
}
