import { DecisionAnswer } from '@storecast/shared/contracts'
import { z } from 'zod'
import {
  type ChoiceMade,
  DECISION_STATES,
  type Decisions,
  type ListedDecision,
  listDecisions,
  listed,
} from '../decisions/index.ts'
import type { Connection } from '../platform/database.ts'
import { WriterError } from '../platform/writer.ts'
import { HttpError } from './errors.ts'
import type { LocalRequest, Reply, Route } from './routes.ts'

export interface DecisionRoutesOptions {
  readonly db: Connection
  readonly decisions: Pick<Decisions, 'choose'>
  /** What people call a product; undefined where the catalogue has no name for it. */
  readonly nameOf: (entity: string) => string | undefined
  /** Store time. */
  readonly now: () => number
}

const MOST_LISTED = 500
const MAX_ANSWER_BYTES = 4096

const Query = z.strictObject({
  state: z.enum(DECISION_STATES).default('open'),
  entity: z.string().min(1).max(64).optional(),
  cursor: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(MOST_LISTED).default(100),
})

/**
 * `GET /v1/decisions`: what is suggested to staff (`state=open`, the default), what they chose (`chosen`), what they did not in
 * time (`missed`), holds (`hold`), or `all`; of one product with `entity`. A page has `limit` of them, the newest first, and
 * the `cursor` of the next.
 *
 * `POST /v1/decisions/{id}/choice`: `{"choice": "accepted"}`, `{"choice": "changed", "quantity": 6}` or
 * `{"choice": "rejected", "reason": "…"}`. Answered once it is durable; the same choice again is answered as the first.
 */
export function decisionRoutes(options: DecisionRoutesOptions): Route[] {
  return [
    { method: 'GET', path: '/v1/decisions', staff: true, handle: (request) => list(request, options) },
    { method: 'POST', path: '/v1/decisions/{id}/choice', staff: true, handle: (request) => choose(request, options) },
  ]
}

function list({ query }: LocalRequest, { db, nameOf, now }: DecisionRoutesOptions): Reply {
  const { cursor, limit, ...wanted } = checked(Query, Object.fromEntries(query), 'bad-query')
  const found = listDecisions(db, { ...wanted, before: cursor, limit: limit + 1, now: now() })
  const page = found.slice(0, limit)
  return {
    json: {
      decisions: page.map((decision) => describe(decision, nameOf)),
      next: found.length > limit ? page.at(-1)!.id : null,
    },
  }
}

async function choose(
  { params, body }: LocalRequest,
  { decisions, nameOf, now }: DecisionRoutesOptions,
): Promise<Reply> {
  const answer = checked(DecisionAnswer, parsed(await body(MAX_ANSWER_BYTES)), 'bad-choice')
  const made = await decisions.choose({ id: params.id!, answer }).catch((cause: unknown) => {
    if (!(cause instanceof WriterError)) throw cause
    const message = 'the choice could not be stored and was not taken in: choose again'
    throw new HttpError(503, { code: cause.code, message, headers: { 'retry-after': '5' } }, { cause })
  })
  if ('row' in made) return { json: describe(listed(made.row, now()), nameOf) }
  throw refusalOf(made, params.id!)
}

function refusalOf({ state }: Exclude<ChoiceMade, { row: unknown }>, id: string): HttpError {
  const messages = {
    unknown: `this device has no decision ${JSON.stringify(id.slice(0, 64))}: GET /v1/decisions lists what it suggests`,
    'not-suggested': 'nothing was suggested here: there is nothing to choose',
    otherwise: 'something else was chosen before: the first choice stands',
    closed:
      'the suggestion is no longer open: a newer one has replaced it, or its time is over. GET /v1/decisions again',
  }
  return new HttpError(state === 'unknown' ? 404 : 409, { code: `decision-${state}`, message: messages[state] })
}

/** Times as ISO 8601; what is not there yet is null. */
function describe(decision: ListedDecision, nameOf: DecisionRoutesOptions['nameOf']): object {
  const { issuedAt, start, end, choice, outcome, ...rest } = decision
  const name = nameOf(decision.entity)
  const times = { issuedAt: iso(issuedAt), start: iso(start), end: iso(end) }
  const chosen = choice && { ...choice, chosenAt: iso(choice.chosenAt) }
  const judged = outcome && { ...outcome, judgedAt: iso(outcome.judgedAt) }
  return { ...rest, ...(name !== undefined && { name }), ...times, choice: chosen ?? null, outcome: judged ?? null }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch (cause) {
    throw new HttpError(
      400,
      { code: 'bad-json', message: `the body is not JSON: ${(cause as Error).message}` },
      { cause },
    )
  }
}

function checked<T extends z.ZodType>(schema: T, value: unknown, code: string): z.output<T> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new HttpError(400, { code, message: z.prettifyError(result.error).slice(0, 500) }, { cause: result.error })
}

const iso = (time: number) => new Date(time).toISOString()
