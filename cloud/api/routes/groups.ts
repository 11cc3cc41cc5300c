import { DeviceGroup, GroupName } from '@storecast/shared/contracts'
import { z } from 'zod'
import type { DeviceGroups } from '../../devices/index.ts'
import { InvalidError } from '../../platform/errors.ts'
import { type RouteAudit, unlessMissing } from '../recorder.ts'
import type { Routes } from '../route.ts'
import { PageQuery, pageOf } from '../schemas.ts'

const GroupParams = z.object({ group: GroupName })
const tags = ['devices']

export const groupRoutes =
  (groups: DeviceGroups): Routes =>
  (app) => {
    const audit: RouteAudit = { state: (client, { params }) => unlessMissing(groups.get(params.group, client)) }
    app.get(
      '/v1/groups',
      {
        config: { permission: 'group.read', sites: 'none' },
        schema: { tags, summary: 'Groups of devices', querystring: PageQuery, response: { 200: pageOf(DeviceGroup) } },
      },
      ({ query: { cursor, limit } }) => groups.list({ after: cursor, limit }),
    )
    app.get(
      '/v1/groups/:group',
      {
        config: { permission: 'group.read', sites: 'none' },
        schema: { tags, summary: 'One group', params: GroupParams, response: { 200: DeviceGroup } },
      },
      ({ params }) => groups.get(params.group),
    )
    app.put(
      '/v1/groups/:group',
      {
        config: { permission: 'group.write', sites: 'all', audit: { ...audit, body: 'kept' } },
        schema: {
          tags,
          summary: 'Create or replace a group: rollouts and alert rules that name it go by it from now on',
          params: GroupParams,
          body: DeviceGroup,
          response: { 200: DeviceGroup },
        },
      },
      async ({ params, body }) => {
        if (params.group === body.metadata.name) return groups.put(body)
        throw new InvalidError({
          code: 'group-name',
          message: `The group is named ${body.metadata.name} and was sent for ${params.group}. Send it to /v1/groups/${body.metadata.name}.`,
        })
      },
    )
    app.delete(
      '/v1/groups/:group',
      {
        config: { permission: 'group.write', sites: 'all', audit },
        schema: { tags, summary: 'Remove a group that nothing names', params: GroupParams },
      },
      async ({ params }, reply) => {
        await groups.remove(params.group)
        return reply.code(204).send()
      },
    )
  }
