import { RolloutDocument } from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import { analyse } from '../../../cloud/rollout/analysis/analysis.ts'
import { CANDIDATES, simulate } from '../../../cloud/rollout/analysis/test/simulated.ts'
import { testDefinition } from '../../../cloud/test/bundle.ts'
import { rolloutOf } from '../../../cloud/test/rollout.ts'
import type { Scale } from './scale.ts'

/** Every tenth rollout goes to the whole fleet, the others to a twentieth of it. */
export async function addRollouts(client: PoolClient, { now, rollouts }: Scale): Promise<void> {
  const document = RolloutDocument.parse(
    rolloutOf('models:/demand/11', {
      selector: { labels: { tier: 'gold' } },
      steps: [{ setWeight: 5 }, { pause: {} }, { setWeight: 100 }],
      lateJoiners: 'ignore',
    }),
  )
  await client.query(
    `INSERT INTO rollouts (name, document, model, version, bundle, state, reason, step, step_at, proven, settled, created_at, finished_at)
     SELECT name, jsonb_set($1::jsonb, '{metadata,name}', to_jsonb(name)), v.model, v.version, jsonb_build_object('sha256', v.sha256, 'bytes', v.bytes),
       CASE WHEN n > $2 - 3 THEN 'paused' WHEN n % 9 = 0 THEN 'aborted' WHEN n % 11 = 0 THEN 'failed' ELSE 'succeeded' END,
       'what it waits for, or why it ended', CASE WHEN n > $2 - 3 THEN 1 ELSE 3 END, at, 'person', n <= $2 - 3, at,
       CASE WHEN n <= $2 - 3 THEN at + 86400000 END
     FROM (SELECT n, 'demand-' || lpad(n::text, 3, '0') AS name, $3::int8 - ($2 - n) * 86400000::int8 AS at FROM generate_series(1, $2::int4) n) r
     JOIN LATERAL (SELECT * FROM model_versions ORDER BY (model = 'demand') DESC, version, model OFFSET r.n % 12 LIMIT 1) v ON true
     ORDER BY n`,
    [JSON.stringify(document), rollouts, now],
  )
  await client.query(
    `INSERT INTO rollout_devices (rollout, device, position, disruption_group, region, late, previous, wanted, applied, generation, told_at,
       state, reason, step)
     SELECT r.id, d.id, hashtextextended(d.id || r.id, 0), '', s.labels->>'region', false, jsonb_build_object('version', 10),
       t.wanted, t.wanted, CASE WHEN t.wanted = 'active' THEN 1000 END, CASE WHEN t.wanted = 'active' THEN r.created_at END, t.state, NULL,
       CASE WHEN t.wanted = 'active' THEN (d.n % 20 > 0)::int4 * 2 END
     FROM rollouts r
     JOIN (SELECT id, site, row_number() OVER (ORDER BY md5(id)) AS n FROM devices WHERE retired_at IS NULL) d ON r.id % 10 = 0 OR d.n % 20 = r.id % 20
     JOIN sites s ON s.id = d.site
     CROSS JOIN LATERAL (SELECT CASE WHEN r.settled OR d.n % 20 = 0 THEN 'active' ELSE 'none' END AS wanted,
       CASE WHEN r.settled OR d.n % 20 = 0 THEN (ARRAY['succeeded', 'failed', 'rolled-back', 'excluded'])[1 + (d.n % 25 = 3)::int4 + 2 * (d.n % 90 = 7)::int4]
         ELSE 'pending' END AS state) t`,
  )
  await client.query(
    `UPDATE rollouts SET settled_counts = (SELECT coalesce(jsonb_agg(to_jsonb(c)), '[]') FROM (
       SELECT step, state, wanted, late, count(*) AS devices FROM rollout_devices WHERE rollout = rollouts.id GROUP BY 1, 2, 3, 4) c)
     WHERE settled`,
  )
  await client.query(
    `INSERT INTO rollout_history (rollout, at, who, what, reason)
     SELECT id, created_at + nth * 3600000, 'controller', 'next at step ' || nth, 'so many devices have succeeded' FROM rollouts, generate_series(1, 12) nth
     ORDER BY id, nth`,
  )
  await client.query(
    `INSERT INTO rollout_device_history (rollout, device, at, what, step, reason)
     SELECT rollout, device, told_at + nth * 600000, CASE nth WHEN 0 THEN applied ELSE state END, step, NULL
     FROM rollout_devices, generate_series(0, 1) nth WHERE told_at IS NOT NULL ORDER BY rollout, told_at, nth`,
  )
  await client.query(
    `INSERT INTO rollout_analyses (rollout, step, at, body)
     SELECT id, 1, created_at + nth * 86400000, a.body FROM rollouts, jsonb_array_elements($1::jsonb) WITH ORDINALITY AS a (body, nth) ORDER BY id, nth`,
    [JSON.stringify(analyses())],
  )
}

const ANALYSED_DAYS = 14

/** As days go by. */
function analyses(): readonly unknown[] {
  const { records, prior, dayName } = simulate(CANDIDATES.retrained, { seed: 4, devices: 200, days: ANALYSED_DAYS })
  const rule = { margin: 0.03, minDays: 7, minDevices: 100, maxDays: 14, guards: GUARDS, prior }
  return Array.from({ length: ANALYSED_DAYS }, (_, day) => {
    const today = dayName(day + 1)
    return analyse({ members: 200, records: records.filter((record) => record.day < today), health: [], today }, rule)
  })
}

const GUARDS = { maxCrashes: 1, latencyP95Ms: 50, coverageLoss: 0.1 }

/** Alerts, stewardship tasks and the results of monitoring, as runs of the last days have left them. */
export async function addFindings(client: PoolClient, { now, measured }: Scale): Promise<void> {
  await client.query(
    `INSERT INTO alerts (rule, subject, site, state, severity, labels, summary, since, fired_at, resolved_at, end_reason)
     SELECT (ARRAY['device-silent', 'records-lost', 'model-failed', 'sensor-incomplete'])[1 + n % 4], d.id, d.site, 'resolved', 'warning',
       jsonb_build_object('site', d.site, 'device', d.id, 'region', split_part(d.site, '-', 2)), d.id || ' is not as it should be',
       at, at + 300000, at + 7200000, 'cleared'
     FROM (SELECT *, row_number() OVER (ORDER BY md5(id)) AS n FROM devices) d CROSS JOIN LATERAL (SELECT $1::int8 - (10000 - n) * 240000 - 7200000 AS at) t
     ORDER BY n`,
    [now],
  )
  await client.query(
    `INSERT INTO alert_notifications (alert, route, status, state, sent_at, created_at)
     SELECT id, 'webhook', status, 'sent', since, since FROM alerts, unnest(ARRAY['firing', 'resolved']) status`,
  )
  await client.query(
    `INSERT INTO stewardship_tasks (device, site, sensor, dimension, dataset, owner, steward, state, threshold, score, worst, opened_at, scored_at,
       closed_at, end_reason)
     SELECT s.device, d.site, s.sensor, 'completeness', s.sensor, 'owner', 'steward', CASE WHEN n % 10 = 0 THEN 'open' ELSE 'closed' END, 0.9, 0.8, 0.7,
       at, at + 3600000, CASE WHEN n % 10 > 0 THEN at + 7200000 END, CASE WHEN n % 10 > 0 THEN 'recovered' END
     FROM (SELECT *, row_number() OVER (ORDER BY md5(device), sensor) AS n FROM series WHERE entity = '') s JOIN devices d ON d.id = s.device
     CROSS JOIN LATERAL (SELECT $1::int8 - (20000 - n) * 60000 AS at) t ORDER BY n`,
    [now],
  )
  await client.query(
    `INSERT INTO stewardship_history (task, at, action, note)
     SELECT id, opened_at + nth, (ARRAY['opened', 'commented', 'closed'])[nth], 'completeness 0.800 is below 0.900' FROM stewardship_tasks, generate_series(1, 3) nth`,
  )
  await client.query(
    `INSERT INTO training_runs (job, model, definition, selector, state, attempts, step, dataset, version, created_at, started_at, finished_at)
     SELECT gen_random_uuid(), 'demand', $2, '{"region": "eu-west"}', 'succeeded', 1, 'done',
       '{"sha256": "${'0'.repeat(64)}", "bytes": 1000000, "rows": 30000, "sites": 1000, "selected": 1250}', 1 + n % 12, at, at, at + 600000
     FROM generate_series(1, $3::int4) n CROSS JOIN LATERAL (SELECT $1::int8 - ($3 - n) * 43200000::int8 AS at) t ORDER BY n`,
    [now, testDefinition(), TRAININGS],
  )
  await addMonitoring(client, now, measured)
}

const TRAININGS = 200

const RUNS = 5

async function addMonitoring(client: PoolClient, now: number, measured: number): Promise<void> {
  // The cloud has made that of today; that of tomorrow is there, too, so that none begins while the console is measured.
  await client.query(
    `INSERT INTO monitoring_runs (job, period, state, attempts, created_at, finished_at, summary)
     SELECT gen_random_uuid(), $1::int8 / 86400000 + CASE WHEN n = $2 THEN 1 ELSE n - $2 END, 'succeeded', 1, at, at + 60000,
       jsonb_build_object('devices', $3::int4, 'drift', '{"stable": 9000, "drift": 100}'::jsonb, 'performance', '{"as-validated": 9000}'::jsonb)
     FROM generate_series(1, $2::int4) n CROSS JOIN LATERAL (SELECT $1::int8 - ($2 - n) * 86400000::int8 AS at) t ORDER BY n`,
    [now, RUNS, measured],
  )
  const spans = '$1::int8 - 15 * 86400000::int8, $1::int8 - 86400000'
  await client.query(
    `INSERT INTO drift (run, scope, name, kind, model, version, column_name, from_at, to_at, devices, rows, effective, statistics, p, q, verdict, previous_psi)
     SELECT r.id, o.scope, o.name, c.kind, c.model, c.version, c.column_name, ${spans}, 1, 4000, 300,
       '{"psi": {"value": 0.02, "threshold": 0.09, "p": 0.4}, "ks": {"value": 0.02, "threshold": 0.09, "p": 0.4}, "wasserstein": {"value": 0.02, "threshold": 0.09, "p": 0.4}}',
       0.4, 0.6, CASE WHEN hashtext(o.name || c.column_name) % 60 = 0 THEN 'drift' ELSE 'stable' END, 0.03
     FROM monitoring_runs r, (
       SELECT 'device' AS scope, id AS name FROM devices WHERE retired_at IS NULL
       UNION ALL SELECT DISTINCT 'region', labels->>'region' FROM sites UNION ALL SELECT DISTINCT 'cohort', labels->>'cohort' FROM sites
       UNION ALL SELECT 'fleet', '') o, (
       SELECT 'sensor' AS kind, '' AS model, 0 AS version, unnest(ARRAY['fridge', 'freezer', 'hall', 'humidity', 'power', 'sales']) AS column_name
       UNION ALL SELECT 'feature', 'demand', 11, unnest(ARRAY['lag1', 'lag7', 'lag14', 'discount', 'rain', 'weekday'])
       UNION ALL SELECT 'target', 'demand', 11, 'target') c
     WHERE r.id > $2 - 2 OR hashtext(o.name || c.column_name) % 60 = 0 OR o.scope <> 'device'`,
    [now, RUNS],
  )
  await client.query(
    `INSERT INTO performance (run, scope, name, model, version, horizon, from_at, to_at, devices, rows, left_out, days, scores, validation, p, q, verdict)
     SELECT r.id, o.scope, o.name, 'demand', 11, '1d', ${spans}, 1, 168, 2, d.days, $4, $5, 0.3, 0.5, 'as-validated'
     FROM monitoring_runs r, (
       SELECT 'device' AS scope, id AS name FROM devices WHERE retired_at IS NULL
       UNION ALL SELECT DISTINCT 'region', labels->>'region' FROM sites UNION ALL SELECT 'fleet', '') o,
       (SELECT jsonb_agg($4::jsonb || jsonb_build_object('day', to_char(to_timestamp($1::int8 / 1000 - nth * 86400), 'YYYY-MM-DD'), 'rows', 12) ORDER BY nth DESC) AS days
        FROM generate_series(2, 15) nth) d
     WHERE r.id > $2 - 2 OR o.scope <> 'device' OR $3::int4 < 0`,
    [
      ...[now, RUNS, measured],
      JSON.stringify({ mae: 2.4, rmse: 3.1, wape: 0.22, bias: 0.01, coverage: 0.81, baselineWape: 0.31 }),
      JSON.stringify({ wape: 0.21, of: 'sites', coverage: 0.8, baselineWape: 0.3 }),
    ],
  )
}
