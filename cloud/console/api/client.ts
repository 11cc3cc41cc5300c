import createClient, { type FetchResponse } from 'openapi-fetch'
import type { paths } from './openapi.ts'
import { problemOf, UnreachableError } from './problem.ts'

/** The REST API, typed by its own description; the session's cookie goes along by itself. */
export const api = createClient<paths>({ credentials: 'same-origin' })

/**
 * What a call answers.
 * @throws ProblemError where the cloud refuses, UnreachableError where no answer comes
 */
export async function ask<T extends Record<string | number, unknown>, Options, Media extends `${string}/${string}`>(
  call: Promise<FetchResponse<T, Options, Media>>,
): Promise<NonNullable<Extract<FetchResponse<T, Options, Media>, { data: unknown }>['data']>> {
  const { data, error, response } = await call.catch((cause) => {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new UnreachableError(cause)
  })
  if (!response.ok) throw problemOf(response.status, error)
  return data as never
}

type Answers<Path extends keyof paths, Method extends string> = paths[Path] extends {
  [M in Method]: { responses: infer R }
}
  ? R extends Record<200, { content: { 'application/json': infer Body } }>
    ? Body
    : R extends Record<201, { content: { 'application/json': infer Body } }>
      ? Body
      : never
  : never

/** What `GET path` answers: `Got<'/v1/devices/{device}'>`. */
export type Got<Path extends keyof paths> = Answers<Path, 'get'>
/** One item of the list that `GET path` answers. */
export type Item<Path extends keyof paths> = Got<Path> extends { items: (infer One)[] } ? One : never
/** The query of `GET path`. */
export type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Q } } }
  ? NonNullable<Q>
  : never
