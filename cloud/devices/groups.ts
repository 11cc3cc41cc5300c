import type { DeviceGroup } from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ConflictError, NotFoundError } from '../platform/errors.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'

type Queryable = Pick<PoolClient, 'query'>

export interface DeviceGroups {
  /** By name. */
  list(page: PageRequest): Promise<Page<DeviceGroup>>
  /** @throws NotFoundError `group-unknown`. */
  get(name: string, client?: Queryable): Promise<DeviceGroup>
  put(group: DeviceGroup): Promise<DeviceGroup>
  /** @throws NotFoundError `group-unknown`; ConflictError `group-in-use` where something that goes on refers to it. */
  remove(name: string): Promise<void>
}

interface GroupsOptions {
  readonly database: Database
  readonly clock: Clock
  /** What refers to the group and goes on, for people: "rollout demand-eu (7)". */
  readonly usersOf: (client: Queryable, name: string) => Promise<readonly string[]>
}

interface Row {
  readonly name: string
  readonly description: string
  readonly selector: DeviceGroup['spec']['selector']
}

const asGroup = ({ name, description, selector }: Row): DeviceGroup => ({
  apiVersion: 'storecast/v1',
  kind: 'DeviceGroup',
  metadata: { name, description },
  spec: { selector },
})

export function deviceGroups({ database, clock, usersOf }: GroupsOptions): DeviceGroups {
  const { pool } = database
  return {
    async list({ after = '', limit }) {
      const { rows } = await pool.query<Row>(
        'SELECT name, description, selector FROM device_groups WHERE name > $1 ORDER BY name LIMIT $2',
        [after, limit + 1],
      )
      const { items, ...page } = toPage(rows, limit, ({ name }) => name)
      return { ...page, items: items.map(asGroup) }
    },
    async get(name, client = pool) {
      const { rows } = await client.query<Row>(
        'SELECT name, description, selector FROM device_groups WHERE name = $1',
        [name],
      )
      return rows[0] ? asGroup(rows[0]) : unknownGroup(name)
    },
    put: (group) =>
      database.transaction(async (client) => {
        const { metadata, spec } = group
        await client.query(
          `INSERT INTO device_groups (name, description, selector, updated_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (name) DO UPDATE SET description = $2, selector = $3, updated_at = $4`,
          [metadata.name, metadata.description, spec.selector, clock.now()],
        )
        return group
      }),
    remove: (name) =>
      database.transaction(async (client) => {
        const { rowCount } = await client.query('DELETE FROM device_groups WHERE name = $1', [name])
        if (rowCount === 0) unknownGroup(name)
        const users = await usersOf(client, name)
        if (users.length === 0) return
        throw new ConflictError({
          code: 'group-in-use',
          message: `Group ${name} is named by ${users.join(', ')}. Wait for its end or change it, then remove the group.`,
        })
      }),
  }
}

/** @throws NotFoundError `group-unknown` for the first that is not there; those that are stay until the transaction ends. */
export async function requireGroups(client: Queryable, names: readonly string[]): Promise<void> {
  if (names.length === 0) return
  const { rows } = await client.query<{ name: string }>(
    'SELECT name FROM device_groups WHERE name = ANY($1) FOR KEY SHARE',
    [names],
  )
  const missing = names.find((name) => !rows.some((row) => row.name === name))
  if (missing !== undefined) unknownGroup(missing)
}

function unknownGroup(name: string): never {
  throw new NotFoundError({
    code: 'group-unknown',
    message: `There is no group ${name}. GET /v1/groups lists them; "storecast apply" makes one from a file of kind DeviceGroup.`,
  })
}
