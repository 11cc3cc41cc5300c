import { setTimeout as delay } from 'node:timers/promises'
import type { PoolClient } from 'pg'
import type { DesiredStates, Devices, Selector } from '../devices/index.ts'
import type { Gates } from '../governance/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ConflictError, NotFoundError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'
import type { Registry } from '../registry/index.ts'
import type { Telemetry } from '../telemetry/index.ts'
import type { Trust } from '../trust/index.ts'
import { countStates, type DeviceState, deviceState, type RolloutCounts, type RolloutRule, verdict } from './decide.ts'

interface RolloutSpec extends RolloutRule {
  /** `models:/demand@candidate`, resolved once, when the rollout begins. */
  readonly uri: string
  /** Labels of the devices; which those are is settled when the rollout begins. */
  readonly selector: Selector
  /** Alias to point at the version if the rollout succeeds; null: none. */
  readonly alias: string | null
}

interface Rollout extends RolloutSpec {
  readonly id: string
  readonly model: string
  readonly version: number
  readonly state: 'running' | 'succeeded' | 'failed' | 'cancelled'
  readonly reason: string | null
  /** As of now while it runs, as of its end after. */
  readonly counts: RolloutCounts
  readonly createdAt: number
  readonly finishedAt: number | null
}

interface RolloutDevice {
  readonly device: string
  readonly state: DeviceState
  readonly reason?: string
}

export interface Rollouts extends AsyncDisposable {
  /**
   * Points every selected device at the version and watches what becomes of it.
   * @throws NotFoundError for a URI that names nothing, ConflictError `rollout-empty`, or what `Trust.requireApproved` throws
   *   where devices would refuse the version.
   */
  begin(spec: RolloutSpec): Promise<Rollout>
  /** @throws NotFoundError `rollout-unknown`. */
  get(id: string, client?: Pick<PoolClient, 'query'>): Promise<Rollout>
  /** Newest first. */
  list(page: PageRequest & { readonly model?: string | undefined }): Promise<Page<Rollout>>
  /** Where each device is now; after the end, still now. */
  devices(id: string, page: PageRequest & { readonly state?: DeviceState | undefined }): Promise<Page<RolloutDevice>>
  /** Stops watching; devices keep what they were told. @throws ConflictError `rollout-over`. */
  cancel(id: string): Promise<Rollout>
}

interface RolloutsOptions {
  readonly database: Database
  readonly devices: Devices
  readonly desired: DesiredStates
  readonly telemetry: Telemetry
  readonly registry: Registry
  readonly trust: Pick<Trust, 'requireApproved'>
  /** Policies have their say; throws to refuse. */
  readonly admit: Gates['rollout']
  readonly clock: Clock
  readonly log: Log
  /** Desired states have changed. */
  readonly onChange: () => void
  /** How often running rollouts are looked at. */
  readonly everyMs?: number
}

const SELECT = `
  SELECT id::text, uri, model, version, selector, minimum_active AS "minimumActive", timeout_ms AS "timeoutMs", alias,
    state, reason, counts, created_at AS "createdAt", finished_at AS "finishedAt"
  FROM rollouts`

/** Rollouts whose process died are taken up by the next one, or by any other that runs beside it. */
export function startRollouts(options: RolloutsOptions): Rollouts {
  const { database, devices, desired, telemetry, registry, trust, admit, clock, log, onChange } = options
  const { everyMs = 1000 } = options
  const { pool } = database
  const ending = new AbortController()

  const statesOf = async (rollout: Rollout, client: Pick<PoolClient, 'query'> = pool): Promise<RolloutDevice[]> => {
    const { rows } = await client.query<{
      device: string
      generation: number
      retired: boolean
      online: boolean
      desiredVersion: number | null
    }>(
      `SELECT r.device, r.generation, d.retired_at IS NOT NULL AS retired, d.online, m.version AS "desiredVersion"
       FROM rollout_devices r JOIN devices d ON d.id = r.device
       LEFT JOIN desired_models m ON m.device = r.device AND m.model = $2
       WHERE r.rollout = $1 ORDER BY r.device`,
      [rollout.id, rollout.model],
    )
    const reported = await telemetry.reported(rows.map((row) => row.device))
    const { model, version } = rollout
    return rows.map(({ device, ...facts }) => ({
      device,
      ...deviceState({ model, version, ...facts, reported: reported.get(device)?.state }),
    }))
  }
  const withCounts = async (rollout: Rollout, client?: Pick<PoolClient, 'query'>): Promise<Rollout> => {
    if (rollout.state !== 'running') return rollout
    const states = await statesOf(rollout, client)
    return { ...rollout, counts: countStates(states.map((one) => one.state)) }
  }
  const get = async (id: string, client: Pick<PoolClient, 'query'> = pool): Promise<Rollout> => {
    const { rows } = await client.query<Rollout>(`${SELECT} WHERE id = $1`, [id])
    return rows[0] ? withCounts(rows[0], client) : unknownRollout(id)
  }

  /** Looks at one running rollout that no other process is looking at. */
  const review = (id: string) =>
    database.transaction(async (client) => {
      const { rows } = await client.query<Rollout>(
        `${SELECT} WHERE id = $1 AND state = 'running' FOR UPDATE SKIP LOCKED`,
        [id],
      )
      const rollout = rows[0]
      if (!rollout) return
      const counts = countStates((await statesOf(rollout, client)).map((one) => one.state))
      const now = clock.now()
      const result = verdict(counts, rollout, now - rollout.createdAt)
      if (result.state === 'running') return
      await client.query('UPDATE rollouts SET state = $2, reason = $3, counts = $4, finished_at = $5 WHERE id = $1', [
        id,
        result.state,
        result.reason,
        counts,
        now,
      ])
      const { model, version, alias } = rollout
      if (result.state === 'succeeded' && alias !== null) {
        await registry.setAlias({ model, alias, version, reason: `rollout ${id}` }, client)
      }
      log.info({ rollout: id, model, version, ...result, counts }, 'a rollout has ended')
    })

  const watch = async () => {
    while (!ending.signal.aborted) {
      try {
        const { rows } = await pool.query<{ id: string }>(
          "SELECT id::text FROM rollouts WHERE state = 'running' ORDER BY rollouts.id",
        )
        for (const { id } of rows) await review(id)
      } catch (error) {
        if (!ending.signal.aborted) log.error({ error }, 'rollouts were not reviewed; trying again')
      }
      await delay(everyMs, undefined, { signal: ending.signal }).catch(() => {})
    }
  }
  const watching = watch()

  return {
    get,
    async begin(spec) {
      const found = await registry.resolve(spec.uri)
      const { model, version, bundle } = found
      const selected = await devices.select(spec.selector)
      await admit({ version: found, devices: selected.length, selector: spec.selector })
      await trust.requireApproved({ model, version, bundle })
      if (selected.length === 0) {
        throw new ConflictError({
          code: 'rollout-empty',
          message: `No device in service carries the labels ${JSON.stringify(spec.selector)}. GET /v1/devices?selector=… shows who does.`,
        })
      }
      const id = await database.transaction(async (client) => {
        const generations = await desired.assign(client, selected, { name: model, version, bundle })
        const { rows } = await client.query<{ id: string }>(
          `INSERT INTO rollouts (uri, model, version, selector, minimum_active, timeout_ms, alias, state, counts, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, 'running', $8, $9) RETURNING id::text`,
          [
            spec.uri,
            model,
            version,
            spec.selector,
            spec.minimumActive,
            spec.timeoutMs,
            spec.alias,
            countStates(selected.map(() => 'pending')),
            clock.now(),
          ],
        )
        const id = rows[0]!.id
        await client.query(
          `INSERT INTO rollout_devices (rollout, device, generation)
           SELECT $1, device, generation FROM unnest($2::text[], $3::int8[]) AS d (device, generation)`,
          [id, selected, selected.map((device) => generations.get(device))],
        )
        return id
      })
      onChange()
      return get(id)
    },
    async list({ after, limit, model }) {
      const { rows } = await pool.query<Rollout>(
        `${SELECT} WHERE ($1::int8 IS NULL OR id < $1) AND ($2::text IS NULL OR model = $2)
         ORDER BY rollouts.id DESC LIMIT $3`,
        [after ?? null, model ?? null, limit + 1],
      )
      return toPage(await Promise.all(rows.map((row) => withCounts(row))), limit, (rollout) => rollout.id)
    },
    async devices(id, { after = '', limit, state }) {
      const all = await statesOf(await get(id))
      const rest = all.filter((one) => one.device > after && (state === undefined || one.state === state))
      return toPage(rest.slice(0, limit + 1), limit, (one) => one.device)
    },
    async cancel(id) {
      const rollout = await get(id)
      return database.transaction(async (client) => {
        await client.query(
          `UPDATE rollouts SET state = 'cancelled', reason = 'by an operator', counts = $2, finished_at = $3
           WHERE id = $1 AND state = 'running'`,
          [id, rollout.counts, clock.now()],
        )
        const now = await get(id, client)
        if (now.state === 'cancelled') return now
        throw new ConflictError({
          code: 'rollout-over',
          message: `Rollout ${id} has ${now.state} already; there is nothing to cancel.`,
        })
      })
    },
    async [Symbol.asyncDispose]() {
      ending.abort()
      await watching
    },
  }
}

function unknownRollout(id: string): never {
  throw new NotFoundError({
    code: 'rollout-unknown',
    message: `There is no rollout ${id}. GET /v1/rollouts lists them.`,
  })
}
