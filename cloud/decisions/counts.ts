import { DeviceSelector } from '@storecast/shared/contracts'
import type { Pool } from 'pg'
import { LABELS, requireGroups, SELECTED, selecting } from '../devices/index.ts'
import { type LabelLimit, NO_LIMIT, siteWithin } from '../platform/label-limit.ts'

/** What counts are told apart by, beside the model: the local day in which the lead time begins, the site, a label. */
export type DecisionKey = 'day' | 'site' | `label:${string}`

export interface DecisionCountsQuery {
  /** Of the lead time's start, unix ms: `[from, to)`. */
  readonly from: number
  readonly to: number
  readonly by: readonly DecisionKey[]
  readonly model?: string | undefined
  readonly selector?: DeviceSelector | undefined
  /** What lies outside is left out. */
  readonly within?: LabelLimit | undefined
}

export interface DecisionCounts {
  readonly model: string
  /** By `by`; null: no such label. */
  readonly key: Readonly<Record<string, string | null>>
  /** Decisions of which it is known what came of them, holds included, and those of them that were right. */
  readonly judged: number
  readonly correct: number
  /** Suggestions that staff answered or may answer no more, and those that they took, as suggested or changed. */
  readonly suggested: number
  readonly taken: number
}

const EVERY = DeviceSelector.parse({})

/** Of selected devices, by model and the keys. */
export async function decisionCounts(
  pool: Pool,
  { now, from, to, by, model, selector = EVERY, within = NO_LIMIT }: DecisionCountsQuery & { readonly now: number },
): Promise<DecisionCounts[]> {
  await requireGroups(pool, selector.groups ?? [])
  const { rows } = await pool.query<Omit<DecisionCounts, 'key'> & { keys: (string | null)[] }>(
    `SELECT c.model, ARRAY(SELECT CASE key WHEN 'day' THEN to_char(to_timestamp(c.start_at / 1000.0) AT TIME ZONE s.time_zone,
           'YYYY-MM-DD') WHEN 'site' THEN s.id ELSE ${LABELS} ->> substr(key, 7) END
         FROM unnest($3::text[]) WITH ORDINALITY AS wanted(key, place) ORDER BY place) AS keys,
       count(*) FILTER (WHERE c.judged_at IS NOT NULL)::int8 AS judged,
       count(*) FILTER (WHERE c.correct)::int8 AS correct,
       count(*) FILTER (WHERE c.action = 'reorder'
         AND (c.choice IS NOT NULL OR c.judged_at IS NOT NULL OR c.end_at <= $8))::int8 AS suggested,
       count(*) FILTER (WHERE c.choice IN ('accepted', 'changed'))::int8 AS taken
     FROM decisions c JOIN devices d ON d.id = c.device JOIN sites s ON s.id = d.site
     WHERE ${SELECTED} AND c.start_at >= $4 AND c.start_at < $5 AND ($6::text IS NULL OR c.model = $6)
       AND ${siteWithin('d.site', 7)}
     GROUP BY 1, 2 ORDER BY 1, 2`,
    [...selecting(selector), by, from, to, model ?? null, within, now],
  )
  return rows.map(({ keys, ...counts }) => ({
    ...counts,
    key: Object.fromEntries(by.map((name, i) => [name, keys[i]!])),
  }))
}
