import type { Pool, PoolClient } from 'pg'
import type { Scale } from './scale.ts'

/**
 * Sites and devices in all states: most connected, some away for days, some updating, a few copied, retired or never heard of.
 * The generation of every desired state is 1,000, and what is connected has reported it.
 */
export async function addFleet(client: PoolClient, scale: Scale): Promise<void> {
  const { now, sites, devicesUrl } = scale
  await client.query(
    `INSERT INTO sites (id, time_zone, labels, created_at, updated_at)
     SELECT 'shop-' || (t.labels->>'region') || '-' || lpad((n / 4)::text, 4, '0'), t.time_zone,
       jsonb_build_object('region', t.labels->>'region', 'country', 'c' || n % 20, 'tier', (ARRAY['gold', 'silver', 'bronze'])[1 + n % 3],
         'cohort', (ARRAY['a', 'b', 'control'])[1 + n % 7 % 3]), $2, $2
     FROM generate_series(4, $1::int4 - 1) n
     JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS nth FROM sites) t ON t.nth = n % 4`,
    [sites, now - 400 * DAY],
  )
  await client.query(
    `INSERT INTO site_documents (site, kind, sha256, bytes)
     SELECT s.id, d.kind, d.sha256, d.bytes FROM sites s
     JOIN site_documents d ON d.site = 'shop-' || (s.labels->>'region') || '-0000'
     ON CONFLICT DO NOTHING`,
  )
  // Every site has two.
  await client.query(
    `INSERT INTO devices (id, site, labels, enrolled_at, retired_at, online, link, session, presence_at, last_seen)
     SELECT id, site, jsonb_build_object('role', role), $1::int8 - (n % 300 + 30) * 86400000::int8,
       CASE WHEN n % 100 = 99 THEN $1::int8 - 86400000 END, n % 100 < 92, 3, 'session', at, at
     FROM (SELECT s.id || '-' || role AS id, s.id AS site, role, row_number() OVER (ORDER BY s.id, role) AS n
           FROM sites s, unnest(ARRAY['gateway', 'pi']) AS role) d
     CROSS JOIN LATERAL (SELECT $1::int8 - CASE WHEN n % 100 < 92 THEN (n % 3600) * 1000 ELSE (n % 240) * 3600000 END AS at) seen`,
    [now],
  )
  await client.query(
    `INSERT INTO device_certificates (serial, device, key_hash, issued_at, expires_at, pem)
     SELECT md5(id), id, decode(md5(id), 'hex'), $1::int8 - n % 60 * 86400000::int8, $1::int8 + (90 - n % 60) * 86400000::int8, ''
     FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM devices) d`,
    [now],
  )
  await client.query(
    `INSERT INTO desired_models (device, model, version, sha256, bytes)
     SELECT d.id, v.model, v.version, v.sha256, v.bytes FROM devices d
     JOIN model_versions v ON v.model = 'demand' AND v.version = 11
       OR v.model = 'cold-chain' AND v.version = 5 AND d.labels->>'role' = 'pi'`,
  )
  await client.query(
    `INSERT INTO desired_states (device, generation, body, published, renew_at)
     SELECT d.id, 1000, jsonb_build_object('version', 1, 'site', d.site, 'api', $1::text,
       'documents', (SELECT jsonb_object_agg(kind, jsonb_build_object('sha256', sha256, 'bytes', bytes)) FROM site_documents
         WHERE site = d.site),
       'models', (SELECT jsonb_object_agg(model, jsonb_build_object('version', version, 'bundle',
         jsonb_build_object('sha256', sha256, 'bytes', bytes))) FROM desired_models WHERE device = d.id)), 1000, $2::int8 + 86400000
     FROM devices d`,
    [devicesUrl, now],
  )
  await client.query(
    `INSERT INTO reported (device, body, epoch, seq, received_at)
     SELECT d.id, jsonb_build_object('site', d.site, 'agentVersion', '0.' || n % 3 || '.0', 'generation', 1000,
       'documents', (SELECT jsonb_object_agg(kind, sha256) FROM site_documents WHERE site = d.site),
       'models', (SELECT jsonb_object_agg(model, jsonb_build_object(
         'active', version - (n % 50 = 0)::int4, 'target', version, 'at', $1::int8 - n % 500 * 60000,
         'phase', CASE WHEN n % 50 = 0 THEN (ARRAY['download', 'verify', 'soak', 'waiting', 'rolled-back'])[1 + n % 5] ELSE 'active' END))
         FROM desired_models WHERE device = d.id)), 1, 10000 + n, coalesce(d.last_seen, $1)
     FROM (SELECT *, row_number() OVER (ORDER BY md5(id))::int4 AS n FROM devices) d WHERE n % 400 > 0`,
    [now],
  )
  await client.query(
    `INSERT INTO device_epochs (device, epoch, db_id, reason, quarantined, opened_at, link, runs, base, floor, highest, told, records,
       revised, coarsened, dropped, waiting, clock)
     SELECT id, epoch, gen_random_uuid(), CASE epoch WHEN 1 THEN 'first-contact' ELSE 'fork' END, epoch = 2, enrolled_at, 3, '[]', 1,
       100000, 100000 + n % 50, CASE WHEN n % 50 > 10 THEN int8multirange(int8range(100003, 100006)) ELSE '{}' END, 90000, 9000, 900,
       n % 17, jsonb_build_object('records', n % 40, 'since', CASE WHEN n % 40 = 0 THEN 0 ELSE $1::int8 - n % 40 * 300000 END, 'toldAt', $1),
       jsonb_build_object('trusted', n % 100 > 0, 'since', enrolled_at, 'toldAt', $1::int8, 'checkedAt', $1::int8, 'within', 20,
         'ahead', CASE WHEN n % 100 = 0 THEN -7200000 ELSE 40 END)
     FROM (SELECT id, enrolled_at, row_number() OVER (ORDER BY md5(id)) AS n FROM devices) d, generate_series(1, 2) epoch
     WHERE epoch = 1 OR n <= 25`,
    [now],
  )
  await client.query(
    `INSERT INTO device_links (device, epoch, link, nonce, session, granted_at, commits)
     SELECT device, epoch, nth, md5(device || nth), 'session', $1::int8 - (4 - nth) * 3600000, ARRAY[$1::int8 - (4 - nth) * 3000000]
     FROM device_epochs, generate_series(1, 3) nth`,
    [now],
  )
  await client.query(
    `INSERT INTO gaps (device, epoch, cause, first_seq, last_seq, noticed_at)
     SELECT device, epoch, 'dropped', 50000, 50000 + dropped - 1, $1::int8 - row_number() OVER () * 1000 FROM device_epochs
     WHERE NOT quarantined AND dropped > 0`,
    [now],
  )
  await client.query(
    `INSERT INTO events (device, id, at, severity, code, message, detail, epoch, seq, received_at)
     SELECT d.id, gen_random_uuid(), $1::int8 - nth * 7200000, (ARRAY['info', 'info', 'info', 'warning', 'error'])[1 + nth % 5],
       (ARRAY['clock-trusted', 'started', 'model-active', 'readings-dropped', 'model-failed'])[1 + nth % 5],
       'what happened, in a sentence that people read', '{"count": 3}', 1, nth, $1::int8
     FROM devices d, generate_series(1, $2::int4) nth`,
    [now, EVENTS],
  )
  await client.query(
    `INSERT INTO device_absences (device, began_at, back_at, times, away_ms)
     SELECT d.id, began, began + 1200000, 1 + nth % 3, 400000 FROM devices d, generate_series(1, $2::int4) nth
     CROSS JOIN LATERAL (SELECT $1::int8 - nth * 86400000::int8 AS began) b`,
    [now, ABSENCES],
  )
  await client.query(
    `INSERT INTO support_bundles (id, device, asked_by, asked_at, archive, received_at, expires_at)
     SELECT CASE n WHEN 1 THEN $2::uuid ELSE gen_random_uuid() END, id, 'person-1', $1::int8 - n, 'bytes', $1::int8, $1::int8 + 86400000
     FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM devices) d WHERE n <= 50`,
    [now, BUNDLE],
  )
  await client.query(`INSERT INTO enrolment_roots (sha256, content) VALUES ('root', '{}')`)
  await client.query(
    `INSERT INTO enrolment_claims (id, secret_hash, site, labels, root, created_at, expires_at, used_at, used_by)
     SELECT left(md5('claim' || n), 12), decode(md5('secret' || n), 'hex'), d.site, '{}', 'root', $1::int8 - n * 60000, $1::int8 + 86400000,
       CASE WHEN n % 10 > 0 THEN $1::int8 - n * 50000 END, CASE WHEN n % 10 > 0 THEN d.id END
     FROM (SELECT id, site, row_number() OVER (ORDER BY id) AS n FROM devices) d WHERE n <= $2`,
    [now, CLAIMS],
  )
}

/** A cloud with a broker of its own holds every device for disconnected when it starts: they come back. */
export async function connectFleet(pool: Pool, now: number): Promise<void> {
  await pool.query('UPDATE devices SET online = true WHERE retired_at IS NULL AND presence_at > $1', [now - HOUR])
}

const HOUR = 3_600_000
export const DAY = 86_400_000
/** Of a device that has one. */
export const BUNDLE = '00000000-0000-4000-8000-000000000001'
const EVENTS = 20
const ABSENCES = 60
const CLAIMS = 5000
