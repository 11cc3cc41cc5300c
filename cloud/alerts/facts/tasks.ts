import type { Pool } from 'pg'
import type { SubjectSource } from '../subjects.ts'

interface TaskRow {
  readonly id: number
  readonly device: string
  readonly site: string
  readonly siteLabels: Record<string, string>
  readonly sensor: string
  readonly dimension: string
  readonly openedAt: number
  readonly [fact: string]: unknown
}

/** Stewardship tasks that are not closed. */
export const taskSubjects =
  (pool: Pool): SubjectSource =>
  async ({ now }) => {
    const { rows } = await pool.query<TaskRow>(
      `SELECT k.id, k.device, k.site, s.labels || d.labels AS "siteLabels", k.sensor, k.dimension, k.state, k.dataset, k.owner,
         k.steward, k.assignee, k.score, k.worst, k.threshold, k.opened_at AS "openedAt"
       FROM stewardship_tasks k JOIN devices d ON d.id = k.device JOIN sites s ON s.id = k.site
       WHERE k.closed_at IS NULL ORDER BY k.id`,
    )
    return rows.map(({ siteLabels, openedAt, ...facts }) => {
      const { id, site, device, sensor, dimension } = facts
      return {
        id: String(id),
        site,
        labels: { ...siteLabels, site, device, sensor, dimension },
        facts: { ...facts, ageSeconds: Math.max(0, (now - openedAt) / 1000) },
      }
    })
  }
