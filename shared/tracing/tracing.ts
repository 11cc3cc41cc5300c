import { AsyncLocalStorage } from 'node:async_hooks'
import { traceOf } from './traceparent.ts'

type Attributes = Readonly<Record<string, string | number | boolean>>

/** What a log line says of the work that it is part of. */
export interface LogFields {
  readonly trace?: string
  readonly device?: string
  readonly rollout?: string
}

export interface SpanOptions {
  /** `traceparent` of the span that this one is part of; absent or not one: that of the work that runs now, if it has one. */
  readonly parent?: string | undefined
  /** Other traces that come together here. */
  readonly links?: readonly string[]
  readonly attributes?: Attributes
  /** Unix milliseconds; by default now. */
  readonly startedAt?: number
}

export interface Span {
  /** As W3C Trace Context has it, for messages to others; undefined where nothing is traced. */
  readonly traceparent: string | undefined
  /** Spans that are not ended are never exported; a second end says nothing more. */
  end(failure?: unknown): void
}

/** Spans of a program, exported or not. */
export interface Tracing extends AsyncDisposable {
  /** Whether spans go anywhere: what only serves them is left out where they do not. */
  readonly isOn: boolean
  begin(name: string, options?: SpanOptions): Span
  /** Work as a span; its log lines carry the trace and the fields, and the spans that begin in it are part of it. */
  run<T>(
    name: string,
    options: SpanOptions & { readonly log?: LogFields },
    work: (span: Span) => Promise<T>,
  ): Promise<T>
  /** `traceparent` of the work that runs now. */
  current(): string | undefined
  /** Of the work that runs now, for every log line. */
  logFields(): LogFields
}

/** Makes spans; the exporting side is loaded only where it is asked for. */
export interface Tracer extends AsyncDisposable {
  begin(name: string, options: SpanOptions): Span
}

interface Running {
  readonly traceparent: string | undefined
  readonly fields: LogFields
}

const NO_SPAN: Span = { traceparent: undefined, end: () => undefined }

/** @param tracer absent: nothing is traced; logs still say what they are about */
export function createTracing(tracer?: Tracer): Tracing {
  const running = new AsyncLocalStorage<Running>()
  const begin: Tracing['begin'] = (name, options = {}) => {
    const parent = options.parent ?? running.getStore()?.traceparent
    return tracer?.begin(name, { ...options, parent }) ?? NO_SPAN
  }
  return {
    isOn: tracer !== undefined,
    begin,
    async run(name, { log, ...options }, work) {
      const span = begin(name, options)
      const trace = traceOf(span.traceparent)
      const fields = { ...running.getStore()?.fields, ...log, ...(trace !== undefined && { trace }) }
      return running.run({ traceparent: span.traceparent, fields }, async () => {
        try {
          const result = await work(span)
          span.end()
          return result
        } catch (error) {
          span.end(error)
          throw error
        }
      })
    },
    current: () => running.getStore()?.traceparent,
    logFields: () => running.getStore()?.fields ?? {},
    async [Symbol.asyncDispose]() {
      await tracer?.[Symbol.asyncDispose]()
    },
  }
}
