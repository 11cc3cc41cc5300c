export { TRACEPARENT } from './traceparent.ts'
export { createTracing, type LogFields, type Span, type Tracer, type Tracing } from './tracing.ts'
