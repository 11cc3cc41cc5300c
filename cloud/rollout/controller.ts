import { durationMs, type RolloutCounts } from '@storecast/shared/contracts'
import type { Tracing } from '@storecast/shared/tracing'
import type { PoolClient } from 'pg'
import type { AuditLog } from '../audit/index.ts'
import type { DesiredStates } from '../devices/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { Log } from '../platform/log.ts'
import { type Repeated, repeat } from '../platform/repeat.ts'
import type { Registry } from '../registry/index.ts'
import { type Analysis, analyse } from './analysis/analysis.ts'
import { evidenceMark, readEvidence } from './evidence.ts'
import {
  applyMembers,
  countsOf,
  countUnapplied,
  endShadow,
  groupsOf,
  isComparable,
  joinMembers,
  refreshMembers,
  settle,
  shadowCandidates,
  wantActive,
  wantBack,
  wantNoMore,
  wantShadow,
} from './members.ts'
import {
  changeRollout,
  newestAnalysis,
  OPEN_STATES,
  type RolloutRecord,
  SELECT_ROLLOUT,
  writeHistory,
} from './records.ts'
import { drawShadow } from './shadow.ts'
import { type Move, nextMove, roomFor, roomInGroup, type Standing, stops } from './steps.ts'

export interface ControllerOptions {
  readonly database: Database
  readonly desired: DesiredStates
  readonly registry: Registry
  /** Keeps every move with its reason. */
  readonly audit: Pick<AuditLog, 'appendIn'>
  readonly clock: Clock
  readonly log: Log
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing
  /** Desired states have changed. */
  readonly onChange: () => void
  /** Between two looks, where there is nothing to do at once. */
  readonly everyMs: number
}

/**
 * Carries rollouts on. A pass over one is a single transaction under the lock of its row: it reads what is, decides one
 * move at a time, and writes what follows, so that a process killed anywhere leaves a whole pass or none, and the next one,
 * of this process or of another cloud on the same database, goes on from there. One owner at a time: a locked row is passed by.
 */
export function startController(options: ControllerOptions): Repeated {
  const { everyMs, log } = options
  return repeat({
    work: reconciler(options),
    // A pass takes as long as there was much to look at: never more than a third of the time.
    rest: { everyMs, times: 2 },
    log,
    failed: FAILED,
  })
}

const FAILED = 'rollouts were not carried on; trying again'

/**
 * One look at all there is to do, again and again: a pass over each unsettled rollout, of which one's trouble is not
 * another's.
 * @returns whether there is more to do at once
 */
export function reconciler(options: PassOptions): (ending?: AbortSignal) => Promise<boolean> {
  const { database, log, onChange } = options
  let joined: Joined = { enrolled: -1, at: 0 }
  return async (ending) => {
    const attempt = async (what: object, work: () => Promise<void>) => {
      try {
        await work()
      } catch (error) {
        if (!ending?.aborted) log.error({ ...what, error }, FAILED)
      }
    }
    let more = false
    await attempt({}, async () => {
      joined = await joinLate(options, joined)
    })
    await attempt({}, async () => {
      const { rows } = await database.pool.query<{ id: string }>(
        'SELECT id::text FROM rollouts WHERE NOT settled ORDER BY rollouts.id',
      )
      for (const { id: rollout } of rows) {
        if (ending?.aborted) return
        await attempt({ rollout }, async () => {
          const passed = await database.transaction((client) => passOver(options, client, rollout))
          if (passed.told) onChange()
          more ||= passed.more
        })
      }
    })
    return more
  }
}

/** Labels change seldom; a device that is selected by new ones joins within this time. */
const JOIN_EVERY_MS = 60_000

/** When late joiners were last looked for. */
interface Joined {
  readonly enrolled: number
  readonly at: number
}

/**
 * Takes devices in that have come since: the newest rollout of a model that succeeded gives those their version that have none,
 * and then they take their place in a rollout of it that goes on.
 */
async function joinLate({ database }: Pick<ControllerOptions, 'database'>, last: Joined): Promise<Joined> {
  const { rows } = await database.pool.query<{ enrolled: number }>('SELECT count(*) AS enrolled FROM devices')
  const { enrolled } = rows[0]!
  const at = performance.now()
  if (enrolled === last.enrolled && at - last.at < JOIN_EVERY_MS) return last
  const given = await database.transaction(async (client) => {
    const rollouts = await client.query<RolloutRecord>(
      `${SELECT_ROLLOUT} WHERE state IN ('running', 'paused')
         OR id IN (SELECT max(id) FROM rollouts WHERE state = 'succeeded' GROUP BY model)
       ORDER BY state = 'succeeded' DESC, rollouts.id FOR UPDATE`,
    )
    let given = 0
    for (const rollout of rollouts.rows) {
      if (rollout.document.spec.lateJoiners === 'ignore') continue
      const joined = await joinMembers(client, rollout, true)
      if (rollout.state !== 'succeeded' || joined === 0) continue
      given += joined
      await changeRollout(client, rollout, { settled: false })
    }
    return given
  })
  // Who has just been given a version joins what goes on once it is told.
  return given > 0 ? { enrolled: -1, at } : { enrolled, at }
}

type PassOptions = Omit<ControllerOptions, 'everyMs'>

interface Pass {
  /** Desired states have changed. */
  readonly told: boolean
  /** There is more to do at once. */
  readonly more: boolean
}

/** At most so many moves in one pass; the rest comes with the next. */
const MOVES = 20

async function passOver(options: PassOptions, client: PoolClient, id: string): Promise<Pass> {
  const { clock } = options
  const now = clock.now()
  const { rows } = await client.query<RolloutRecord>(
    `${SELECT_ROLLOUT} WHERE id = $1 AND NOT settled FOR UPDATE SKIP LOCKED`,
    [id],
  )
  let rollout = rows[0]
  if (!rollout) return { told: false, more: false }
  const { spec } = rollout.document
  const rule = { now, deadlineMs: durationMs(spec.deadline), offlineExpiryMs: durationMs(spec.offlineExpiry) }
  await refreshMembers(client, rollout, rule)
  const before = rollout
  const said: Said[] = []
  if (rollout.state === 'running' || rollout.state === 'paused') {
    rollout = await decide(options, client, rollout, { now, said })
  }
  const told = await tell(options, client, { rollout, now })
  const left = await countUnapplied(client, id)
  if (left === 0 && rollout.endsAs !== null && OPEN_STATES.includes(rollout.state)) {
    const reason = rollout.reason ?? ''
    rollout = await changeRollout(client, rollout, { state: rollout.endsAs, finishedAt: now })
    said.push({ what: rollout.state, reason, rollout })
  }
  if (left === 0 && told === 0 && !OPEN_STATES.includes(rollout.state)) {
    const { pending, updating, offline, silent, reverting } = await countsOf(client, id)
    if (pending + updating + offline + silent + reverting === 0) await settle(client, id)
  }
  await writeDown(options, client, { before, said, now })
  return { told: told > 0, more: left > 0 }
}

/** Telling members is a step's deed: what each device makes of it belongs to the same trace. */
async function tell(
  { desired, tracing }: PassOptions,
  client: PoolClient,
  { rollout, now }: { rollout: RolloutRecord; now: number },
): Promise<number> {
  const apply = () => applyMembers(client, { rollout, desired, now })
  if (!tracing?.isOn || (await countUnapplied(client, rollout.id)) === 0) return apply()
  const { id, name, model, version, step } = rollout
  const attributes = { 'storecast.rollout': name, 'storecast.model': `${model}/${version}`, 'storecast.step': step + 1 }
  return tracing.run('storecast.rollout.step', { attributes, log: { rollout: `${name} (${id})` } }, apply)
}

/** What the controller did to a rollout, and how that stood then. */
interface Said {
  readonly what: string
  readonly reason: string
  readonly rollout: RolloutRecord
}

/** At the end of a pass: other entries of the audit log wait from here to the commit. */
async function writeDown(
  { audit }: PassOptions,
  client: PoolClient,
  { before, said, now }: { before: RolloutRecord; said: readonly Said[]; now: number },
): Promise<void> {
  const standing = ({ name, model, version, state, step }: RolloutRecord) => ({ name, model, version, state, step })
  let last = before
  for (const { what, reason, rollout } of said) {
    await writeHistory(client, before.id, { at: now, who: 'controller', what, reason })
    await audit.appendIn(client, {
      ...{ actor: { kind: 'system', id: 'rollouts' }, action: what, subject: `/v1/rollouts/${before.id}` },
      ...{ decision: 'allowed', message: reason, before: standing(last), after: standing(rollout) },
    })
    last = rollout
  }
}

async function decide(
  options: PassOptions,
  client: PoolClient,
  before: RolloutRecord,
  { now, said }: { now: number; said: Said[] },
): Promise<RolloutRecord> {
  let rollout = before
  const analysis = await newAnalysis(client, rollout, now)
  for (let made = 0; made < MOVES; made++) {
    const standing = await standingOf(client, rollout, { now, analysis })
    // What a person has paused stays so, unless it does harm.
    const move = rollout.state === 'paused' ? stops(standing) : nextMove(standing)
    if (!move) return rollout
    const after = await carryOut(options, client, rollout, { move, standing })
    if (after.state !== rollout.state || after.step !== rollout.step) {
      const { state, step } = after
      options.log.info({ rollout: rollout.id, name: rollout.name, state, step, move }, 'a rollout has moved')
      said.push({ what: `${move.kind} at step ${rollout.step + 1}`, reason: move.reason, rollout: after })
    }
    rollout = after
    if (move.kind !== 'next' && move.kind !== 'shadow') return rollout
  }
  return rollout
}

async function standingOf(
  client: PoolClient,
  rollout: RolloutRecord,
  { now, analysis }: { now: number; analysis: Analysis | null },
): Promise<Standing> {
  const { document, step, stepAt, proven, full, accepted } = rollout
  const counts: RolloutCounts = await countsOf(client, rollout.id)
  const atAnalysis = document.spec.steps[step]?.analysis !== undefined
  const comparable = atAnalysis && (await isComparable(client, rollout))
  return { spec: document.spec, step, stepAt, now, counts, analysis, comparable, proven, full, accepted }
}

async function carryOut(
  { registry }: PassOptions,
  client: PoolClient,
  rollout: RolloutRecord,
  { move, standing }: { move: Move; standing: Standing },
): Promise<RolloutRecord> {
  const { id, model, version, document } = rollout
  const { now, counts } = standing
  const { reason } = move
  switch (move.kind) {
    case 'wait':
      return rollout.reason === reason ? rollout : changeRollout(client, rollout, { reason })
    case 'next':
      return changeRollout(client, rollout, {
        ...{ step: rollout.step + 1, stepAt: now, reason },
        ...(move.proven && { proven: move.proven }),
      })
    case 'shadow': {
      const drawn = drawShadow(await shadowCandidates(client, rollout), document.spec.analysis.devices)
      await wantShadow(client, id, drawn)
      return changeRollout(client, rollout, { reason })
    }
    case 'tell': {
      const { disruption } = document.spec
      const room = disruption
        ? new Map((await groupsOf(client, id)).map((group) => [group.group, roomInGroup(disruption, group)]))
        : undefined
      const count = roomFor(standing, move.devices)
      if (count > 0) await wantActive(client, id, { count, step: rollout.step, room })
      return changeRollout(client, rollout, { reason })
    }
    case 'hold':
      await wantNoMore(client, id)
      return changeRollout(client, rollout, { state: 'paused', reason })
    case 'stop':
      await wantBack(client, id)
      return changeRollout(client, rollout, { state: 'aborting', endsAs: 'failed', reason })
    case 'succeed': {
      await endShadow(client, id)
      const { alias } = document.spec
      if (alias !== undefined) await registry.setAlias({ model, alias, version, reason: `rollout ${id}` }, client)
      if (counts.told === 0) throw new Error(`rollout ${id} succeeded without a device`)
      return changeRollout(client, rollout, { state: 'succeeded', reason, finishedAt: now })
    }
  }
}

/** The newest analysis, made anew and kept where there is other evidence; null where nothing was ever in shadow. */
async function newAnalysis(client: PoolClient, rollout: RolloutRecord, now: number): Promise<Analysis | null> {
  const { rows } = await client.query<{ members: number }>(
    'SELECT count(*)::int4 AS members FROM rollout_devices WHERE rollout = $1 AND shadowed',
    [rollout.id],
  )
  const { members } = rows[0]!
  if (members === 0) return null
  const mark = `${members} ${await evidenceMark(client, rollout, now)}`
  if (mark === rollout.evidenceMark) return (await newestAnalysis(client, rollout.id))?.analysis ?? null
  const { analysis: rule } = rollout.document.spec
  const found = analyse({ members, ...(await readEvidence(client, rollout, now)) }, { ...rule, prior: rule.replay })
  await client.query('INSERT INTO rollout_analyses (rollout, step, at, body) VALUES ($1, $2, $3, $4)', [
    ...[rollout.id, rollout.step, now, found],
  ])
  await changeRollout(client, rollout, { evidenceMark: mark })
  return found
}
