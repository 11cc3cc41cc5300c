import type { PoolClient } from 'pg'
import type { DesiredStates } from '../devices/index.ts'
import type { Clock } from '../platform/clock.ts'
import { ConflictError } from '../platform/errors.ts'
import { countsOf, wantBack, wantNoMore } from './members.ts'
import { changeRollout, findRollout, newestAnalysis, OPEN_STATES, type RolloutRecord, writeHistory } from './records.ts'

/**
 * - `pause`: tells no more devices until `resume`.
 * - `resume`: goes on after a pause, and with the failures that there are.
 * - `promote`: goes on despite what holds it: past a pause, an analysis, missing proof. `promote-full`: to every device at once.
 * - `abort`: takes every device back to what it had.
 * - `retry`: has those that failed, rolled back or are silent try again.
 * - `undo`: of a rollout that is over, takes every device back that still has its version.
 */
export const VERBS = ['pause', 'resume', 'promote', 'promote-full', 'abort', 'retry', 'undo'] as const
export type Verb = (typeof VERBS)[number]

interface ActOptions {
  readonly client: PoolClient
  readonly desired: DesiredStates
  readonly clock: Clock
}

/**
 * Does what a person asks of a rollout, under the lock of its row. Doing the same twice is no error.
 * @returns its number, and what was done; undefined where there was nothing to do
 */
export async function act(
  { client, desired, clock }: ActOptions,
  { which, verb, who }: { which: string; verb: Verb; who: string },
): Promise<{ readonly id: string; readonly done: string | undefined }> {
  const rollout = await findRollout(client, which, true)
  const now = clock.now()
  const doing = { client, desired, rollout, now }
  const reason = await DO[verb](doing)
  if (reason !== undefined) await writeHistory(client, rollout.id, { at: now, who, what: verb, reason })
  return { id: rollout.id, done: reason }
}

interface Doing {
  readonly client: PoolClient
  readonly desired: DesiredStates
  readonly rollout: RolloutRecord
  readonly now: number
}

/** Each gives what was done, or undefined where there was nothing to do. */
const DO: Readonly<Record<Verb, (doing: Doing) => Promise<string | undefined>>> = {
  async pause({ client, rollout }) {
    if (rollout.state === 'paused') return undefined
    requireState(rollout, ['running'], 'paused')
    await wantNoMore(client, rollout.id)
    await changeRollout(client, rollout, { state: 'paused', reason: 'paused by a person' })
    return `at step ${rollout.step + 1}`
  },
  async resume({ client, rollout, now }) {
    if (rollout.state === 'running') return undefined
    requireState(rollout, ['paused'], 'resumed')
    const { failed, rolledBack, silent } = await countsOf(client, rollout.id)
    const accepted = Math.max(rollout.accepted, failed + rolledBack + silent)
    const step = rollout.document.spec.steps[rollout.step]
    const over = step?.pause !== undefined && step.pause.duration === undefined
    await changeRollout(client, rollout, {
      ...{ state: 'running', reason: 'resumed', accepted },
      ...(over && { step: rollout.step + 1, stepAt: now }),
    })
    return `at step ${rollout.step + 1}${accepted > rollout.accepted ? `, with ${accepted} failures` : ''}`
  },
  async promote({ client, rollout, now }) {
    requireState(rollout, ['running', 'paused'], 'promoted')
    const step = rollout.document.spec.steps[rollout.step]
    const { failed, rolledBack, silent } = await countsOf(client, rollout.id)
    const held = (await newestAnalysis(client, rollout.id))?.analysis.verdict === 'heterogeneous'
    const waits = step?.pause !== undefined || step?.analysis !== undefined
    await changeRollout(client, rollout, {
      ...{
        state: 'running',
        reason: 'promoted by a person',
        accepted: Math.max(rollout.accepted, failed + rolledBack + silent),
      },
      ...((step?.pause === undefined || held) && { proven: 'person' as const }),
      ...(waits && { step: rollout.step + 1, stepAt: now }),
    })
    return `past step ${rollout.step + 1}`
  },
  async 'promote-full'({ client, rollout, now }) {
    requireState(rollout, ['running', 'paused'], 'promoted')
    const { failed, rolledBack, silent } = await countsOf(client, rollout.id)
    await changeRollout(client, rollout, {
      ...{ state: 'running', reason: 'promoted to every device by a person', proven: 'person', full: true },
      ...{ step: rollout.document.spec.steps.length, stepAt: now },
      accepted: Math.max(rollout.accepted, failed + rolledBack + silent),
    })
    return `from step ${rollout.step + 1} to every device`
  },
  async abort({ client, rollout }) {
    if (rollout.state === 'aborting' || rollout.state === 'aborted') return undefined
    requireState(rollout, ['running', 'paused'], 'aborted')
    await wantBack(client, rollout.id)
    await changeRollout(client, rollout, { state: 'aborting', endsAs: 'aborted', reason: 'aborted by a person' })
    return `at step ${rollout.step + 1}`
  },
  async retry({ client, desired, rollout, now }) {
    requireState(rollout, ['running', 'paused', 'succeeded'], 'retried')
    const { rows } = await client.query<{ device: string }>(
      `SELECT device FROM rollout_devices WHERE rollout = $1 AND wanted = 'active' AND applied = 'active'
         AND state IN ('failed', 'rolled-back', 'silent') ORDER BY device`,
      [rollout.id],
    )
    if (rows.length === 0) return undefined
    const generations = await desired.repeat(
      client,
      rows.map(({ device }) => device),
    )
    await client.query(
      `WITH told AS (
         UPDATE rollout_devices m SET state = 'pending', reason = NULL, told_at = $4, generation = g.generation, check_at = 0
         FROM unnest($2::text[], $3::int8[]) AS g (device, generation) WHERE m.rollout = $1 AND m.device = g.device
         RETURNING m.device, m.step
       )
       INSERT INTO rollout_device_history (rollout, device, at, what, step)
       SELECT $1, device, $4, 'again', step FROM told ORDER BY device`,
      [rollout.id, [...generations.keys()], [...generations.values()], now],
    )
    await changeRollout(client, rollout, { settled: false, accepted: 0 })
    return `${rows.length} devices try again`
  },
  async undo({ client, rollout }) {
    if (rollout.state === 'undoing' || rollout.state === 'undone') return undefined
    requireState(rollout, ['succeeded'], 'undone')
    const { rows } = await client.query<{ id: string; name: string }>(
      `SELECT r.id::text, r.name FROM rollouts r JOIN rollout_devices m ON m.rollout = r.id
       JOIN rollout_devices mine ON mine.device = m.device AND mine.rollout = $1
       WHERE r.model = $2 AND r.id <> $1 AND r.state = ANY($3) ORDER BY r.id LIMIT 1`,
      [rollout.id, rollout.model, OPEN_STATES],
    )
    if (rows[0]) {
      throw new ConflictError({
        code: 'rollout-conflict',
        message: `Rollout ${rows[0].name} (${rows[0].id}) is under way on some of the same devices. Abort it first.`,
      })
    }
    await wantBack(client, rollout.id)
    await changeRollout(client, rollout, {
      ...{ state: 'undoing', endsAs: 'undone', reason: 'undone by a person', settled: false },
    })
    return 'each device back to what it had'
  },
}

function requireState(rollout: RolloutRecord, states: readonly RolloutRecord['state'][], done: string): void {
  if (states.includes(rollout.state)) return
  const open = OPEN_STATES.includes(rollout.state)
  const instead =
    rollout.state === 'succeeded' ? ' Undo takes it back.' : open ? ' Abort ends it.' : ' Start another one.'
  throw new ConflictError({
    code: open ? 'rollout-open' : 'rollout-over',
    message: `Rollout ${rollout.name} (${rollout.id}) is ${rollout.state} and cannot be ${done}.${instead}`,
  })
}
