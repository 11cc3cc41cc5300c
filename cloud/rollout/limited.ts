import { ForbiddenError } from '../platform/errors.ts'
import { isLimited, type LabelLimit } from '../platform/label-limit.ts'
import { toPage } from '../platform/paging.ts'
import { type CountRow, cohortsOf, countMembers } from './counts.ts'
import { unknownRollout } from './records.ts'
import type { ListedRollout, Rollout, Rollouts } from './rollouts.ts'
import type { MembersWithin } from './within.ts'

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
  { rollouts, members }: { rollouts: Rollouts; members: MembersWithin },
  limit: LabelLimit,
): LimitedRollouts {
  if (!isLimited(limit)) return rollouts

  const isWhole = async (rollout: string, which = rollout): Promise<boolean> => {
    const standing = await members.standing({ rollout, limit })
    return standing === 'none' ? unknownRollout(which) : standing === 'whole'
  }
  /** Without those that have nothing within. */
  const seen = async <T extends Rollout | ListedRollout>(items: readonly T[]): Promise<T[]> => {
    const within = await members.counts({ rollouts: items.map(({ id }) => id), limit })
    return items.flatMap((rollout) => {
      const rows = within.get(rollout.id)
      if (rows === undefined) return []
      const isAll = rows.reduce((sum, { devices }) => sum + devices, 0) === rollout.counts.devices
      return [isAll ? rollout : partOf(rollout, rows)]
    })
  }
  const idIfWhole = async (which: string) => {
    const id = await rollouts.idOf(which)
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
      return (await seen([await rollouts.get(which)]))[0] ?? unknownRollout(which)
    },
    async list({ limit: most, after: from, ...filter }) {
      const found: ListedRollout[] = []
      let after = from
      do {
        const page = await rollouts.list({ ...filter, after, limit: most + 1 })
        found.push(...(await seen(page.items)))
        after = page.next
      } while (after !== undefined && found.length <= most)
      return toPage(found, most, ({ id }) => id)
    },
    async devices(which, page) {
      const id = await rollouts.idOf(which)
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
      if (rollout !== undefined) await isWhole(await rollouts.idOf(rollout), rollout)
      return rollouts.queue({ ...page, rollout, within: limit })
    },
  }
}

/** What is told of the devices within, and nothing that speaks of the others. */
function partOf<T extends Rollout | ListedRollout>(rollout: T, rows: readonly CountRow[]): T {
  const { document } = rollout
  return {
    ...rollout,
    ...(document && { document: withoutSelector(document) }),
    ...('cohorts' in rollout && { cohorts: cohortsOf(rows) }),
    reason: null,
    analysis: null,
    counts: countMembers(rows),
  }
}

function withoutSelector(document: Rollout['document']): Rollout['document'] {
  const { selector: _, ...spec } = document.spec
  return { ...document, spec } as Rollout['document']
}
