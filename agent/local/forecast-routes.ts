import {
  type EntityForecast,
  latestForecasts,
  type RecentScores,
  recentScores,
  type SoFar,
  soFar,
} from '../forecasts/index.ts'
import type { Models } from '../inference/index.ts'
import type { Connection } from '../platform/database.ts'
import { HttpError } from './errors.ts'
import type { LocalRequest, Reply, Route } from './routes.ts'

export interface ForecastRoutesOptions {
  readonly db: Connection
  readonly models: Pick<Models, 'versions' | 'serving'>
  /** What people call an entity; undefined where the catalogue has no name for it. */
  readonly nameOf: (entity: string) => string | undefined
  /** Store time. */
  readonly now: () => number
}

const DAY = 86_400_000
const MOST_SCORED_DAYS = 120

/**
 * `GET /v1/forecasts`: what is expected, by model and entity, with what came of it where that is known. `model` and `entity`
 * narrow it down; `at` (ISO 8601) looks back to what was expected then; `scores=28` adds how good the forecasts of the last
 * 28 days were; `so-far=1` what was sold since the span began, for models of products; `detail=totals` leaves out what is
 * told hour by hour.
 */
export function forecastRoutes(options: ForecastRoutesOptions): Route[] {
  return [{ method: 'GET', path: '/v1/forecasts', staff: true, handle: (request) => answer(request, options) }]
}

async function answer({ query }: LocalRequest, { db, models, nameOf, now }: ForecastRoutesOptions): Promise<Reply> {
  const known = [...models.versions().keys()]
  const model = query.get('model')
  if (model !== null && !known.includes(model)) {
    const message = `this device has no model ${JSON.stringify(model.slice(0, 64))}: it has ${known.join(', ') || 'none yet'}`
    throw new HttpError(404, { code: 'unknown-model', message })
  }
  const entity = query.get('entity') ?? undefined
  const until = timeOf(query.get('at'))
  const days = daysOf(query.get('scores'))
  const detail = query.get('detail') === 'totals' ? totalsOnly : (forecast: EntityForecast) => forecast
  const wanted = { ...(entity === undefined ? {} : { entity }), ...(until === undefined ? {} : { until }) }
  const found: object[] = []
  for (const name of model === null ? known : [model]) {
    const latest = latestForecasts(db, { model: name, ...wanted })
    if (latest === undefined) continue
    const { issuedAt, madeAt, start, end, forecasts, ...rest } = latest
    const times = { issuedAt: iso(issuedAt), madeAt: iso(madeAt), start: iso(start), end: iso(end) }
    const scores = days && describe(recentScores(db, { model: name, from: now() - days * DAY }))
    const target = query.get('so-far') === '1' ? await targetOf(models, name) : undefined
    const sold = target === undefined ? undefined : soFar(db, { sensor: target, entity, start, end })
    const entries = forecasts.map((forecast) => ({
      ...detail(forecast),
      ...named(nameOf(forecast.entity)),
      ...(sold && { soFar: describeSoFar(sold.get(forecast.entity) ?? []) }),
    }))
    found.push({ ...rest, ...times, ...(scores && { scores }), forecasts: entries })
  }
  return { json: { models: found } }
}

function totalsOnly({ hourly: _, accumulated: __, steps: ___, ...totals }: EntityForecast) {
  return totals
}

const named = (name: string | undefined) => (name === undefined ? {} : { name })

/** The sensor whose daily sum a model forecasts; undefined where it forecasts something else, or nothing serves. */
async function targetOf(models: ForecastRoutesOptions['models'], name: string): Promise<string | undefined> {
  const view = (await models.serving(name))?.manifest.definition.spec.view
  return view?.kind === 'daily-demand' ? view.target : undefined
}

const describeSoFar = (points: readonly SoFar[]) => points.map(({ at, total }) => ({ at: iso(at), total }))

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
