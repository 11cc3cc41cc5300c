/** The device answered that it will not: `code` is stable. */
export class Refused extends Error {
  readonly status: number
  readonly code: string
  /** Seconds; undefined where asking again is of no use. */
  readonly retryAfter: number | undefined

  constructor(response: Response, { code = 'unknown', error = '' }: { code?: string; error?: string }) {
    super(error)
    this.name = 'Refused'
    this.status = response.status
    this.code = code
    const seconds = Number(response.headers.get('retry-after'))
    this.retryAfter = seconds > 0 ? seconds : undefined
  }
}

/** There was no answer: the network, or the device starts anew. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

export type Ask = <T>(path: string, request?: { readonly method?: string; readonly body?: unknown }) => Promise<T>

const ANSWER_MS = 15_000

/** Asks the device that sent this page. @throws Refused, Unreachable */
export const ask: Ask = async (path, { method = 'GET', body } = {}) => {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), ANSWER_MS)
  try {
    const response = await fetch(path, {
      method,
      credentials: 'same-origin',
      // What somebody chose goes on its way though the page is being closed. Chrome 69 does not send so what is named as JSON.
      keepalive: body !== undefined,
      cache: 'no-store',
      signal: abort.signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Refused(response, parsed(text) as object)
    return parsed(text) as never
  } catch (error) {
    if (error instanceof Refused) throw error
    throw new Unreachable(String(error))
  } finally {
    clearTimeout(timer)
  }
}

/** What is no JSON did not come from the device's interface, but from something on the way. */
function parsed(text: string): unknown {
  if (text === '') return {}
  return JSON.parse(text)
}
