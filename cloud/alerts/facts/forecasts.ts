import type { Pool } from 'pg'
import type { Telemetry } from '../../telemetry/index.ts'
import type { SubjectSource } from '../subjects.ts'

/** Forecasts of each site, model and version whose span began within `over`: their scores as `GET /v1/forecast-scores`. */
export const forecastSubjects =
  (pool: Pool, telemetry: Pick<Telemetry, 'forecastScores'>): SubjectSource =>
  async ({ now, over }) => {
    const scores = await telemetry.forecastScores({ from: now - over, to: now, by: ['site', 'model', 'version'] })
    const { rows } = await pool.query<{ id: string; labels: Record<string, string> }>('SELECT id, labels FROM sites')
    const labels = new Map(rows.map((site) => [site.id, site.labels]))
    return scores.map(({ site = '', model = '', version = 0, ...facts }) => ({
      id: `${site} ${model}/${version}`,
      site,
      labels: { ...labels.get(site), site, model, version: String(version) },
      facts: { site, model, version, ...facts },
    }))
  }
