import { siteWithin } from '../platform/label-limit.ts'
import type { Source } from './happening.ts'

/** Of the device, which lies within the limit: `listHappenings` has looked. */
const SITE = '$11::text'

/** Entry `l` of the audit log may be read: it was about sites within the limit alone. */
const ENTRY_SEEN = `$3 AND l.entry ->> 'decision' = 'allowed' AND NOT EXISTS (
  SELECT 1 FROM json_array_elements_text(l.entry -> 'sites') AS about(site) WHERE NOT ${siteWithin('about.site', 1)})`
/** As its index has it. */
const SUBJECT = `(l.entry ->> 'subject') COLLATE "C"`
const ENTRY_AT = `(l.entry ->> 'at')::int8`
const ENTRY_WHO = `l.entry -> 'actor' ->> 'id'`

/** What people did to the device, by the call that did it. */
const BY_PEOPLE = {
  'PUT /v1/devices/:device/labels': 'labelled',
  'POST /v1/devices/:device/token': 'token-replaced',
  'POST /v1/devices/:device/revoke': 'revoked',
  'POST /v1/quarantine/:device/:epoch/release': 'copy-accepted',
  'POST /v1/quarantine/:device/:epoch/discard': 'copy-discarded',
}
const actions = Object.keys(BY_PEOPLE)
  .map((action) => `'${action}'`)
  .join(', ')
const verbs = Object.entries(BY_PEOPLE)
  .map(([action, what]) => `WHEN '${action}' THEN '${what}'`)
  .join(' ')

/** Labels of `before` and `after` as text: `tier=gold, wave=2`. */
const labels = (of: string) =>
  `coalesce((SELECT string_agg(key || '=' || value, ', ' ORDER BY key) FROM json_each_text(${of})), '')`
const relabelled = (before: string, after: string) =>
  `coalesce(nullif(${labels(before)}, ''), 'none') || ' → ' || coalesce(nullif(${labels(after)}, ''), 'none')`

/** A span of milliseconds for people: `45 s`, `3 min`, `2.5 h`, `4 days`. */
const span = (ms: string) => `CASE WHEN ${ms} < 60000 THEN round(${ms} / 1000.0) || ' s'
  WHEN ${ms} < 3600000 THEN round(${ms} / 60000.0) || ' min'
  WHEN ${ms} < 172800000 THEN round(${ms} / 3600000.0, 1)::float8 || ' h' ELSE round(${ms} / 86400000.0, 1)::float8 || ' days' END`

/** Everything that is known to have happened to one device, whatever part of the cloud wrote it down. */
export const DEVICE_SOURCES: readonly Source[] = [
  {
    kind: 'device',
    sql: `SELECT h.at, 'device' AS kind, h.what, d.id AS key, d.id AS name, d.site, '' AS detail, NULL AS severity, h.who
      FROM devices d CROSS JOIN LATERAL (VALUES (d.enrolled_at, 'enrolled', NULL), (d.retired_at, 'retired',
        (SELECT ${ENTRY_WHO} FROM audit_log l WHERE d.retired_at IS NOT NULL AND ${SUBJECT} = '/v1/devices/' || $2
          AND l.entry ->> 'action' = 'DELETE /v1/devices/:device' AND ${ENTRY_SEEN} ORDER BY l.number LIMIT 1))) AS h (at, what, who)
      WHERE d.id = $2`,
  },
  {
    // A first hello says no more than the enrolment did.
    kind: 'device',
    sql: `SELECT e.opened_at AS at, 'device' AS kind, e.reason AS what, e.epoch::text AS key, e.device AS name, ${SITE} AS site,
      CASE WHEN e.reason = 'fork' AND NOT e.quarantined THEN 'accepted since' ELSE '' END AS detail, NULL AS severity, NULL AS who
      FROM device_epochs e WHERE e.device = $2 AND e.reason <> 'first-contact'`,
  },
  {
    kind: 'device',
    sql: `SELECT ${ENTRY_AT} AS at, 'device' AS kind, CASE l.entry ->> 'action' ${verbs} END AS what, l.number::text AS key,
      $2 AS name, ${SITE} AS site, CASE WHEN l.entry ->> 'action' = 'PUT /v1/devices/:device/labels'
        THEN ${relabelled(`l.entry #> '{before,labels}'`, `l.entry #> '{after,labels}'`)} ELSE '' END AS detail,
      NULL AS severity, ${ENTRY_WHO} AS who
      FROM audit_log l WHERE (${SUBJECT} ^@ ('/v1/devices/' || $2 || '/') OR ${SUBJECT} ^@ ('/v1/quarantine/' || $2 || '/'))
        AND l.entry ->> 'action' IN (${actions}) AND ${ENTRY_SEEN}`,
  },
  {
    // Labels that were changed for many at once; what else is done to many has rows of its own.
    kind: 'device',
    sql: `SELECT ${ENTRY_AT} AS at, 'device' AS kind, 'labelled' AS what, l.number::text AS key, $2 AS name, ${SITE} AS site,
      ${relabelled(`l.entry #> ARRAY['before', $2]`, `l.entry #> ARRAY['after', $2]`)} AS detail,
      NULL AS severity, ${ENTRY_WHO} AS who
      FROM audit_log l WHERE l.entry ->> 'action' = 'POST /v1/devices/actions' AND (l.entry::jsonb -> 'after') ? $2
        AND l.entry::jsonb #> ARRAY['before', $2] IS DISTINCT FROM l.entry::jsonb #> ARRAY['after', $2]
        AND ${ENTRY_SEEN}`,
  },
  {
    kind: 'connection',
    sql: `SELECT h.at, 'connection' AS kind, h.what, a.device AS key, a.device AS name, ${SITE} AS site, h.detail, NULL AS severity,
        NULL AS who
      FROM device_absences a CROSS JOIN LATERAL (VALUES
        (CASE WHEN a.times > 0 THEN a.began_at END, 'went-away', CASE WHEN a.times > 1 THEN 'first of ' || a.times || ' times' ELSE '' END),
        (a.back_at, 'connected', CASE a.times WHEN 0 THEN 'for the first time' WHEN 1 THEN 'after ' || ${span('a.away_ms')} || ' away'
          ELSE a.times || ' times away within ' || ${span('(a.back_at - a.began_at)')} || ', ' || ${span('a.away_ms')} || ' of it' END)
        ) AS h (at, what, detail)
      WHERE a.device = $2`,
  },
  {
    // One that has ended is above.
    kind: 'connection',
    sql: `SELECT d.presence_at AS at, 'connection' AS kind, 'went-away' AS what, d.id AS key, d.id AS name, d.site,
        CASE WHEN d.presence_forgotten THEN 'not back since the cloud was started' ELSE 'not back yet' END AS detail,
        NULL AS severity, NULL AS who
      FROM devices d WHERE d.id = $2 AND NOT d.online AND d.retired_at IS NULL`,
  },
  {
    kind: 'certificate',
    sql: `SELECT c.issued_at AS at, 'certificate' AS kind,
      CASE WHEN lag(c.serial) OVER (ORDER BY c.issued_at, c.serial) IS NULL THEN 'issued' ELSE 'renewed' END AS what,
      c.serial AS key, c.device AS name, ${SITE} AS site,
      'until ' || to_char(to_timestamp(c.expires_at / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS detail,
      NULL AS severity, NULL AS who FROM device_certificates c WHERE c.device = $2`,
  },
  {
    kind: 'certificate',
    sql: `SELECT v.revoked_at AS at, 'certificate' AS kind, 'withdrawn' AS what, v.serial AS key, v.device AS name, ${SITE} AS site,
      v.reason AS detail, NULL AS severity, NULL AS who FROM revocations v WHERE v.device = $2`,
  },
  {
    kind: 'rollout',
    sql: `SELECT h.at, 'rollout' AS kind, h.what, r.id::text AS key, r.name, ${SITE} AS site, h.detail, NULL AS severity, NULL AS who
      FROM rollout_devices m JOIN rollouts r ON r.id = m.rollout CROSS JOIN LATERAL (VALUES
        (r.created_at, 'started', r.model || ' ' || r.version),
        (CASE WHEN r.state IN ('succeeded', 'failed', 'aborted', 'undone') THEN r.finished_at END, r.state, coalesce(r.reason, ''))
        ) AS h (at, what, detail)
      WHERE m.device = $2`,
  },
  {
    // What it was told to serve, in which step, and what came of it there.
    kind: 'rollout',
    sql: `SELECT h.at, 'rollout' AS kind, 'device-' || h.what AS what, r.id::text AS key, r.name, ${SITE} AS site,
      concat_ws(', ', CASE h.what
          WHEN 'active' THEN r.model || ' ' || coalesce(m.previous->>'version', 'none') || ' → ' || r.version
          WHEN 'shadow' THEN r.model || ' ' || r.version || ' beside ' || coalesce(m.previous->>'version', 'none')
          WHEN 'back' THEN r.model || ' ' || r.version || ' → ' || coalesce(m.previous->>'version', 'none')
          WHEN 'withdrawn' THEN r.model || ' ' || coalesce(m.previous->>'version', 'none') || ' stays'
          ELSE r.model || ' ' || r.version END,
        'step ' || (h.step + 1), h.reason) AS detail, NULL AS severity, NULL AS who
      FROM rollout_device_history h JOIN rollouts r ON r.id = h.rollout
      JOIN rollout_devices m ON m.rollout = h.rollout AND m.device = h.device WHERE h.device = $2`,
  },
  {
    kind: 'alert',
    sql: `SELECT h.at, 'alert' AS kind, h.what, a.id::text AS key, a.rule AS name, a.site, h.detail, h.severity, h.who
      FROM alerts a CROSS JOIN LATERAL (VALUES (a.fired_at, 'fired', a.summary, a.severity, NULL),
        (a.acknowledged_at, 'acknowledged', coalesce(a.note, ''), a.severity, a.acknowledged_by),
        (a.resolved_at, 'resolved', a.summary, NULL, NULL)) AS h (at, what, detail, severity, who)
      WHERE a.labels->>'device' = $2 AND a.fired_at IS NOT NULL`,
  },
  {
    kind: 'task',
    sql: `SELECT h.at, 'task' AS kind, h.action AS what, t.id::text AS key, t.sensor || ', ' || t.dimension AS name, t.site,
      h.note AS detail, NULL AS severity, h.who
      FROM stewardship_tasks t JOIN stewardship_history h ON h.task = t.id WHERE t.device = $2`,
  },
  {
    kind: 'event',
    sql: `SELECT e.at, 'event' AS kind, e.code AS what, e.id::text AS key, e.code AS name, ${SITE} AS site,
      concat_ws(' ', e.message, nullif((SELECT '(' || string_agg(key || ' ' || value, ', ') || ')' FROM jsonb_each_text(e.detail)), '()'))
        AS detail, e.severity, NULL AS who FROM events e WHERE e.device = $2 AND e.at <= $5`,
  },
  {
    kind: 'gap',
    sql: `SELECT g.noticed_at AS at, 'gap' AS kind, g.cause AS what, g.id::text AS key, g.device AS name, ${SITE} AS site,
      (g.last_seq - g.first_seq + 1) || ' records' AS detail, NULL AS severity, NULL AS who
      FROM gaps g WHERE g.device = $2 AND g.noticed_at <= $5`,
  },
  {
    kind: 'support',
    sql: `SELECT h.at, 'support' AS kind, h.what, b.id::text AS key, b.device AS name, ${SITE} AS site, h.detail, NULL AS severity, h.who
      FROM support_bundles b CROSS JOIN LATERAL (VALUES
        (b.asked_at, 'asked', CASE WHEN b.archive IS NULL THEN 'waits for the device' ELSE '' END, b.asked_by),
        (b.received_at, 'received', pg_size_pretty(length(b.archive)::int8), NULL)) AS h (at, what, detail, who)
      WHERE b.device = $2`,
  },
]
