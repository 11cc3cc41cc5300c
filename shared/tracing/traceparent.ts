/** `00-<trace>-<span>-<flags>`: version 00 of W3C Trace Context, and what later versions begin with. */
export const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?<trace>(?!0{32})[0-9a-f]{32})-(?<span>(?!0{16})[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?:-|$)/

/** The trace's id. */
export const traceOf = (traceparent: string | undefined): string | undefined =>
  TRACEPARENT.exec(traceparent ?? '')?.groups?.trace
