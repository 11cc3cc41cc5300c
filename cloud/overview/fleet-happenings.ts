import type { Source } from './happening.ts'

/** The site lies within the limit: those that do are looked up once for all sources. */
const within = (site: string) => `($1::jsonb = '{}' OR ${site} IN (SELECT id FROM sites_within))`
/** The rollout has a device within the limit. */
const ROLLOUT_WITHIN = `($1::jsonb = '{}' OR EXISTS (SELECT 1 FROM rollout_devices m JOIN devices d ON d.id = m.device
  WHERE m.rollout = r.id AND d.site IN (SELECT id FROM sites_within)))`

/** What is worth a line of the whole fleet. */
export const FLEET_SOURCES: readonly Source[] = [
  {
    kind: 'device',
    sql: `SELECT d.enrolled_at AS at, 'device' AS kind, 'enrolled' AS what, d.id AS key, d.id AS name, d.site, '' AS detail,
      NULL AS severity, NULL AS who FROM devices d WHERE ${within('d.site')}`,
  },
  {
    kind: 'device',
    sql: `SELECT d.retired_at AS at, 'device' AS kind, 'retired' AS what, d.id AS key, d.id AS name, d.site, '' AS detail,
      NULL AS severity, NULL AS who FROM devices d WHERE ${within('d.site')}`,
  },
  {
    kind: 'rollout',
    sql: `SELECT r.created_at AS at, 'rollout' AS kind, 'started' AS what, r.id::text AS key, r.name, NULL AS site,
      r.model || ' ' || r.version AS detail, NULL AS severity, NULL AS who FROM rollouts r WHERE ${ROLLOUT_WITHIN}`,
  },
  {
    kind: 'rollout',
    sql: `SELECT r.finished_at AS at, 'rollout' AS kind, r.state AS what, r.id::text AS key, r.name, NULL AS site,
      r.model || ' ' || r.version AS detail, NULL AS severity, NULL AS who FROM rollouts r
      WHERE ${ROLLOUT_WITHIN} AND r.state IN ('succeeded', 'failed', 'aborted', 'undone')`,
  },
  {
    kind: 'model',
    sql: `SELECT v.created_at AS at, 'model' AS kind, 'registered' AS what, v.model AS key, v.model || ' ' || v.version AS name,
      NULL AS site, coalesce(v.source->>'kind', '') AS detail, NULL AS severity, NULL AS who FROM model_versions v`,
  },
  {
    kind: 'model',
    sql: `SELECT h.at, 'model' AS kind, 'alias' AS what, h.model AS key, h.model || '@' || h.alias AS name, NULL AS site,
      coalesce(h.previous::text, 'none') || ' → ' || coalesce(h.version::text, 'none') AS detail, NULL AS severity, NULL AS who
      FROM model_alias_history h`,
  },
  {
    kind: 'alert',
    sql: `SELECT a.fired_at AS at, 'alert' AS kind, 'fired' AS what, a.id::text AS key, a.rule AS name, a.site,
      a.summary AS detail, a.severity, NULL AS who FROM alerts a WHERE ${within('a.site')}`,
  },
  {
    kind: 'alert',
    sql: `SELECT a.resolved_at AS at, 'alert' AS kind, 'resolved' AS what, a.id::text AS key, a.rule AS name, a.site,
      a.summary AS detail, a.severity, NULL AS who FROM alerts a WHERE a.state = 'resolved' AND ${within('a.site')}`,
  },
  {
    kind: 'task',
    sql: `SELECT t.opened_at AS at, 'task' AS kind, 'opened' AS what, t.id::text AS key, t.device || ' ' || t.sensor AS name,
      t.site, t.dimension AS detail, NULL AS severity, NULL AS who FROM stewardship_tasks t WHERE ${within('t.site')}`,
  },
  {
    kind: 'task',
    sql: `SELECT t.closed_at AS at, 'task' AS kind, 'closed' AS what, t.id::text AS key, t.device || ' ' || t.sensor AS name,
      t.site, coalesce(t.end_reason, '') AS detail, NULL AS severity, NULL AS who
      FROM stewardship_tasks t WHERE ${within('t.site')}`,
  },
]
