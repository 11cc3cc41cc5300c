import { createHmac } from 'node:crypto'

/** What a login is told apart by, on its way to the provider and back. */
export interface Login {
  readonly state: string
  readonly nonce: string
  /** Of PKCE, RFC 7636: 43 characters that only who holds the browser's secret can know. */
  readonly verifier: string
}

/**
 * Made of the browser's secret alone, so that nothing is kept here of those who begin and never come back. The provider sees
 * state and nonce, and neither the secret nor the verifier can be had from them.
 * @param secret 256 random bits
 */
export function loginOf(secret: string): Login {
  const derived = (what: string) => createHmac('sha256', secret).update(what).digest('base64url')
  return { state: derived('state'), nonce: derived('nonce'), verifier: derived('verifier') }
}
