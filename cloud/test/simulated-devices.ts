import type { EvidenceRecord } from '@storecast/shared/contracts'
import { Sketch } from '@storecast/shared/windows'
import type { Pool } from 'pg'
import { addEvidence } from './records.ts'

/** What a simulated device does with a version that it is told to serve. */
export type Behaviour = 'serve' | 'fail' | 'roll-back' | 'say-nothing'

/** Each connected device takes its newest desired state and reports, as rows that ingest would leave. */
export async function answerAll(
  pool: Pool,
  { now, behaviourOf }: { readonly now: number; readonly behaviourOf: (device: string) => Behaviour },
): Promise<void> {
  const { rows } = await pool.query<{
    device: string
    site: string
    generation: number
    models: Record<string, { version: number; candidate?: { version: number } }>
    before: Record<string, { active: number | null }> | null
  }>(
    `SELECT s.device, d.site, s.generation, s.body->'models' AS models, r.body->'models' AS before
     FROM desired_states s JOIN devices d ON d.id = s.device LEFT JOIN reported r ON r.device = s.device
     WHERE d.online AND coalesce((r.body->>'generation')::int8, -1) < s.generation`,
  )
  const reports = rows
    .filter(({ device }) => behaviourOf(device) !== 'say-nothing')
    .map(({ device, site, generation, models, before }) => {
      const told = Object.entries(models).map(([name, { version, candidate }]) => {
        const active = before?.[name]?.active ?? null
        const does = active === version ? 'serve' : behaviourOf(device)
        const phase = { serve: 'active', fail: 'failed', 'roll-back': 'rolled-back', 'say-nothing': 'active' }[does]
        const shadow = candidate && { candidate: { version: candidate.version, phase: 'shadow', at: 0 } }
        return [name, { active: does === 'serve' ? version : active, target: version, phase, at: 0, ...shadow }]
      })
      return { device, body: { site, agentVersion: '1', generation, documents: {}, models: Object.fromEntries(told) } }
    })
  await pool.query(
    `INSERT INTO reported (device, body, epoch, seq, received_at)
     SELECT device, body, 1, 1, $2 FROM jsonb_to_recordset($1::jsonb) AS r (device text, body jsonb)
     ON CONFLICT (device) DO UPDATE SET body = excluded.body, seq = reported.seq + 1, received_at = $2`,
    [JSON.stringify(reports), now],
  )
}

/** A closed day of one device: 30 forecasts of both, and the candidate's relative difference. */
export function evidenceDay(given: {
  readonly model: string
  readonly champion: number
  readonly candidate: number
  readonly day: string
  readonly difference: number
}): EvidenceRecord {
  const { difference: relative, ...pair } = given
  const d = 100 * relative
  const latency = new Sketch()
  latency.add(4)
  return {
    ...{ ...pair, region: 'north', rows: 30, excluded: 2, crashes: 0 },
    ...{ difference: d, differenceSquared: d ** 2, largestDifference: Math.abs(d), actual: 500, moved: 10 },
    ...{ championAbsolute: 100, candidateAbsolute: 100 + d, championError: 0, candidateError: 0 },
    ...{ intervals: 30, championCovered: 24, candidateCovered: 24 },
    latency: latency.bins(),
  }
}

/** A day of evidence of every device that has a candidate of the model in shadow. @returns how many have */
export async function addEvidenceDay(
  pool: Pick<Pool, 'query'>,
  model: string,
  day: string,
  difference: (device: string) => number,
): Promise<number> {
  const { rows } = await pool.query<{ device: string; version: number; candidate: number }>(
    `SELECT device, version, (candidate->>'version')::int4 AS candidate FROM desired_models
     WHERE model = $1 AND candidate IS NOT NULL ORDER BY device`,
    [model],
  )
  for (const { device, version: champion, candidate } of rows) {
    await addEvidence(pool, device, evidenceDay({ model, champion, candidate, day, difference: difference(device) }))
  }
  return rows.length
}
