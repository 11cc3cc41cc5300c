/** The cloud's REST API as its OpenAPI document describes it: the shapes that the console and the command line speak. */

import type { paths } from './openapi.ts'

export type { paths } from './openapi.ts'

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
/** What `POST path` answers. */
export type Posted<Path extends keyof paths> = Answers<Path, 'post'>
/** One item of the list that `GET path` answers. */
export type Item<Path extends keyof paths> = Got<Path> extends { items: (infer One)[] } ? One : never
/** The query of `GET path`. */
export type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Q } } }
  ? NonNullable<Q>
  : never
