import { STATUS_CODES } from 'node:http'
import type { FastifyError } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  CloudError,
  ConflictError,
  ForbiddenError,
  InvalidError,
  NotFoundError,
  RateLimitedError,
  TooLargeError,
  UnauthenticatedError,
  UnavailableError,
} from '../platform/errors.ts'

/** RFC 9457, `application/problem+json`. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  /** Stable, for programs. */
  code: z.string(),
  /** What was wrong, where, and what to do. */
  detail: z.string(),
  /** Each place in the request that is wrong. */
  errors: z.array(z.object({ at: z.string(), message: z.string() })).optional(),
})
export type Problem = z.infer<typeof Problem>

const STATUS: readonly (readonly [new (...args: never[]) => CloudError, number])[] = [
  [InvalidError, 400],
  [UnauthenticatedError, 401],
  [ForbiddenError, 403],
  [NotFoundError, 404],
  [ConflictError, 409],
  [TooLargeError, 413],
  [RateLimitedError, 429],
  [UnavailableError, 503],
]

/** Fastify's own refusals, by its code. */
const FASTIFY: Readonly<Record<string, readonly [code: string, detail: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['body-too-large', 'The body is larger than this call takes. Send less at once.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'media-type',
    'This call does not take that content type. The description at /v1/openapi.json says which it takes.',
  ],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid-json', 'The body is empty where JSON was announced. Send a JSON document.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid-json', 'The body is not valid JSON. Check it, and send it again.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['content-length', 'The body is not as long as its Content-Length says.'],
}

/** The answer for any error; what is not ours says nothing of the inside. */
export function problemOf(error: unknown): Problem {
  if (error instanceof CloudError) {
    const status = STATUS.find(([kind]) => error instanceof kind)?.[1] ?? 500
    return problem(status, error.code, error.message)
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const place = error.validationContext ?? 'request'
    const errors = error.validation.slice(0, 20).map((issue) => ({
      at: `${place}${issue.instancePath.replaceAll('/', '.')}`,
      message: issue.message ?? 'is not valid',
    }))
    const first = errors[0]
    const detail = `${first?.at ?? place}: ${first?.message ?? 'is not valid'}. The description at /v1/openapi.json says what is expected.`
    return { ...problem(400, 'invalid-request', detail), errors }
  }
  const { code = '', statusCode = 500 } = error as FastifyError
  const known = FASTIFY[code]
  if (known) return problem(statusCode, ...known)
  if (error instanceof SyntaxError && statusCode === 400) return problem(400, ...FASTIFY.FST_ERR_CTP_INVALID_JSON_BODY!)
  if (statusCode >= 400 && statusCode < 500) {
    return problem(
      statusCode,
      'invalid-request',
      'The request cannot be understood. Check it against /v1/openapi.json.',
    )
  }
  return problem(500, 'internal', 'Something failed here that is not your fault; the log has the details.')
}

export function problem(status: number, code: string, detail: string): Problem {
  return { type: `urn:storecast:problem:${code}`, title: STATUS_CODES[status] ?? 'Error', status, code, detail }
}
