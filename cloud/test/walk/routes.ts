import { testDefinition } from '../bundle.ts'
import type { Call } from '../cloud.ts'
import { rolloutOf } from '../rollout.ts'
import { T0, type Things } from './two-regions.ts'

/** A route as the cloud describes it. */
export interface Route {
  readonly method: string
  /** With its parameters, `/v1/sites/{site}`. */
  readonly path: string
  readonly permission: string
  readonly sites: string | undefined
  readonly hasBody: boolean
}

interface OpenApi {
  readonly paths: Record<string, Record<string, { requestBody?: object; 'x-permission'?: string; 'x-sites'?: string }>>
}

/** Every route that is registered, from the description that is made of the registered routes themselves. */
export const routesOf = ({ paths }: OpenApi): Route[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, route]) => ({
      method: method.toUpperCase(),
      path,
      permission: route['x-permission'] ?? 'none stated',
      sites: route['x-sites'],
      hasBody: route.requestBody !== undefined,
    })),
  )

export const nameOf = ({ method, path }: Route) => `${method} ${path}`
export const isReading = ({ method }: Route) => method === 'GET' || method === 'HEAD'

/** Parameters that name what belongs to no site, and what they may be. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  model: 'demand',
  version: '1',
  alias: 'champion',
  policy: 'none',
  group: 'none',
  dataset: 'none',
  sensor: 'fridge',
  set: 'none',
  kind: 'Policy',
  name: 'none',
  rule: 'none',
  route: 'none',
  silence: '1',
  notification: '1',
  role: 'targets',
  file: 'timestamp.json',
  upload: '00000000-0000-4000-8000-000000000000',
  user: 'none',
  token: '000000000000',
  epoch: '1',
  verb: 'pause',
  page: 'devices',
  view: 'none',
  kpi: 'stock-out-rate',
}

/** Parameters that name what lies at a site, by the route where a name alone does not say. */
const AT_A_SITE: readonly (keyof Things)[] = ['site', 'device', 'alert', 'task', 'rollout', 'run', 'sha256', 'bundle']

/** The thing at a site that a route's path names, if it does. */
export function thingOf({ path, sites }: Pick<Route, 'path' | 'sites'>): keyof Things | undefined {
  if (path === '/v1/claims/{id}') return 'claim'
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
  for (const name of names) {
    if (path === '/v1/claims/{id}' || AT_A_SITE.includes(name as keyof Things) || name in ELSEWHERE) continue
    throw new Error(`The walk does not know what {${name}} of ${path} may be: say so in cloud/test/walk/routes.ts`)
  }
  return sites === 'none' ? undefined : AT_A_SITE.find((thing) => names.includes(thing))
}

export function pathOf({ path }: Pick<Route, 'path'>, things: Things): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    name === 'id' ? things.claim : (ELSEWHERE[name] ?? things[name as keyof Things]),
  )
  return filled + (QUERIES[path] ?? '')
}

const SPAN = `from=${T0 - 1}&to=${T0 + 86_400_000}`
/** What a list must be asked with. */
const QUERIES: Readonly<Record<string, string>> = {
  '/v1/devices/{device}/windows': '?sensor=fridge',
  '/v1/windows': `?${SPAN}&by=site,device,sensor`,
  '/v1/data-quality': `?${SPAN}`,
  '/v1/forecast-scores': '?by=site,attribute:shop',
  '/v1/events': '?since=oldest',
  '/v1/forecast-calibration': '?model=demand',
  '/v1/kpis': `?${SPAN}&by=site`,
  '/v1/kpis/{kpi}/comparison': `?${SPAN}&change=${T0 + 1}`,
  '/v1/audit': '?action=PUT%20/v1/sites/:site&decision=allowed&limit=500',
}

/** Bodies of mutating routes that are about a site; each is one that would be taken. */
const BODIES: Readonly<Record<string, (things: Things, region: string) => Call>> = {
  'POST /v1/devices': ({ site, device }) => ({ json: { id: `${device}-new`, site } }),
  'POST /v1/claims': ({ site }) => ({ json: { site } }),
  'PUT /v1/sites/{site}': (_things, region) => ({ json: { timeZone: 'Europe/Berlin', labels: { region } } }),
  'PUT /v1/sites/{site}/covariates': () => ({
    json: { issuedAt: T0, days: ['2026-03-02'], site_values: { rain: [1] }, entity_values: {} },
  }),
  'POST /v1/devices/actions': ({ device }) => ({
    json: { devices: [device], action: { kind: 'label', set: { tier: 'gold' } }, dryRun: false },
  }),
  'PUT /v1/devices/{device}/labels': () => ({ json: { tier: 'gold' } }),
  'POST /v1/alerts/{alert}/acknowledge': () => ({ json: { note: 'seen' } }),
  'POST /v1/stewardship-tasks/{task}/acknowledge': () => ({ json: { note: 'seen' } }),
  'POST /v1/stewardship-tasks/{task}/assign': () => ({ json: { assignee: 'somebody' } }),
  'POST /v1/stewardship-tasks/{task}/comments': () => ({ json: { note: 'seen' } }),
  'POST /v1/stewardship-tasks/{task}/close': () => ({ json: { note: 'done' } }),
  'POST /v1/sites/{site}/quality-looks': () => ({ json: { until: T0 } }),
  'POST /v1/rollouts': ({ site }, region) => ({
    json: rolloutOf('models:/demand/1', { name: `${site}-other`, selector: { labels: { region, site } } }),
  }),
  'POST /v1/rollouts/plan': ({ site }, region) => ({
    json: rolloutOf('models:/demand/1', { name: `${site}-planned`, selector: { labels: { region, site } } }),
  }),
  'POST /v1/training-runs': ({ site }, region) => ({
    json: { definition: testDefinition(), selector: { region, site } },
  }),
}

/** What a mutating call sends; an empty object where the route is about no site, and only who may call it is asked. */
export function bodyOf(route: Route, things: Things, region: string): Call {
  const made = BODIES[nameOf(route)]
  if (made) return made(things, region)
  if (!route.hasBody) return {}
  if (route.sites === 'none' || route.sites === 'all') return { json: {} }
  throw new Error(`The walk has no body for ${nameOf(route)}: give it one in cloud/test/walk/routes.ts`)
}
