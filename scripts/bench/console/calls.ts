import { BUNDLE } from './fleet-rows.ts'
import type { CloudProgram } from './program.ts'

/** A GET that a page makes. */
export interface ReadCall {
  /** The route's pattern, and which page of it: `/v1/devices deep`. */
  readonly name: string
  readonly path: string
}

interface OpenApi {
  readonly paths: Record<
    string,
    Record<
      string,
      { responses?: Record<string, { content?: Record<string, unknown> }>; parameters?: { name: string; in: string }[] }
    >
  >
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** How often a page is turned to be deep in its list. */
const DEEP = 8

/**
 * Every GET of the API's own description that answers JSON: its first page, and one deep in the list.
 * @throws Error where a route needs something that this does not know
 */
export async function readCalls({ call }: Pick<CloudProgram, 'call'>, now: number): Promise<readonly ReadCall[]> {
  const get = async (path: string) => {
    const { status, body } = await call('GET', path)
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body).slice(0, 300)}`)
    return body
  }
  const things = await thingsOf(get)
  const bundleOf = String((await get('/v1/devices?limit=1')).items![0]!.id)
  const { paths } = (await get('/v1/openapi.json')) as unknown as OpenApi
  const calls: ReadCall[] = []
  for (const [pattern, { get: route }] of Object.entries(paths)) {
    if (!route?.responses?.['200']?.content?.['application/json'] || NO_PAGES.includes(pattern)) continue
    for (const [variant, query] of variantsOf(pattern, now, things)) {
      const path = `${pathOf(pattern, things, bundleOf)}${query === '' ? '' : `?${query}`}`
      const name = variant === '' ? pattern : `${pattern} ${variant}`
      calls.push({ name, path })
      const hasPages = route.parameters?.some((one) => one.in === 'query' && one.name === 'cursor')
      const cursor = hasPages ? await deepCursor(get, path) : undefined
      if (cursor) calls.push({ name: `${name} deep`, path: `${path}${query === '' ? '?' : '&'}cursor=${cursor}` })
    }
  }
  return calls
}

type Get = (path: string) => Promise<{ items?: readonly Record<string, unknown>[]; next?: string }>

async function deepCursor(get: Get, path: string): Promise<string | undefined> {
  let cursor: string | undefined
  for (let turned = 0; turned < DEEP; turned++) {
    const { next } = await get(`${path}${path.includes('?') ? '&' : '?'}limit=500${cursor ? `&cursor=${cursor}` : ''}`)
    if (next === undefined) break
    cursor = next
  }
  return cursor
}

type Things = Readonly<Record<string, string>>

async function thingsOf(get: Get): Promise<Things> {
  const first = async (path: string) => (await get(path)).items![0]!
  const task = await first('/v1/stewardship-tasks?limit=1')
  return {
    device: String(task.device),
    site: String(task.site),
    task: String(task.id),
    alert: String((await first('/v1/alerts?limit=1')).id),
    rollout: '200',
    run: '3',
    model: 'demand',
    version: '11',
    user: 'person-0',
    verb: 'resume',
    rule: 'device-silent',
    group: 'eu-shops',
    dataset: 'sales',
    sensor: 'fridge',
    policy: 'metrics-gate',
    page: 'devices',
    kpi: 'forecast-error',
  }
}

/** What programs ask for, and pages do not: an upload that goes on, files that were applied; and what is not there. */
const NO_PAGES = ['/v1/uploads/{upload}', '/v1/applied/{set}', '/v1/alert-routes/{route}']
/** Whose device the other parameter says. */
const BUNDLE_ROUTE = '/v1/devices/{device}/support-bundles/{bundle}'

function pathOf(pattern: string, things: Things, bundleOf: string): string {
  return pattern.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const found = pattern === BUNDLE_ROUTE ? { device: bundleOf, bundle: BUNDLE }[name] : things[name]
    if (found !== undefined) return found
    throw new Error(`${pattern}: nothing is known that {${name}} may be; say so in scripts/bench/console/calls.ts`)
  })
}

/** What is asked beside the plain list; a route that is not here is asked plainly. */
function variantsOf(
  pattern: string,
  now: number,
  { device, site }: Things,
): readonly (readonly [name: string, query: string])[] {
  const span = (days: number) => `from=${now - days * DAY}&to=${now}`
  switch (pattern) {
    case '/v1/devices':
      return [
        ['', ''],
        ['by label', 'selector=region%3Deu-west,tier%3Dgold'],
        ['of a site', `site=${site}`],
      ]
    case '/v1/fleet/happenings':
      return [
        ['', ''],
        ['of a device', `device=${device}`],
        ['of a device by kind', `device=${device}&kind=alert,rollout`],
      ]
    case '/v1/rollouts':
      return [
        ['', ''],
        ['of a model', 'model=demand'],
      ]
    case '/v1/rollouts/{rollout}/devices':
      return [
        ['', ''],
        ['failed', 'state=failed'],
      ]
    case '/v1/audit':
      return [
        ['', ''],
        ['by action', 'action=PUT%20/v1/devices/:device/labels'],
        ['by actor', 'actor=person-7'],
        ['denied', 'decision=denied'],
        ['rare action', 'action=PUT%20/v1/sites/:site'],
      ]
    case '/v1/alerts':
      return [
        ['', ''],
        ['firing', 'state=firing'],
        ['of a site', `site=${site}`],
        ['of a rule', 'rule=region-away'],
      ]
    case '/v1/sensors':
      return [
        ['', ''],
        ['held by no data set', 'held=false'],
      ]
    case '/v1/feature-views':
      return [
        ['', ''],
        ['of a sensor', 'sensor=sales'],
      ]
    case '/v1/stewardship-tasks':
      return [
        ['', ''],
        ['standing', 'state=standing'],
        ['of a device', `device=${device}`],
        ['of nobody', 'steward=nobody'],
      ]
    case '/v1/drift':
      return [
        ['', ''],
        ['drifted', 'verdict=drift'],
        ['of a device', `scope=device&name=${device}`],
        ['of the fleet over time', 'run=all&scope=fleet'],
      ]
    case '/v1/performance':
      return [
        ['', ''],
        ['of the fleet over time', 'run=all&scope=fleet'],
        ['below the baseline', 'verdict=below-baseline'],
      ]
    case '/v1/kpis':
      return [
        ['of a week', span(7)],
        ['of a month', span(30)],
        ['of a month by region', `${span(30)}&by=label:region`],
      ]
    case '/v1/windows':
      return [
        ['of a device', `${span(7)}&device=${device}&by=time,sensor`],
        ['of a site by day', `${span(30)}&site=${site}&resolution=day&by=time,sensor`],
      ]
    case '/v1/kpis/{kpi}/comparison':
      return [
        [
          'by region',
          `from=${now - 28 * DAY}&change=${now - 14 * DAY}&to=${now}&model=demand&treated=region%3Deu-west&control=region%3Dus-east`,
        ],
      ]
    case '/v1/forecast-calibration':
      return [['', 'model=demand']]
    case '/v1/decisions':
      return [
        ['', ''],
        ['of a site', `site=${site}`],
      ]
    case '/v1/devices/{device}/windows':
      return [['', `sensor=fridge&${span(1)}`]]
    case '/v1/data-quality':
      return [
        ['', span(1)],
        ['of a site', `${span(7)}&site=${site}`],
      ]
    case '/v1/forecasts':
      return [
        ['of a site', `${span(31)}&site=${site}`],
        ['of today', span(1)],
      ]
    case '/v1/forecast-scores':
      return [
        ['of a site by day', `${span(31)}&site=${site}&by=day`],
        ['of a version by weekday', 'model=demand&version=11&by=version,weekday'],
        ['of a version by region', 'model=demand&version=11&by=version,label:region'],
        ['of a version by category', 'model=demand&version=11&by=version,attribute:category'],
        ['of a week', span(7)],
      ]
    case '/v1/evidence':
      return [
        ['', ''],
        ['of a device', `device=${device}`],
      ]
    case '/v1/gaps':
      return [
        ['', ''],
        ['of a device', `device=${device}`],
      ]
    default:
      return [['', '']]
  }
}
