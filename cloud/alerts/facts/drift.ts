import type { Pool } from 'pg'
import type { Subject, SubjectSource } from '../subjects.ts'

interface DriftRow {
  readonly scope: string
  readonly name: string
  readonly model: string
  readonly version: number
  readonly site: string | null
  readonly siteLabels: Record<string, string> | null
  readonly finishedAt: number
  readonly compared: number
  readonly drifted: number
  readonly columns: string[]
  readonly psi: number | null
}

/** Columns that a subject names: those that drifted most. */
const MOST_COLUMNS = 5

/**
 * What the newest monitoring run found of each device, label and the fleet, by model (of sensors: none). Of a run that is read
 * nothing changes any more: it is read once.
 */
export function driftSubjects(pool: Pool): SubjectSource {
  let read: { readonly run: string; readonly rows: readonly DriftRow[] } | undefined
  return async ({ now }) => {
    const { rows: runs } = await pool.query<{ id: string }>(
      "SELECT id::text FROM monitoring_runs WHERE state = 'succeeded' ORDER BY id DESC LIMIT 1",
    )
    const run = runs[0]?.id
    if (run === undefined) return []
    if (read?.run !== run) read = { run, rows: await readRun(pool, run) }
    return read.rows.map((row) => subjectOf(row, now))
  }
}

async function readRun(pool: Pool, run: string): Promise<readonly DriftRow[]> {
  const { rows } = await pool.query<DriftRow>(
    `SELECT r.scope, r.name, r.model, r.version, v.site, s.labels || v.labels AS "siteLabels", m.finished_at AS "finishedAt",
       count(*) FILTER (WHERE r.verdict <> 'insufficient')::int4 AS compared,
       count(*) FILTER (WHERE r.verdict = 'drift')::int4 AS drifted,
       coalesce((array_agg(r.column_name ORDER BY (r.statistics->'psi'->>'value')::float8 DESC)
         FILTER (WHERE r.verdict = 'drift'))[:${MOST_COLUMNS}], '{}') AS columns,
       max((r.statistics->'psi'->>'value')::float8) FILTER (WHERE r.verdict = 'drift') AS psi
     FROM drift r JOIN monitoring_runs m ON m.id = r.run
     LEFT JOIN devices v ON r.scope = 'device' AND v.id = r.name LEFT JOIN sites s ON s.id = v.site
     WHERE r.run = $1 AND (r.scope <> 'device' OR v.retired_at IS NULL)
     GROUP BY r.scope, r.name, r.model, r.version, v.site, s.labels, v.labels, m.finished_at ORDER BY 1, 2, 3, 4`,
    [run],
  )
  return rows
}

function subjectOf({ site, siteLabels, finishedAt, ...row }: DriftRow, now: number): Subject {
  const { scope, name, model, version, compared, drifted } = row
  const ofModel: Record<string, string> = model === '' ? {} : { model, version: String(version) }
  const place: Record<string, string> =
    scope === 'device' ? { ...siteLabels, site: site ?? '', device: name } : scope === 'fleet' ? {} : { [scope]: name }
  return {
    id: `${scope} ${name} ${model}/${version}`,
    ...(site !== null && { site }),
    labels: { ...place, ...ofModel },
    facts: {
      ...row,
      share: compared === 0 ? null : drifted / compared,
      ageSeconds: Math.max(0, (now - finishedAt) / 1000),
    },
  }
}
