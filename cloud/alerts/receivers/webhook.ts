import type { AlertReceiver } from '@storecast/shared/contracts'
import { compileTemplate, type Json } from '@storecast/shared/expressions'
import { alertFacts } from '../told.ts'
import { type HttpCall, type Notice, revealed, type Secrets, UnsendableError } from './receiver.ts'

type Webhook = Extract<AlertReceiver, { type: 'webhook' }>

/** The request that a document describes; undefined where it says nothing about an alert's end. @throws UnsendableError */
export function webhookCall({ alert, status }: Notice, receiver: Webhook, secrets: Secrets): HttpCall | undefined {
  const call = receiver[status]
  if (!call) return undefined
  const facts = alertFacts(alert, status)
  const fill = (template: Json, encode?: (text: string) => string): unknown => {
    const answer = compileTemplate(template, ['alert'], encode)({ alert: facts })
    if ('value' in answer) return answer.value
    throw new UnsendableError(`The webhook's ${status} call cannot be filled: ${answer.error}`)
  }
  // What a secret says is no template; what is filled into a URL stays one part of it.
  const text = (value: string | { readonly secret: string }, encode?: (text: string) => string) =>
    typeof value === 'string' ? String(fill(value, encode)) : revealed(value, secrets)
  const headers = Object.entries(call.headers).map(([name, value]) => [name.toLowerCase(), text(value)])
  return {
    method: call.method,
    url: text(call.url, encodeURIComponent),
    headers: { 'content-type': 'application/json', ...Object.fromEntries(headers) },
    body: JSON.stringify(call.body === undefined ? facts : fill(call.body as Json)),
  }
}
