import { DesiredState, DeviceId, GroupName, SiteId } from '@storecast/shared/contracts'
import { z } from 'zod'
import type { Devices } from '../../devices/index.ts'
import { type RouteAudit, unlessMissing } from '../recorder.ts'
import type { Routes } from '../route.ts'
import { Labels, SelectorText, UnixMs } from '../schemas.ts'

const Device = z.object({
  id: DeviceId,
  site: SiteId,
  labels: z.record(z.string(), z.string()),
  enrolledAt: UnixMs,
  retiredAt: UnixMs.nullable(),
  online: z.boolean(),
  link: z.int().describe('Number of the connection that `online` is about'),
  presenceAt: UnixMs.nullable(),
  lastSeen: UnixMs.nullable(),
})
const GroupNames = z
  .string()
  .transform((text) => text.split(',').filter((name) => name !== ''))
  .pipe(z.array(GroupName).max(32))
const Enrolled = z.object({ device: Device, token: z.string().describe('Shown once') })
const DeviceParams = z.object({ device: DeviceId })
const tags = ['devices']

export const deviceRoutes =
  (devices: Devices): Routes =>
  (app) => {
    const audit: RouteAudit = { state: (client, { params }) => unlessMissing(devices.get(params.device, client)) }
    app.get(
      '/v1/device-selection',
      {
        config: { permission: 'device.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'How many devices in service a selector names now, and the first of them',
          querystring: z.strictObject({
            selector: SelectorText.optional(),
            groups: GroupNames.default([]).describe(
              'In one of these groups, with commas between; none: whatever their groups',
            ),
          }),
          response: {
            200: z.object({
              devices: z.int().nonnegative(),
              online: z.int().nonnegative(),
              sites: z.int().nonnegative(),
              first: z.array(DeviceId).describe('By id, ten at most'),
            }),
          },
        },
      },
      ({ query: { selector, groups }, limit: within }) =>
        devices.selection({ labels: {}, expressions: [], ...selector, groups }, within),
    )
    app.post(
      '/v1/devices',
      {
        config: {
          permission: 'device.write',
          sites: 'body.site',
          audit: { state: (client, { body }) => unlessMissing(devices.get(body.id, client)), body: 'kept' },
        },
        schema: {
          tags,
          summary:
            'Create a device that logs in with a token, which is shown once; claims enrol devices with certificates',
          body: z.strictObject({ id: DeviceId, site: SiteId, labels: Labels.default({}) }),
          response: { 201: Enrolled },
        },
      },
      async ({ body }, reply) => reply.code(201).send(await devices.enrol(body)),
    )
    app.put(
      '/v1/devices/:device/labels',
      {
        config: { permission: 'device.write', sites: 'params.device', audit: { ...audit, body: 'kept' } },
        schema: {
          tags,
          summary: 'Replace the device’s own labels; those of its site stay',
          params: DeviceParams,
          body: Labels,
          response: { 200: Device },
        },
      },
      ({ params, body }) => devices.setLabels(params.device, body),
    )
    app.delete(
      '/v1/devices/:device',
      {
        config: { permission: 'device.write', sites: 'params.device', audit },
        schema: {
          tags,
          summary: 'Withdraw the device’s token and certificates for good; what it sent is kept',
          params: DeviceParams,
          response: { 200: Device },
        },
      },
      ({ params }) => devices.retire(params.device),
    )
    app.post(
      '/v1/devices/:device/revoke',
      {
        config: { permission: 'device.write', sites: 'params.device', audit },
        schema: {
          tags,
          summary: 'Withdraw token and certificates and end the session; a claim that names the device enrols it again',
          params: DeviceParams,
          response: { 200: Device },
        },
      },
      ({ params }) => devices.revoke(params.device),
    )
    app.post(
      '/v1/devices/:device/token',
      {
        config: { permission: 'device.write', sites: 'params.device', audit },
        schema: { tags, summary: 'Replace the token', params: DeviceParams, response: { 200: Enrolled } },
      },
      ({ params }) => devices.replaceToken(params.device),
    )
    app.get(
      '/v1/devices/:device/desired',
      {
        config: { permission: 'device.read', sites: 'params.device' },
        schema: {
          tags,
          summary: 'What the device should run, as published to it',
          params: DeviceParams,
          response: { 200: DesiredState.omit({ expires: true }) },
        },
      },
      ({ params }) => devices.desired(params.device),
    )
  }
