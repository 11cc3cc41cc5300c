import type { AlertRoute } from '@storecast/shared/contracts'
import { type HttpCall, UnsendableError } from './receivers/receiver.ts'

/** Not now: it may work later. */
export class NotNowError extends Error {
  override readonly name = 'NotNowError'
  readonly afterMs: number
  constructor(message: string, afterMs = 0) {
    super(message)
    this.afterMs = afterMs
  }
}

export type ReceiverType = AlertRoute['spec']['receiver']['type']

const TIMEOUT_MS = 10_000
const MAX_ANSWER = 300
const LONGEST_WAIT_MS = 3_600_000
/** Statuses that say "later"; what else is below 500 says that the request is wrong. */
const LATER = new Set([408, 425, 429])

/**
 * Sends one request, and follows no redirect. What its URL says may be a secret: messages name its host.
 * @throws UnsendableError, NotNowError
 */
export async function sendCall({ url, ...call }: HttpCall): Promise<void> {
  const host = webHostOf(url)
  let response: Response
  try {
    response = await fetch(url, { ...call, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })
  } catch (error) {
    const { cause, message } = error as Error
    const code = (cause as { code?: string } | undefined)?.code
    throw new NotNowError(`${host} cannot be reached (${code ?? message})`)
  }
  if (response.ok) {
    await response.body?.cancel()
    return
  }
  const told = `${host} answered ${response.status}: ${await beginningOf(response)}`
  if (response.status >= 500 || LATER.has(response.status)) throw new NotNowError(told, retryAfter(response))
  throw new UnsendableError(told)
}

function webHostOf(url: string): string {
  const parsed = URL.parse(url)
  if (parsed && /^https?:$/.test(parsed.protocol)) return parsed.host
  throw new UnsendableError(
    'The receiver has no URL of http or https: see what its route says, and the secret that it names, and send it again.',
  )
}

/** In seconds, or a date; anything else says nothing. */
function retryAfter(response: Response): number {
  const header = response.headers.get('retry-after') ?? ''
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(wait) ? Math.min(Math.max(0, wait), LONGEST_WAIT_MS) : 0
}

async function beginningOf(response: Response): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      if (text.length >= MAX_ANSWER) break
    }
  } catch (error) {
    return `(the answer broke off: ${(error as Error).message})`
  }
  return text.slice(0, MAX_ANSWER).replaceAll(/\p{C}+/gu, ' ')
}
