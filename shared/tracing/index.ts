export { createTracing, type LogFields, type Span, TRACEPARENT, type Tracer, type Tracing } from './tracing.ts'
