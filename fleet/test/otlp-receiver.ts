import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** A span as it was exported. */
export interface ReceivedSpan {
  readonly service: string
  readonly instance: string
  readonly trace: string
  readonly id: string
  /** Empty: a root. */
  readonly parent: string
  readonly name: string
  readonly attributes: Readonly<Record<string, string | number>>
  /** Unix ms. */
  readonly start: number
  readonly end: number
  readonly failed: boolean
}

interface Value {
  readonly stringValue?: string
  readonly intValue?: number | string
  readonly doubleValue?: number
}
interface Keyed {
  readonly key: string
  readonly value: Value
}
interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Keyed[] }
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: string
        readonly spanId: string
        readonly parentSpanId?: string
        readonly name: string
        readonly startTimeUnixNano: string
        readonly endTimeUnixNano: string
        readonly attributes?: readonly Keyed[]
        readonly status?: { readonly code?: number }
      }[]
    }[]
  }[]
}

/** Takes spans as a collector does (OTLP/HTTP, JSON), and keeps them. */
export async function otlpReceiver() {
  const spans: ReceivedSpan[] = []
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.method !== 'POST' || request.url !== '/v1/traces') return void response.writeHead(404).end()
    const { resourceSpans } = (await json(request)) as ExportRequest
    for (const { resource, scopeSpans } of resourceSpans) {
      const of = values(resource.attributes)
      for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
        spans.push({
          service: String(of['service.name']),
          instance: String(of['service.instance.id']),
          trace: span.traceId,
          id: span.spanId,
          parent: span.parentSpanId ?? '',
          name: span.name,
          attributes: values(span.attributes ?? []),
          start: Number(BigInt(span.startTimeUnixNano) / 1_000_000n),
          end: Number(BigInt(span.endTimeUnixNano) / 1_000_000n),
          failed: span.status?.code === 2,
        })
      }
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }
  const server = createServer((request, response) => {
    // A program that is killed leaves its request in the middle.
    take(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const values = (attributes: readonly Keyed[]): Record<string, string | number> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue ?? value.doubleValue)]),
  )
