import { latestForecasts, type RecentScores, recentScores } from '../forecasts/index.ts'
import type { Models } from '../inference/index.ts'
import type { Connection } from '../platform/database.ts'
import { HttpError } from './errors.ts'
import type { LocalRequest, Reply, Route } from './routes.ts'

export interface ForecastRoutesOptions {
  readonly db: Connection
  readonly models: Pick<Models, 'versions'>
  /** Store time. */
  readonly now: () => number
}

const DAY = 86_400_000
const MOST_SCORED_DAYS = 120

/**
 * `GET /v1/forecasts`: what is expected, by model and entity, with what came of it where that is known. `model` and `entity`
 * narrow it down; `at` (ISO 8601) looks back to what was expected then; `scores=28` adds how good the forecasts of the last
 * 28 days were.
 */
export function forecastRoutes(options: ForecastRoutesOptions): Route[] {
  return [{ method: 'GET', path: '/v1/forecasts', handle: (request) => answer(request, options) }]
}

function answer({ query }: LocalRequest, { db, models, now }: ForecastRoutesOptions): Reply {
  const known = [...models.versions().keys()]
  const model = query.get('model')
  if (model !== null && !known.includes(model)) {
    const message = `this device has no model ${JSON.stringify(model.slice(0, 64))}: it has ${known.join(', ') || 'none yet'}`
    throw new HttpError(404, { code: 'unknown-model', message })
  }
  const entity = query.get('entity')
  const until = timeOf(query.get('at'))
  const days = daysOf(query.get('scores'))
  const wanted = { ...(entity === null ? {} : { entity }), ...(until === undefined ? {} : { until }) }
  const found = (model === null ? known : [model]).flatMap((name) => {
    const latest = latestForecasts(db, { model: name, ...wanted })
    if (latest === undefined) return []
    const { issuedAt, madeAt, start, end, forecasts, ...rest } = latest
    const times = { issuedAt: iso(issuedAt), madeAt: iso(madeAt), start: iso(start), end: iso(end) }
    const scores = days && describe(recentScores(db, { model: name, from: now() - days * DAY }))
    return [{ ...rest, ...times, ...(scores && { scores }), forecasts }]
  })
  return { json: { models: found } }
}

/** JSON has no NaN: what cannot be said is null. */
function describe({ total, runs }: RecentScores): object {
  const spoken = (scores: object) =>
    Object.fromEntries(Object.entries(scores).map(([name, value]) => [name, Number.isNaN(value) ? null : value]))
  return {
    total: spoken(total),
    runs: runs.map(({ issuedAt, start, end, ...run }) => ({
      ...spoken(run),
      issuedAt: iso(issuedAt),
      start: iso(start),
      end: iso(end),
    })),
  }
}

function timeOf(text: string | null): number | undefined {
  if (text === null) return undefined
  const time = Date.parse(text)
  if (!Number.isNaN(time)) return time
  throw new HttpError(400, {
    code: 'bad-time',
    message: `at: ${JSON.stringify(text.slice(0, 40))} is no time; write 2026-03-01T12:00:00Z`,
  })
}

function daysOf(text: string | null): number | undefined {
  if (text === null) return undefined
  const days = Number(text)
  if (Number.isInteger(days) && days >= 1 && days <= MOST_SCORED_DAYS) return days
  const message = `scores: a number of days from 1 to ${MOST_SCORED_DAYS}, not ${JSON.stringify(text.slice(0, 40))}`
  throw new HttpError(400, { code: 'bad-days', message })
}

const iso = (time: number) => new Date(time).toISOString()
