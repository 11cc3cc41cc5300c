import { DeviceId, GroupName, LabelName, ModelName, SiteId } from '@storecast/shared/contracts'
import { z } from 'zod'
import {
  type BulkActions,
  DEVICE_SORTS,
  DEVICE_STATES,
  HAPPENING_KINDS,
  type Overview,
  requireSomething,
  type SavedViews,
} from '../../overview/index.ts'
import type { Permission } from '../../people/index.ts'
import type { LabelLimit } from '../../platform/label-limit.ts'
import { nameOf, requirePermission } from '../access.ts'
import type { Routes } from '../route.ts'
import { Labels, PageQuery, pageOf, SelectorText, UnixMs } from '../schemas.ts'

const PlainLabels = z.record(z.string(), z.string())
const Version = z.int().positive()
const DeviceState = z.enum(DEVICE_STATES)
const DeviceModel = z.object({
  model: ModelName,
  desired: Version.nullable().describe('What it should serve; null: none of it'),
  active: Version.nullable(),
  target: Version.nullable().describe('What it changes to, as it says itself'),
  phase: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  at: UnixMs.nullable().describe('Of the last change of phase'),
  candidate: z.object({ version: Version, phase: z.string() }).nullable().describe('In shadow, or on its way there'),
})
const Device = z.object({
  id: DeviceId,
  site: SiteId,
  labels: PlainLabels.describe('Its own, on top of its site’s'),
  siteLabels: PlainLabels,
  state: DeviceState.describe(
    'The first that holds: retired; quarantined: its identity speaks from two places; disconnected; reduced: a change of a model failed or was rolled back, or an alert about it fires; updating; operational',
  ),
  models: z.array(DeviceModel),
  agentVersion: z.string().nullable(),
  enrolledAt: UnixMs,
  retiredAt: UnixMs.nullable(),
  online: z.boolean(),
  link: z.int().describe('Number of the connection that `online` is about'),
  presenceAt: UnixMs.nullable(),
  lastSeen: UnixMs.nullable(),
  reportedAt: UnixMs.nullable(),
  alerts: z.int().describe('That fire, about it or its sensors, and are not silenced'),
  waiting: z
    .object({ records: z.int(), since: z.int(), toldAt: UnixMs })
    .nullable()
    .describe('What it said last to have waiting, and of when the oldest is'),
  clock: z
    .object({
      trusted: z
        .boolean()
        .describe('Whether it takes readings under this clock’s time; off by over a minute it does not'),
      since: UnixMs.describe('Since when it is trusted, or is not; by the cloud’s clock, as all times here'),
      ahead: z.int().describe('Milliseconds that it is ahead of the cloud’s clock; below 0: behind'),
      within: z.int().describe('By so many milliseconds `ahead` may be wrong, either way'),
      checkedAt: UnixMs.describe('When the two were last compared'),
      toldAt: UnixMs,
      madeUp: z
        .object({ time: z.int(), speed: z.number() })
        .optional()
        .describe(
          'Where its shop lives by a clock that is made up, as in a demonstration: what that said at `toldAt`, and how many times as fast it runs',
        ),
    })
    .nullable()
    .describe('What it said last of its own clock; null: its agent does not say'),
  certificateExpiresAt: UnixMs.nullable().describe('Null: it has a token, or nothing'),
})
const Filter = {
  site: SiteId.optional(),
  selector: SelectorText.optional(),
  group: GroupName.optional(),
  state: z
    .string()
    .max(120)
    .transform((text) => text.split(','))
    .pipe(z.array(DeviceState))
    .optional()
    .describe('One or more, separated by commas'),
  q: z.string().trim().min(1).max(64).optional().describe('Some of the id, of the site’s, or of a label’s value'),
  model: ModelName.optional().describe('Those that serve it or should'),
  version: z.coerce.number().pipe(Version).optional().describe('Those that serve this one of the model'),
}
const needsModel = [
  ({ version, model }: { version?: number | undefined; model?: string | undefined }) =>
    version === undefined || model !== undefined,
  { message: 'of which model? Give "model" too', path: ['version'] },
] as [
  (query: { version?: number | undefined; model?: string | undefined }) => boolean,
  { message: string; path: string[] },
]

interface FilterQuery {
  readonly site?: string | undefined
  readonly selector?: z.output<typeof SelectorText> | undefined
  readonly group?: string | undefined
  readonly state?: z.output<typeof DeviceState>[] | undefined
  readonly q?: string | undefined
  readonly model?: string | undefined
  readonly version?: number | undefined
}
const filterOf = ({ site, selector, group, state, q, model, version }: FilterQuery, within: LabelLimit) => ({
  ...{ site, states: state, text: q, model, version, within },
  selector: { labels: {}, expressions: [], ...selector, groups: group === undefined ? [] : [group] },
})

const Counts = z.object(
  Object.fromEntries(DEVICE_STATES.map((state) => [state, z.int()])) as Record<
    (typeof DEVICE_STATES)[number],
    z.ZodInt
  >,
)
const Fleet = z.object({
  now: UnixMs.describe('The cloud’s time'),
  devices: Counts,
  sites: z.int(),
  alerts: z
    .object({ critical: z.int(), warning: z.int(), info: z.int(), unacknowledged: z.int(), silenced: z.int() })
    .describe('That fire; those that are silenced or told by another are counted in `silenced` alone'),
  rollouts: z.object({ running: z.int(), paused: z.int(), aborting: z.int(), undoing: z.int() }),
  tasks: z.int().describe('Stewardship tasks that are not closed'),
})
const HappeningKind = z.enum(HAPPENING_KINDS)
const Happening = z.object({
  at: UnixMs,
  kind: HappeningKind,
  what: z
    .string()
    .describe(
      'enrolled, retired; started, succeeded, failed, aborted, undone; registered, alias; fired, resolved; opened, closed; of a device also what it was told by rollouts and came to (`device-active`, `device-failed`, …), `connected`, `went-away`, an event’s code, a gap’s cause, and what people did to it',
    ),
  key: z.string().describe('Its id; of a model its name'),
  name: z.string(),
  site: SiteId.nullable(),
  detail: z.string(),
  severity: z.string().nullable().describe('Of alerts and events'),
  who: z.string().nullable().describe('Who did it, where a person did and the caller may know'),
})

const BulkAction = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('label'),
    set: Labels.default({}),
    remove: z.array(LabelName).max(32).default([]),
  }),
  z.strictObject({ kind: z.literal('revoke') }),
  z.strictObject({ kind: z.literal('support-bundle') }),
])
const BulkOutcome = z.object({
  device: DeviceId,
  outcome: z.enum(['changed', 'unchanged', 'refused']),
  reason: z.string().nullable(),
  before: PlainLabels,
  after: PlainLabels,
})

const ViewPage = z.string().regex(/^[a-z][a-z-]{0,31}$/, 'a page’s name')
const View = z.object({ page: ViewPage, name: z.string(), search: z.string(), updatedAt: UnixMs })
const ViewName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits and . _ - only')
const ViewParams = z.object({ page: ViewPage, view: ViewName })

const NO_GRANTS: ReadonlySet<Permission> = new Set()

interface OverviewRoutesOptions {
  readonly overview: Overview
  readonly bulk: BulkActions
  readonly views: SavedViews
}

/** How the fleet is and each device of it, what is done to many of them at once, and the views of it that people keep. */
export const overviewRoutes =
  ({ overview, bulk, views }: OverviewRoutesOptions): Routes =>
  (app) => {
    app.get(
      '/v1/devices',
      {
        config: { permission: 'device.read', sites: 'filtered' },
        schema: {
          tags: ['devices'],
          summary: 'Devices and how each of them is',
          querystring: PageQuery.extend({
            ...Filter,
            sort: z
              .enum(DEVICE_SORTS)
              .default('id')
              .describe('Of equals by id; version: of the model that is asked for'),
            order: z.enum(['asc', 'desc']).default('asc'),
          }).refine(...needsModel),
          response: { 200: pageOf(Device) },
        },
      },
      async ({ query: { cursor, limit, sort, order, ...query }, limit: within }) => {
        const page = { after: cursor, limit, sort, descending: order === 'desc' }
        const { items, ...rest } = await overview.devices({ ...filterOf(query, within), ...page })
        return { ...rest, items: items.map((one) => ({ ...one, models: [...one.models] })) }
      },
    )
    app.get(
      '/v1/devices/:device',
      {
        config: { permission: 'device.read', sites: 'params.device' },
        schema: {
          tags: ['devices'],
          summary: 'One device and how it is',
          params: z.object({ device: DeviceId }),
          response: { 200: Device },
        },
      },
      async ({ params }) => {
        const device = await overview.device(params.device)
        return { ...device, models: [...device.models] }
      },
    )
    app.get(
      '/v1/device-states',
      {
        config: { permission: 'device.read', sites: 'filtered' },
        schema: {
          tags: ['devices'],
          summary: 'How many devices there are in each state',
          querystring: z.strictObject(Filter).refine(...needsModel),
          response: { 200: Counts },
        },
      },
      ({ query, limit: within }) => overview.counts(filterOf(query, within)),
    )
    app.post(
      '/v1/devices/actions',
      {
        config: {
          permission: 'device.write',
          sites: 'filtered',
          audit: { state: (client, { body }) => bulk.labels(client, body.devices), body: 'kept' },
        },
        schema: {
          tags: ['devices'],
          summary: 'Do something to many devices, or say what it would do to each',
          body: z.strictObject({
            devices: z.array(DeviceId).min(1).max(500),
            action: BulkAction,
            dryRun: z.boolean().describe('true: nothing is done'),
          }),
          response: { 200: z.object({ dryRun: z.boolean(), items: z.array(BulkOutcome) }) },
        },
      },
      async ({ body: { devices, action, dryRun }, principal, limit: within }) => {
        requireSomething(action)
        if (action.kind === 'support-bundle') requirePermission(principal!, 'device.diagnose')
        const who = nameOf(principal)
        return { dryRun, items: await bulk.run({ devices: [...new Set(devices)], action, dryRun, within, who }) }
      },
    )
    app.get(
      '/v1/fleet',
      {
        config: { permission: 'device.read', sites: 'filtered' },
        schema: { tags: ['fleet'], summary: 'The fleet at one look', response: { 200: Fleet } },
      },
      ({ limit: within }) => overview.fleet(within),
    )
    app.get(
      '/v1/fleet/happenings',
      {
        config: { permission: 'device.read', sites: 'filtered' },
        schema: {
          tags: ['fleet'],
          summary: 'What happened in the fleet or to one device, newest first',
          querystring: PageQuery.extend({
            device: DeviceId.optional().describe(
              'All that concerns this one: its events, alerts, tasks, rollouts, when it was connected and when away, certificates, and what people did to it',
            ),
            kind: z
              .string()
              .max(120)
              .transform((text) => text.split(','))
              .pipe(z.array(HappeningKind))
              .optional()
              .describe('One or more, separated by commas; absent: all that the caller may see'),
            from: z.coerce
              .number()
              .pipe(UnixMs)
              .optional()
              .describe('Absent: a day before `to`; of a device from the beginning'),
            to: z.coerce.number().pipe(UnixMs).optional().describe('Absent: now'),
          }),
          response: { 200: pageOf(Happening) },
        },
      },
      ({ query: { cursor, kind: kinds, ...query }, limit: within, principal }) => {
        const grants = principal?.kind === 'person' ? principal.grants : NO_GRANTS
        return overview.happenings({ ...query, kinds, after: cursor, within, grants })
      },
    )
    app.get(
      '/v1/views/:page',
      {
        config: { permission: 'self.read', sites: 'none' },
        schema: {
          tags: ['people'],
          summary: 'Views of a page that one has kept, by name',
          params: z.object({ page: ViewPage }),
          querystring: PageQuery,
          response: { 200: pageOf(View) },
        },
      },
      ({ params, query: { cursor, limit }, principal }) =>
        views.list(nameOf(principal), { ...params, after: cursor, limit }),
    )
    app.put(
      '/v1/views/:page/:view',
      {
        config: { permission: 'self.write', sites: 'none', audit: { body: 'kept' } },
        schema: {
          tags: ['people'],
          summary: 'Keep a view of a page under a name',
          params: ViewParams,
          body: z.strictObject({ search: z.string().max(2000).describe('What the page’s address says after "?"') }),
          response: { 200: View },
        },
      },
      ({ params: { page, view }, body: { search }, principal }) =>
        views.put(nameOf(principal), { page, name: view, search }),
    )
    app.delete(
      '/v1/views/:page/:view',
      {
        config: { permission: 'self.write', sites: 'none', audit: {} },
        schema: { tags: ['people'], summary: 'Keep a view no more', params: ViewParams, response: { 204: z.null() } },
      },
      async ({ params, principal }, reply) => {
        await views.remove(nameOf(principal), params.page, params.view)
        return reply.code(204).send(null)
      },
    )
  }
