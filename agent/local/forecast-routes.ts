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

const SCORED_DAYS = 28
const DAY = 86_400_000

/**
 * `GET /v1/forecasts`: what is expected, by model and entity, with what came of it where that is known, and how good the
 * last four weeks' forecasts were. `model` and `entity` narrow it down; `at` (ISO 8601) looks back to what was expected then.
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
  const wanted = { ...(entity === null ? {} : { entity }), ...(until === undefined ? {} : { until }) }
  const found = (model === null ? known : [model]).flatMap((name) => {
    const latest = latestForecasts(db, { model: name, ...wanted })
    if (latest === undefined) return []
    const { issuedAt, madeAt, start, end, levels, ...rest } = latest
    const scores = recentScores(db, { model: name, from: now() - SCORED_DAYS * DAY })
    return [
      {
        ...rest,
        issuedAt: iso(issuedAt),
        madeAt: iso(madeAt),
        start: iso(start),
        end: iso(end),
        levels,
        scores: describe(scores),
      },
    ]
  })
  return { json: { models: found } }
}

/** JSON has no NaN: what cannot be said is null. */
function describe({ total, runs }: RecentScores): object {
  const spoken = (scores: object) =>
    Object.fromEntries(Object.entries(scores).map(([name, value]) => [name, Number.isNaN(value) ? null : value]))
  return {
    days: SCORED_DAYS,
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

const iso = (time: number) => new Date(time).toISOString()
