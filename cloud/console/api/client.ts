import type { paths } from '@storecast/shared/api'
import createClient, { type FetchResponse } from 'openapi-fetch'
import { problemOf, UnreachableError } from './problem.ts'

export type { Got, Item, QueryOf } from '@storecast/shared/api'

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
