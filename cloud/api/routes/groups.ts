import { DeviceGroup, GroupName } from '@storecast/shared/contracts'
import type { DeviceGroups } from '../../devices/index.ts'
import { documentRoutes } from '../documents.ts'
import type { Routes } from '../route.ts'
import { PageQuery, pageOf } from '../schemas.ts'

const tags = ['devices']

export const groupRoutes =
  (groups: DeviceGroups): Routes =>
  (app) => {
    app.get(
      '/v1/groups',
      {
        config: { permission: 'group.read', sites: 'none' },
        schema: { tags, summary: 'Groups of devices', querystring: PageQuery, response: { 200: pageOf(DeviceGroup) } },
      },
      ({ query: { cursor, limit } }) => groups.list({ after: cursor, limit }),
    )
    documentRoutes(app, {
      ...{ path: '/v1/groups', parameter: 'group', called: 'group', misnamed: 'group-name', tags },
      ...{ name: GroupName, document: DeviceGroup, shown: DeviceGroup, write: 'group.write' },
      read: { permission: 'group.read', sites: 'none' },
      summaries: {
        one: 'One group',
        put: 'Create or replace a group: rollouts and alert rules that name it go by it from now on',
        remove: 'Remove a group that nothing names',
      },
      kept: groups,
      state: (client, name) => groups.get(name, client),
    })
  }
