import type { Alert } from '../store.ts'

/** What a route is told of an alert. */
export interface Notice {
  readonly alert: Alert
  readonly status: 'firing' | 'resolved'
  /** It was told of this before. */
  readonly again: boolean
  /** Of the alert's rule, if it has one. */
  readonly runbook: string | undefined
  /** Where people read about the alert. */
  readonly link: string
  /** Real ms. */
  readonly at: number
}

/** One request that tells a receiver. */
export interface HttpCall {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Reads a secret by its name. @throws UnsendableError where the cloud was started without it */
export type Secrets = (name: string) => string

/** Sending it again cannot help: something has to be changed first. */
export class UnsendableError extends Error {
  override readonly name = 'UnsendableError'
}

export const jsonCall = (url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpCall => ({
  method: 'POST',
  url,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

/** A value from a document: itself, or the secret that it names. */
export const revealed = (value: string | { readonly secret: string }, secrets: Secrets): string =>
  typeof value === 'string' ? value : secrets(value.secret)

export const isoTime = (at: number): string => new Date(at).toISOString()

export const clipped = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`
