import { DeviceId, EntityId, ReportedState, SeriesName, SiteId } from '@storecast/shared/contracts'
import { z } from 'zod'
import { NotFoundError } from '../../platform/errors.ts'
import type { Telemetry } from '../../telemetry/index.ts'
import type { Routes } from '../route.ts'
import { NumberPageQuery, PageQuery, pageOf, Span, UnixMs } from '../schemas.ts'

const Count = z.int().nonnegative()

const Window = z.object({
  start: UnixMs,
  end: UnixMs,
  revision: Count,
  count: Count,
  sum: z.number(),
  min: z.number(),
  max: z.number(),
  last: z.number(),
  p10: z.number(),
  p50: z.number(),
  p90: z.number(),
  missing: Count,
  late: Count,
  outOfRange: Count,
  flat: Count,
  duplicate: Count,
  wrongType: Count,
  wrongUnit: Count,
  untrusted: Count,
})
const Gap = z.object({
  id: z.int(),
  device: DeviceId,
  epoch: z.int(),
  cause: z.string(),
  firstSeq: z.int(),
  lastSeq: z.int(),
  noticedAt: UnixMs,
})
const Waiting = z
  .object({
    records: Count,
    since: UnixMs.describe('Event time of the oldest that is not acknowledged; 0: none waits'),
    toldAt: UnixMs,
  })
  .nullable()
  .describe('What the device last said to have waiting, beyond what is under way; null: it does not say')
const Account = z.object({
  epoch: z.int(),
  reason: z.string(),
  quarantined: z.boolean(),
  openedAt: UnixMs,
  floor: z.int().describe('Every sequence below is accounted for'),
  highest: z.int(),
  outstanding: Count.describe('Sequences between that the device has yet to send: its backlog, as far as it is known'),
  records: Count,
  superseded: z.object({ revised: Count, coarsened: Count, dropped: Count }),
  lastCommitAt: UnixMs.nullable(),
  waiting: Waiting,
})
const Backlog = z.object({
  device: DeviceId,
  site: SiteId,
  epoch: z.int().nullable().describe('null before the first contact'),
  sequence: z.int().nullable().describe('The highest heard of'),
  floor: z.int().nullable().describe('Every sequence below is accounted for'),
  outstanding: Count.nullable().describe('Sequences between that have yet to come'),
  waiting: Waiting,
  lastCommitAt: UnixMs.nullable(),
  gaps: z.record(z.string(), Count).describe('Sequences whose records the cloud does not have, by cause'),
})
const DeviceEvent = z.object({
  device: DeviceId,
  id: z.uuid(),
  at: UnixMs,
  severity: z.string(),
  code: z.string(),
  message: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
})
const DeviceParams = z.object({ device: DeviceId })
const tags = ['telemetry']

export const telemetryRoutes =
  (telemetry: Telemetry, now: () => number): Routes =>
  (app) => {
    app.get(
      '/v1/devices/:device/windows',
      {
        config: { permission: 'telemetry.read', sites: 'params.device' },
        schema: {
          tags,
          summary: 'Windows of one series, oldest first',
          params: DeviceParams,
          querystring: NumberPageQuery.extend({ sensor: SeriesName, entity: EntityId.default(''), ...Span }),
          response: {
            200: pageOf(Window).extend({
              unit: z.string().nullable().describe('null: the site does not define the sensor, values are whole steps'),
            }),
          },
        },
      },
      ({ params, query: { cursor, ...query } }) => telemetry.windows({ ...params, ...query, after: cursor }),
    )
    app.get(
      '/v1/newest-data',
      {
        config: { permission: 'telemetry.read', sites: 'filtered' },
        schema: {
          tags,
          summary:
            'Up to when there is data, as the devices that were heard last tell: where a span that ends "now" ends',
          response: {
            200: z.object({
              at: UnixMs.nullable().describe('null: nothing came yet'),
              now: UnixMs.describe('By the cloud’s clock'),
            }),
          },
        },
      },
      async ({ limit }) => ({ at: await telemetry.newestData(limit), now: now() }),
    )
    app.get(
      '/v1/gaps',
      {
        config: { permission: 'telemetry.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'Records that the cloud does not have, and why; newest first',
          querystring: NumberPageQuery.extend({ device: DeviceId.optional() }),
          response: { 200: pageOf(Gap) },
        },
      },
      ({ query: { cursor, limit, device }, limit: within }) => telemetry.gaps({ after: cursor, limit, device, within }),
    )
    app.get(
      '/v1/backlogs',
      {
        config: { permission: 'telemetry.read', sites: 'filtered' },
        schema: {
          tags,
          summary:
            'How far the cloud is with each device: its sequence, what waits there and since when, and gaps by cause',
          querystring: PageQuery.extend({ device: DeviceId.optional() }),
          response: { 200: pageOf(Backlog) },
        },
      },
      ({ query: { cursor, limit, device }, limit: within }) =>
        telemetry.backlogs({ after: cursor, limit, device, within }),
    )
    app.get(
      '/v1/devices/:device/backlog',
      {
        config: { permission: 'telemetry.read', sites: 'params.device' },
        schema: {
          tags,
          summary: 'What is known to exist on a device and what of it came, by epoch; newest first',
          params: DeviceParams,
          response: { 200: z.object({ epochs: z.array(Account) }) },
        },
      },
      async ({ params }) => ({ epochs: await telemetry.account(params.device) }),
    )
    app.get(
      '/v1/devices/:device/events',
      {
        config: { permission: 'telemetry.read', sites: 'params.device' },
        schema: {
          tags,
          summary: 'What happened on a device, newest first',
          params: DeviceParams,
          querystring: PageQuery,
          response: { 200: pageOf(DeviceEvent) },
        },
      },
      ({ params, query: { cursor, limit } }) => telemetry.events({ ...params, after: cursor, limit }),
    )
    app.get(
      '/v1/devices/:device/reported',
      {
        config: { permission: 'telemetry.read', sites: 'params.device' },
        schema: {
          tags,
          summary: 'What a device said of itself last',
          params: DeviceParams,
          response: { 200: z.object({ device: DeviceId, state: ReportedState, receivedAt: UnixMs }) },
        },
      },
      async ({ params: { device } }) => {
        const found = (await telemetry.reported([device])).get(device)
        if (found) return found
        throw new NotFoundError({
          code: 'device-silent',
          message: `No device ${device} has reported its state yet. See that it is enrolled and connected: GET /v1/devices/${device}.`,
        })
      },
    )
  }
