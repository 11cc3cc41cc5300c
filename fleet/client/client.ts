/** The cloud answered that it would not. */
export class CloudRequestError extends Error {
  override readonly name = 'CloudRequestError'
  readonly code: string
  readonly status: number

  constructor(request: string, status: number, problem: { code?: unknown; detail?: unknown; title?: unknown }) {
    const said = [problem.detail, problem.title].find((text) => typeof text === 'string') ?? 'no reason given'
    super(`${request}: ${said} (${status})`)
    this.status = status
    this.code = typeof problem.code === 'string' ? problem.code : 'request-refused'
  }
}

/** The cloud's REST API as JavaScript values; what it answers is trusted to be what its OpenAPI document says. */
export interface CloudClient {
  readonly url: string
  get<T>(path: string): Promise<T>
  put<T>(path: string, body: unknown): Promise<T>
  post<T>(path: string, body?: unknown): Promise<T>
  patch<T>(path: string, body: unknown): Promise<T>
  delete<T>(path: string): Promise<T>
  /** Adds bytes to what is there. */
  append<T>(path: string, bytes: Uint8Array): Promise<T>
  /** What is there, byte for byte. */
  bytes(path: string): Promise<Buffer>
}

interface ClientOptions {
  readonly url: string
  readonly token?: string
  /** Hears what policies warn of. */
  readonly warn?: (text: string) => void
}

/** @throws CloudRequestError from each call that the cloud refuses; TypeError where it cannot be reached */
export function cloudClient({ url, token, warn }: ClientOptions): CloudClient {
  const send = async (method: string, path: string, body?: unknown): Promise<Buffer> => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': isBytes(body) ? 'application/octet-stream' : 'application/json' }),
      },
      ...(body !== undefined && { body: isBytes(body) ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    })
    for (const warning of warnings(response)) warn?.(warning)
    const bytes = Buffer.from(await response.arrayBuffer())
    if (!response.ok) throw new CloudRequestError(`${method} ${path}`, response.status, problem(bytes.toString()))
    return bytes
  }
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const text = (await send(method, path, body)).toString()
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
  return {
    url,
    get: (path) => call('GET', path),
    put: (path, body) => call('PUT', path, body),
    post: (path, body) => call('POST', path, body),
    patch: (path, body) => call('PATCH', path, body),
    delete: (path) => call('DELETE', path),
    append: (path, bytes) => call('PATCH', path, bytes),
    bytes: (path) => send('GET', path),
  }
}

const isBytes = (body: unknown): body is Uint8Array => body instanceof Uint8Array

type Query = Readonly<Record<string, string | undefined>>

/** The pages of a list, one after the other. @param query what is undefined is left out */
export async function* pages<T>(
  client: Pick<CloudClient, 'get'>,
  path: string,
  query: Query = {},
): AsyncGenerator<readonly T[]> {
  let cursor: string | undefined
  do {
    const given = Object.entries({ ...query, cursor }).filter((pair): pair is [string, string] => pair[1] !== undefined)
    const text = new URLSearchParams(given).toString()
    const page = await client.get<{ items: readonly T[]; next?: string }>(text === '' ? path : `${path}?${text}`)
    yield page.items
    cursor = page.next
  } while (cursor !== undefined)
}

const MAX_PAGE = 500

/** The first of a list; all of it without a limit. */
export async function listSome<T>(
  client: Pick<CloudClient, 'get'>,
  path: string,
  query: Query,
  limit = Number.POSITIVE_INFINITY,
): Promise<T[]> {
  const items: T[] = []
  const page = { ...query, limit: String(Math.min(limit, MAX_PAGE)) }
  for await (const part of pages<T>(client, path, page)) {
    items.push(...part)
    if (items.length >= limit) break
  }
  return items.slice(0, limit)
}

/** All of a list. */
export async function listAll<T>(client: Pick<CloudClient, 'get'>, path: string, query?: Query): Promise<T[]> {
  const items: T[] = []
  for await (const page of pages<T>(client, path, query)) items.push(...page)
  return items
}

function warnings(response: Response): readonly string[] {
  const header = response.headers.get('storecast-warnings')
  return header === null ? [] : JSON.parse(header)
}

function problem(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text)
  } catch {
    return { detail: text.slice(0, 300) } // a proxy's page, not the cloud's answer
  }
}
