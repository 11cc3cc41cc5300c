import type { IncomingHttpHeaders } from 'node:http'
import { HttpError } from './errors.ts'

export interface LocalRequest {
  /** Decoded values of the path's `{names}`. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** Where the call comes from; a proxy, where there is one. */
  readonly from: { readonly address: string; readonly isThisMachine: boolean }
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal
  /**
   * The whole body.
   * @throws HttpError 413 as soon as it is over the cap, 408 where it does not come in time
   */
  body(maxBytes: number): Promise<Buffer>
}

/** `json` is written as JSON, `text` and `bytes` as they are; none of them: no body. */
export interface Reply {
  readonly status?: number
  readonly json?: unknown
  readonly text?: string
  /** What they are, a header tells. */
  readonly bytes?: Uint8Array
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** `/v2/models/{name}`; also the route's label in metrics, so that their number is bounded. */
  readonly path: string
  /** Asked for without a token too: probes of an orchestrator carry none, nor does who is about to sign in. */
  readonly open?: boolean
  /** Staff who have signed in on the page may call it. */
  readonly staff?: boolean
  readonly handle: (request: LocalRequest) => Promise<Reply> | Reply
}

export interface Match {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

/** Finds routes by method and path, segment by segment. */
export class RouteTable {
  readonly #routes: readonly { readonly route: Route; readonly segments: readonly string[] }[]

  constructor(routes: readonly Route[]) {
    this.#routes = routes.map((route) => ({ route, segments: route.path.split('/') }))
  }

  /** @throws HttpError 404 where no route has this path, 405 where one has it for another method */
  find(method: string, path: string): Match {
    const segments = path.split('/')
    const matches = this.#routes.flatMap(({ route, segments: pattern }) => {
      const params = matchSegments(pattern, segments)
      return params ? [{ route, params }] : []
    })
    const match = matches.find(({ route }) => route.method === method || (method === 'HEAD' && route.method === 'GET'))
    if (match) return match
    if (matches.length === 0)
      throw new HttpError(404, { code: 'not-found', message: `there is nothing at ${clip(path)}` })
    const allow = matches.map(({ route }) => route.method).join(', ')
    const message = `${clip(path)} takes ${allow}`
    throw new HttpError(405, { code: 'wrong-method', message, headers: { allow } })
  }
}

function matchSegments(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [i, expected] of pattern.entries()) {
    const segment = segments[i]!
    if (!expected.startsWith('{')) {
      if (segment !== expected) return undefined
      continue
    }
    const value = decode(segment)
    if (value === undefined || value === '') return undefined
    params[expected.slice(1, -1)] = value
  }
  return params
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    // A broken escape names nothing.
    return undefined
  }
}

const clip = (path: string) => JSON.stringify(path.slice(0, 100))
