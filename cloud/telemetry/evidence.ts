import { DeviceId, type EvidenceRecord, LocalDay, ModelName } from '@storecast/shared/contracts'
import { Sketch } from '@storecast/shared/windows'
import type { Pool } from 'pg'
import { z } from 'zod'
import { type LabelLimit, NO_LIMIT, siteWithin } from '../platform/label-limit.ts'
import { fromCursor, type Page, type PageRequest, toCursor, toPage } from '../platform/paging.ts'

/** What one device found on one closed local day of a candidate beside the version that served. */
export interface DeviceEvidence extends Omit<EvidenceRecord, 'latency'> {
  readonly device: string
  readonly site: string
  /** The candidate's runs of that day, in milliseconds; quantiles are null where there were none. */
  readonly latency: { readonly runs: number; readonly p50: number | null; readonly p95: number | null }
}

export interface EvidenceFilter {
  readonly model?: string | undefined
  readonly champion?: number | undefined
  readonly candidate?: number | undefined
  readonly device?: string | undefined
  /** Local days, both included. */
  readonly from: string
  readonly to: string
  /** What lies outside is left out. */
  readonly within?: LabelLimit | undefined
}

/** Day, device, model, champion, candidate. */
const Position = z.tuple([LocalDay, DeviceId, ModelName, z.int(), z.int()])

/** Evidence by local day. */
export async function listEvidence(
  pool: Pool,
  { model, champion, candidate, device, from, to, within = NO_LIMIT, after, limit }: EvidenceFilter & PageRequest,
): Promise<Page<DeviceEvidence>> {
  const { rows } = await pool.query<Omit<DeviceEvidence, 'latency'> & { latency: Buffer }>(
    `SELECT e.device, d.site, e.region, e.model, e.champion, e.candidate, e.day, e.rows, e.excluded, e.difference,
       e.difference_squared AS "differenceSquared", e.largest_difference AS "largestDifference",
       e.champion_absolute AS "championAbsolute", e.candidate_absolute AS "candidateAbsolute",
       e.champion_error AS "championError", e.candidate_error AS "candidateError", e.actual, e.moved, e.intervals,
       e.champion_covered AS "championCovered", e.candidate_covered AS "candidateCovered", e.crashes, e.latency
     FROM evidence e JOIN devices d ON d.id = e.device
     WHERE ($1::text IS NULL OR e.model = $1) AND ($2::int8 IS NULL OR e.champion = $2)
       AND ($3::int8 IS NULL OR e.candidate = $3) AND ($4::text IS NULL OR e.device = $4) AND e.day BETWEEN $5 AND $6
       AND ($7::jsonb IS NULL OR (e.day, e.device, e.model, e.champion, e.candidate)
         > ($7->>0, $7->>1, $7->>2, ($7->>3)::int8, ($7->>4)::int8))
       AND ${siteWithin('d.site', 9)}
     ORDER BY e.day, e.device, e.model, e.champion, e.candidate LIMIT $8`,
    [
      ...[model ?? null, champion ?? null, candidate ?? null, device ?? null, from, to],
      after === undefined ? null : JSON.stringify(fromCursor(after, Position)),
      limit + 1,
      within,
    ],
  )
  const items = rows.map(({ latency, ...row }) => ({ ...row, latency: latencyOf(latency) }))
  return toPage(items, limit, ({ day, device, model, champion, candidate }) =>
    toCursor([day, device, model, champion, candidate]),
  )
}

function latencyOf(packed: Buffer): DeviceEvidence['latency'] {
  const sketch = Sketch.decode(packed)
  const at = (q: number) => (sketch.count === 0 ? null : sketch.quantile(q))
  return { runs: sketch.count, p50: at(0.5), p95: at(0.95) }
}
