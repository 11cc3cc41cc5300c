import type { Pool } from 'pg'
import { type LabelLimit, siteTerms } from '../platform/label-limit.ts'
import { putNewest } from '../platform/maps.ts'
import { together } from '../platform/together.ts'
import type { CountRow } from './counts.ts'
import { countWithin } from './members.ts'

/** What of rollouts lies within label limits. */
export interface MembersWithin {
  /** How many members there are in each state, by rollout; of one without any there is nothing. */
  counts(question: {
    readonly rollouts: readonly string[]
    readonly limit: LabelLimit
  }): Promise<ReadonlyMap<string, readonly CountRow[]>>
  /** Whether its members lie within the limit. */
  standing(question: { readonly rollout: string; readonly limit: LabelLimit }): Promise<'none' | 'part' | 'whole'>
}

interface Kept {
  /** What the counts rest on, as it was before they were made. */
  readonly mark: string
  readonly rows: readonly CountRow[]
}

/** Counts that are kept, of one rollout within one limit each. */
const MOST = 20_000

/**
 * Members of a rollout that is settled change no more: they are counted once for each limit, and again where a site has
 * changed, or the rollout. Everybody who asks the same at once waits for one answer.
 */
export function membersWithin(pool: Pool): MembersWithin {
  const kept = new Map<string, Kept>()
  return {
    counts: together(JSON.stringify, async ({ rollouts, limit }: Parameters<MembersWithin['counts']>[0]) => {
      const marks = await readMarks(pool, rollouts)
      const keyOf = (rollout: string) => `${rollout} ${JSON.stringify(limit)}`
      const found = new Map<string, readonly CountRow[]>()
      for (const rollout of rollouts) {
        const known = kept.get(keyOf(rollout))
        if (known !== undefined && known.mark === marks.get(rollout)) found.set(rollout, known.rows)
      }
      const missing = rollouts.filter((rollout) => !found.has(rollout))
      const counted = missing.length > 0 ? await countWithin(pool, missing, limit) : new Map<string, CountRow[]>()
      for (const rollout of missing) {
        const rows = counted.get(rollout) ?? []
        found.set(rollout, rows)
        const mark = marks.get(rollout)
        if (mark !== undefined) putNewest(kept, keyOf(rollout), { mark, rows }, MOST)
      }
      return new Map([...found].filter(([, rows]) => rows.length > 0))
    }),
    standing: together(JSON.stringify, async ({ rollout, limit }: Parameters<MembersWithin['standing']>[0]) => {
      const { rows } = await pool.query<{ some: boolean; beyond: boolean }>(
        `SELECT EXISTS (SELECT 1 ${MEMBERS} AND ${siteTerms('s')} @> $2) AS some,
           EXISTS (SELECT 1 ${MEMBERS} AND NOT ${siteTerms('s')} @> $2) AS beyond`,
        [rollout, limit],
      )
      const { some, beyond } = rows[0]!
      return !some ? 'none' : beyond ? 'part' : 'whole'
    }),
  }
}

const MEMBERS = `FROM rollout_devices m JOIN devices d ON d.id = m.device JOIN sites s ON s.id = d.site WHERE m.rollout = $1`

/** By rollout that is settled: another one where its row, or any site's, was written since. */
async function readMarks(pool: Pool, rollouts: readonly string[]): Promise<ReadonlyMap<string, string>> {
  // Every write of a row gives it the number of its transaction.
  const { rows } = await pool.query<{ id: string; mark: string }>(
    `SELECT r.id::text, concat_ws('/', r.xmin, s.sites, s.written) AS mark FROM rollouts r,
       (SELECT count(*) AS sites, sum(hashtext(id || xmin)::int8) AS written FROM sites) s
     WHERE r.id = ANY($1) AND r.settled AND r.settled_counts IS NOT NULL`,
    [rollouts],
  )
  return new Map(rows.map(({ id, mark }) => [id, mark]))
}
