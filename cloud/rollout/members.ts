import type { DeviceSelector, MemberState, ModelTarget, RolloutCounts, UpdatePolicy } from '@storecast/shared/contracts'
import type { Pool, PoolClient } from 'pg'
import { type DesiredStates, LABELS, SELECTED, selecting } from '../devices/index.ts'
import { isLimited, type LabelLimit, NO_LIMIT, siteTerms, siteWithin } from '../platform/label-limit.ts'
import { type CountRow, countMembers } from './counts.ts'
import {
  AWAY,
  type MemberConclusion,
  type MemberFacts,
  type MemberRule,
  memberState,
  type Wanted,
} from './member-state.ts'
import { OPEN_STATES, type RolloutRecord } from './records.ts'
import type { ShadowCandidate } from './shadow.ts'

type Queryable = Pick<PoolClient | Pool, 'query'>

/** Whether a device `d` of site `s` may be in a rollout; parameters 1 and 2 are the selector's. */
const CHOSEN = `d.retired_at IS NULL AND ${SELECTED}`

/** How many devices the selector names now. */
export async function countSelected(client: Queryable, selector: DeviceSelector): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*) FROM devices d JOIN sites s ON s.id = d.site WHERE ${CHOSEN}`,
    [...selecting(selector)],
  )
  return rows[0]!.count
}

/** How many of them lie outside of the limit. */
export async function countBeyond(client: Queryable, selector: DeviceSelector, limit: LabelLimit): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*) FROM devices d JOIN sites s ON s.id = d.site WHERE ${CHOSEN} AND NOT ${siteWithin('d.site', 3)}`,
    [...selecting(selector), limit],
  )
  return rows[0]!.count
}

/** An open rollout of the model that already has one of the devices. */
export interface Conflict {
  readonly id: string
  readonly name: string
  readonly devices: number
}

/** The first open rollout of the model with devices of the selector, if there is one. */
export async function conflictWith(
  client: Queryable,
  model: string,
  selector: DeviceSelector,
): Promise<Conflict | undefined> {
  const { rows } = await client.query<Conflict>(
    `SELECT r.id::text, r.name, count(*)::int4 AS devices
     FROM rollouts r JOIN rollout_devices m ON m.rollout = r.id JOIN devices d ON d.id = m.device JOIN sites s ON s.id = d.site
     WHERE r.model = $3 AND r.state = ANY($4) AND ${CHOSEN} GROUP BY r.id ORDER BY r.id LIMIT 1`,
    [...selecting(selector), model, OPEN_STATES],
  )
  return rows[0]
}

/**
 * Makes devices of the selector members, in the order of the hash of rollout and device: at the start all that are there,
 * later those that have come since and belong to no other open rollout of the model. After the end only devices that have
 * nothing of the model join.
 *
 * @returns how many
 */
export async function joinMembers(client: Queryable, rollout: RolloutRecord, late: boolean): Promise<number> {
  const { selector, disruption, analysis } = rollout.document.spec
  const over = !OPEN_STATES.includes(rollout.state)
  const { rowCount } = await client.query(
    `INSERT INTO rollout_devices (rollout, device, position, disruption_group, region, late, previous, wanted, step)
     SELECT $3, d.id, ('x' || substr(encode(sha256(convert_to($4 || '/' || d.id, 'UTF8')), 'hex'), 1, 12))::bit(48)::int8,
       coalesce(${LABELS} ->> $5, ''), coalesce(${LABELS} ->> $6, ''), $7,
       CASE WHEN p.device IS NOT NULL THEN jsonb_build_object('version', p.version, 'policy', p.policy,
         'bundle', jsonb_build_object('sha256', p.sha256, 'bytes', p.bytes)) END,
       CASE WHEN $8 THEN 'active' ELSE 'none' END, CASE WHEN $8 THEN $11::int4 END
     FROM devices d JOIN sites s ON s.id = d.site
     LEFT JOIN desired_models p ON p.device = d.id AND p.model = $9
     WHERE ${CHOSEN} AND ${siteWithin('d.site', 12)} AND (NOT $8 OR p.device IS NULL)
       AND NOT EXISTS (SELECT 1 FROM rollout_devices m JOIN rollouts r ON r.id = m.rollout
         WHERE m.device = d.id AND (r.id = $3 OR (r.model = $9 AND (r.state = ANY($10) OR m.wanted <> m.applied))))
     ON CONFLICT DO NOTHING`,
    [
      ...selecting(selector),
      rollout.id,
      rollout.name,
      disruption?.groupBy ?? '',
      analysis.stratifyBy,
      late,
      over,
      rollout.model,
      OPEN_STATES,
      rollout.step,
      rollout.limit,
    ],
  )
  return rowCount ?? 0
}

/** A page of members at a time, so that memory does not grow with the fleet. */
const CHUNK = 5_000

interface MemberRow extends MemberFacts, MemberConclusion {
  readonly device: string
}

/**
 * Concludes anew where members are of whom something has changed, or whose time has come: its cost is theirs, whatever
 * the fleet's size. After the end, only of those that were not there yet: what it came to stays.
 * @returns how many it looked at
 */
export async function refreshMembers(client: Queryable, rollout: RolloutRecord, rule: MemberRule): Promise<number> {
  const { id, model, version } = rollout
  const over = !OPEN_STATES.includes(rollout.state)
  for (let looked = 0; ; ) {
    const { rows } = await client.query<MemberRow>(
      `WITH taken AS (
         DELETE FROM rollout_changes
         WHERE ctid = ANY(ARRAY(SELECT ctid FROM rollout_changes WHERE rollout = $1 LIMIT ${CHUNK})) RETURNING device
       ), due AS (
         SELECT device FROM taken
         UNION (SELECT device FROM rollout_devices WHERE rollout = $1 AND check_at <= $3 LIMIT ${CHUNK})
       )
       SELECT m.device, m.state, m.reason, m.check_at AS "checkAt", m.applied, m.generation, m.told_at AS "toldAt",
         (m.previous->>'version')::int4 AS "previousVersion", p.version AS "desiredVersion",
         d.retired_at IS NOT NULL AS retired, d.online, d.presence_at AS "presenceAt", r.received_at AS "reportedAt",
         (r.body->>'generation')::int8 AS "reportedGeneration", r.body->'models'->$2 AS report
       FROM due JOIN rollout_devices m ON m.rollout = $1 AND m.device = due.device JOIN devices d ON d.id = m.device
       LEFT JOIN reported r ON r.device = m.device
       LEFT JOIN desired_models p ON p.device = m.device AND p.model = $2`,
      [id, model, rule.now],
    )
    if (rows.length === 0) return looked
    looked += rows.length
    const changed = rows.flatMap((row) => {
      const stays = over && FINAL.has(row.state)
      const found = stays ? { ...row, checkAt: null } : memberState({ ...row, version }, rule)
      const same = found.state === row.state && found.reason === row.reason && found.checkAt === row.checkAt
      return same
        ? []
        : [{ ...found, device: row.device, isNew: found.state !== row.state && TOLD_OF.has(found.state) }]
    })
    await client.query(
      `WITH changed AS (
         UPDATE rollout_devices m SET state = c.state, reason = c.reason, check_at = c.check_at,
           wanted = CASE WHEN m.wanted = 'active' AND c.reason = $6 THEN 'withdrawn' ELSE m.wanted END
         FROM unnest($2::text[], $3::text[], $4::text[], $5::int8[], $7::boolean[]) AS c (device, state, reason, check_at, is_new)
         WHERE m.rollout = $1 AND m.device = c.device RETURNING m.device, m.state, m.step, m.reason, c.is_new
       )
       INSERT INTO rollout_device_history (rollout, device, at, what, step, reason)
       SELECT $1, device, $8, state, step, reason FROM changed WHERE is_new ORDER BY device`,
      [
        id,
        changed.map((one) => one.device),
        changed.map((one) => one.state),
        changed.map((one) => one.reason),
        changed.map((one) => one.checkAt),
        AWAY,
        changed.map((one) => one.isNew),
        rule.now,
      ],
    )
  }
}

/** Where a member of a rollout that is over stays. */
const FINAL: ReadonlySet<MemberState> = new Set(['succeeded', 'failed', 'rolled-back', 'reverted', 'excluded'])
/** What the device's history tells of; that it is on its way follows from what it was told. */
const TOLD_OF: ReadonlySet<MemberState> = new Set([...FINAL, 'silent', 'offline'])

/** How many members there are in each state, by the step that told them, of each rollout. */
export async function countRows(
  client: Queryable,
  rollouts: readonly Pick<RolloutRecord, 'id' | 'settledCounts'>[],
): Promise<ReadonlyMap<string, readonly CountRow[]>> {
  const open = rollouts.filter(({ settledCounts }) => settledCounts === null)
  const counted = open.length > 0 ? await countWithin(client, ids(open), NO_LIMIT) : new Map<string, CountRow[]>()
  return new Map(rollouts.map(({ id, settledCounts }) => [id, settledCounts ?? counted.get(id) ?? []]))
}

const ids = (rollouts: readonly { readonly id: string }[]) => rollouts.map(({ id }) => id)

/** The same of members within a limit, counted one by one; of a rollout without any there is nothing. */
export async function countWithin(
  client: Queryable,
  rollouts: readonly string[],
  within: LabelLimit,
): Promise<ReadonlyMap<string, CountRow[]>> {
  const limited = isLimited(within)
  const ofSites = `JOIN devices d ON d.id = m.device JOIN sites s ON s.id = d.site AND ${siteTerms('s')} @> $2`
  const { rows } = await client.query<CountRow & { rollout: string }>(
    `SELECT m.rollout::text, m.step, m.state, m.wanted, m.late, count(*)::int4 AS devices
     FROM rollout_devices m ${limited ? ofSites : ''} WHERE m.rollout = ANY($1) GROUP BY m.rollout, 2, 3, 4, 5`,
    limited ? [rollouts, within] : [rollouts],
  )
  return Map.groupBy(rows, ({ rollout }) => rollout)
}

export const countsOf = async (client: Queryable, rollout: string): Promise<RolloutCounts> =>
  countMembers((await countWithin(client, [rollout], NO_LIMIT)).get(rollout) ?? [])

/** Every device has answered: what has become of them is written down with the rollout, so that nobody counts them again. */
export async function settle(client: Queryable, rollout: string): Promise<void> {
  const counts = (await countWithin(client, [rollout], NO_LIMIT)).get(rollout) ?? []
  await client.query('UPDATE rollouts SET settled = true, settled_counts = $2 WHERE id = $1', [
    rollout,
    JSON.stringify(counts.map(({ step, state, wanted, late, devices }) => ({ step, state, wanted, late, devices }))),
  ])
}

/** Members whose desired state does not say yet what it should. */
export async function countUnapplied(client: Queryable, rollout: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    'SELECT count(*) FROM rollout_devices WHERE rollout = $1 AND wanted <> applied',
    [rollout],
  )
  return rows[0]!.count
}

const COMPARABLE = `rollout = $1 AND wanted IN ('none', 'shadow') AND state <> 'excluded' AND (previous->>'version')::int4 <> $2`

/** Devices with another version to compare the candidate with; not those that have been told. */
export async function shadowCandidates(client: Queryable, rollout: RolloutRecord): Promise<ShadowCandidate[]> {
  const { rows } = await client.query<ShadowCandidate>(
    `SELECT device, region, position FROM rollout_devices WHERE ${COMPARABLE}`,
    [rollout.id, rollout.version],
  )
  return rows
}

/** Whether there is one. */
export async function isComparable(client: Queryable, rollout: RolloutRecord): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM rollout_devices WHERE ${COMPARABLE}) AS found`,
    [rollout.id, rollout.version],
  )
  return rows[0]!.found
}

export async function wantShadow(client: Queryable, rollout: string, devices: readonly string[]): Promise<void> {
  await client.query(
    "UPDATE rollout_devices SET wanted = 'shadow', shadowed = true WHERE rollout = $1 AND device = ANY($2)",
    [rollout, devices],
  )
}

export interface GroupStanding {
  readonly group: string
  readonly members: number
  readonly unavailable: number
}

/** Members by the label that limits disruption. */
export async function groupsOf(client: Queryable, rollout: string): Promise<GroupStanding[]> {
  const { rows } = await client.query<GroupStanding>(
    `SELECT disruption_group AS group, count(*)::int4 AS members, (count(*) FILTER (WHERE wanted = 'active'
       AND state IN ('pending', 'updating', 'silent', 'failed', 'rolled-back')))::int4 AS unavailable
     FROM rollout_devices WHERE rollout = $1 AND state <> 'excluded' GROUP BY 1`,
    [rollout],
  )
  return rows
}

/**
 * Has more members told to serve the version, by position, those in shadow last.
 * @param room most of each group; undefined: groups do not matter
 */
export async function wantActive(
  client: Queryable,
  rollout: string,
  { count, step, room }: { count: number; step: number; room?: ReadonlyMap<string, number> | undefined },
): Promise<number> {
  const { rowCount } = await client.query(
    `UPDATE rollout_devices SET wanted = 'active', step = $5 WHERE rollout = $1 AND device IN (
       SELECT device FROM (
         SELECT device, disruption_group, wanted, position,
           row_number() OVER (PARTITION BY disruption_group ORDER BY wanted = 'shadow', position) AS nth
         FROM rollout_devices WHERE rollout = $1 AND wanted IN ('none', 'shadow') AND state <> 'excluded'
       ) m LEFT JOIN unnest($3::text[], $4::int4[]) AS g (name, room) ON g.name = m.disruption_group
       WHERE $3 IS NULL OR nth <= g.room
       ORDER BY wanted = 'shadow', position LIMIT $2)`,
    [rollout, count, room ? [...room.keys()] : null, room ? [...room.values()] : null, step],
  )
  return rowCount ?? 0
}

/** Has every member that was told go back to what it had, and ends every shadow. */
export async function wantBack(client: Queryable, rollout: string): Promise<void> {
  await client.query(
    `UPDATE rollout_devices SET wanted = CASE wanted WHEN 'active' THEN 'back' ELSE 'none' END
     WHERE rollout = $1 AND wanted IN ('active', 'shadow')`,
    [rollout],
  )
}

/** Takes back what was wanted and not told yet. */
export async function wantNoMore(client: Queryable, rollout: string): Promise<void> {
  await client.query(
    "UPDATE rollout_devices SET wanted = applied, step = NULL WHERE rollout = $1 AND wanted = 'active' AND applied IN ('none', 'shadow')",
    [rollout],
  )
}

export async function endShadow(client: Queryable, rollout: string): Promise<void> {
  await client.query("UPDATE rollout_devices SET wanted = 'none' WHERE rollout = $1 AND wanted = 'shadow'", [rollout])
}

const BATCH = 1_000

interface Unapplied {
  readonly device: string
  readonly wanted: Wanted
  readonly applied: Wanted
  readonly previous: (ModelTarget & { readonly policy: UpdatePolicy | null }) | null
  readonly desiredVersion: number | null
}

/**
 * Writes the desired states of the next members whose state does not say yet what it should.
 * @returns how many were written; fewer than were there where there are more
 */
export async function applyMembers(
  client: PoolClient,
  { rollout, desired, now }: { rollout: RolloutRecord; desired: DesiredStates; now: number },
): Promise<number> {
  const { rows } = await client.query<Unapplied>(
    `SELECT m.device, m.wanted, m.applied, m.previous, p.version AS "desiredVersion"
     FROM rollout_devices m LEFT JOIN desired_models p ON p.device = m.device AND p.model = $2
     WHERE m.rollout = $1 AND m.wanted <> m.applied ORDER BY m.device LIMIT ${BATCH}`,
    [rollout.id, rollout.model],
  )
  if (rows.length === 0) return 0
  const target = { version: rollout.version, bundle: rollout.bundle }
  const before = (row: Unapplied) => row.previous && { version: row.previous.version, bundle: row.previous.bundle }
  // Who was told otherwise by somebody else since keeps that.
  const ours = rows.filter(({ applied, desiredVersion, previous }) => {
    return desiredVersion === (applied === 'active' ? rollout.version : (previous?.version ?? null))
  })
  const generations = await desired.assign(
    client,
    rollout.model,
    ours.map((row) => {
      const active = row.wanted === 'active'
      return {
        device: row.device,
        target: active ? target : before(row),
        candidate: row.wanted === 'shadow' ? target : null,
        policy: (active ? rollout.document.spec.update : row.previous?.policy) ?? null,
      }
    }),
  )
  await client.query(
    `WITH told AS (
       UPDATE rollout_devices m SET applied = wanted, told_at = $4, generation = coalesce(g.generation, m.generation),
         state = CASE WHEN m.state = 'excluded' THEN state ELSE 'pending' END, check_at = 0
       FROM unnest($2::text[], $3::int8[]) AS g (device, generation)
       WHERE m.rollout = $1 AND m.device = g.device RETURNING m.device, m.applied, m.step, g.generation
     )
     INSERT INTO rollout_device_history (rollout, device, at, what, step)
     SELECT $1, device, $4, applied, step FROM told WHERE generation IS NOT NULL ORDER BY device`,
    [rollout.id, rows.map(({ device }) => device), rows.map(({ device }) => generations.get(device) ?? null), now],
  )
  return rows.length
}
