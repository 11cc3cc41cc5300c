import type { Pool } from 'pg'
import { ForbiddenError } from '../platform/errors.ts'
import { deviceWithin, isLimited, type LabelLimit } from '../platform/label-limit.ts'
import { type CountRow, cohortsOf, countMembers } from './counts.ts'
import { countWithin } from './members.ts'
import { unknownRollout } from './records.ts'
import type { ListedRollout, Rollout, Rollouts } from './rollouts.ts'

/** What somebody with a label limit sees of rollouts, and may do to them. */
interface LimitedRollouts
  extends Pick<Rollouts, 'list' | 'devices' | 'history' | 'analyses' | 'act' | 'planVerb' | 'queue'> {
  get(which: string): Promise<Rollout>
}

/**
 * A rollout of which no device lies within the limit is not there. Of one that has devices beyond it too, those within are
 * seen with their counts, and nothing that speaks of the others: no selector, reason, analysis or history; and nothing can
 * be done to it.
 */
export function limitedRollouts(
  { rollouts, pool }: { rollouts: Rollouts; pool: Pool },
  limit: LabelLimit,
): LimitedRollouts {
  if (!isLimited(limit)) return rollouts

  const isWhole = async (id: string, which = id): Promise<boolean> => {
    const { rows } = await pool.query<{ all: number; within: number }>(
      `SELECT count(*) AS all, count(*) FILTER (WHERE ${deviceWithin('m.device', 2)}) AS within
       FROM rollout_devices m WHERE rollout = $1`,
      [id, limit],
    )
    const { all, within } = rows[0]!
    return within === 0 ? unknownRollout(which) : all === within
  }
  const seen = async <T extends ListedRollout>(items: readonly T[]): Promise<T[]> => {
    const within = await countWithin(
      pool,
      items.map(({ id }) => id),
      limit,
    )
    return items.map((rollout) => {
      const rows = within.get(rollout.id) ?? []
      const isAll = rows.reduce((sum, { devices }) => sum + devices, 0) === rollout.counts.devices
      return isAll ? rollout : partOf(rollout, rows)
    })
  }
  const idIfWhole = async (which: string) => {
    const { id } = await rollouts.get(which)
    return (await isWhole(id, which)) ? id : undefined
  }
  const idToActOn = async (which: string) => {
    const id = await idIfWhole(which)
    if (id !== undefined) return id
    throw new ForbiddenError({
      code: 'beyond-limit',
      message: `Rollout ${which} has devices outside of what your account is limited to. Ask somebody who may see them all.`,
    })
  }

  return {
    async get(which) {
      const rollout = await rollouts.get(which)
      await isWhole(rollout.id, which)
      return (await seen([rollout]))[0]!
    },
    async list(page) {
      const { items, ...rest } = await rollouts.list({ ...page, within: limit })
      return { ...rest, items: await seen(items) }
    },
    async devices(which, page) {
      const { id } = await rollouts.get(which)
      await isWhole(id, which)
      return rollouts.devices(id, { ...page, within: limit })
    },
    async history(which, page) {
      const id = await idIfWhole(which)
      return id === undefined ? { items: [] } : rollouts.history(id, page)
    },
    async analyses(which, page) {
      const id = await idIfWhole(which)
      return id === undefined ? { items: [] } : rollouts.analyses(id, page)
    },
    act: async (which, verb, who) => rollouts.act(await idToActOn(which), verb, who),
    planVerb: async (which, verb, who) => rollouts.planVerb(await idToActOn(which), verb, who),
    async queue({ rollout, ...page }) {
      if (rollout !== undefined) await isWhole((await rollouts.get(rollout)).id, rollout)
      return rollouts.queue({ ...page, rollout, within: limit })
    },
  }
}

/** What is told of the devices within, and nothing that speaks of the others. */
function partOf<T extends ListedRollout>(rollout: T, rows: readonly CountRow[]): T {
  const { document } = rollout
  const { selector: _, ...spec } = document.spec
  return {
    ...rollout,
    document: { ...document, spec } as Rollout['document'],
    reason: null,
    analysis: null,
    counts: countMembers(rows),
    cohorts: cohortsOf(rows),
  }
}
