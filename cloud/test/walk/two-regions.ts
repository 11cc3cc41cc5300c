import { modelEntity, type Warmup } from '@storecast/shared/contracts'
import { Sketch } from '@storecast/shared/windows'
import { expect, vi } from 'vitest'
import { testBundle, testDefinition } from '../bundle.ts'
import type { TestCloud } from '../cloud.ts'
import { addDecisions, addEvidence, addForecasts, addWindows } from '../records.ts'
import { rolloutOf } from '../rollout.ts'

/** What a route's parameter names that lies in one region. */
export interface Things {
  readonly site: string
  readonly device: string
  readonly alert: string
  readonly task: string
  readonly rollout: string
  readonly run: string
  readonly claim: string
  /** An object of the site. */
  readonly sha256: string
  /** A support bundle of the device. */
  readonly bundle: string
}

export interface TwoRegions {
  readonly within: Things
  readonly beyond: Things
}

/** In every text that lies beyond, and in none that lies within. */
export const MARK = { within: 'brandenburg', beyond: 'tennessee' }
export const LIMIT = { region: 'eu' }
/** Nothing has these names. */
export const NOTHING: Things = {
  site: 'nowhere',
  device: 'nowhere-1',
  alert: '999999',
  task: '999999',
  rollout: 'nothing',
  run: '999999',
  claim: '00000000dead',
  sha256: '0'.repeat(64),
  bundle: '00000000-0000-4000-8000-00000000dead',
}
export const T0 = Date.UTC(2026, 2, 2)
const HOUR = 3_600_000

/** A cloud with two regions that have the same of everything: rows as ingest and other parts leave them, the rest by the API. */
export async function seedTwoRegions({ call, pool }: Pick<TestCloud, 'call' | 'pool'>): Promise<TwoRegions> {
  const ok = async (method: string, path: string, given: Parameters<typeof call>[2] = {}) => {
    const answer = await call(method, path, given)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  await ok('POST', '/v1/models/demand/versions', {
    bytes: testBundle({ warmup: warmupOf([MARK.within, MARK.beyond]) }),
  })
  const seed = async (site: string, region: string): Promise<Things> => {
    const device = `${site}-1`
    // Defined in two ways, so that a sensor tells of both regions.
    const priority = region === 'eu' ? 'high' : 'low'
    const sensors = [
      { name: 'fridge', kind: 'gauge', unit: '°C', resolution: 0.1, range: [-40, 40], centre: 4, priority },
    ]
    const entities = [{ id: 'milk', attributes: { shop: site, [`of-${site}`]: 'yes' } }]
    await ok('PUT', `/v1/sites/${site}`, {
      json: { timeZone: 'Europe/Berlin', labels: { region }, sensors, entities },
    })
    await ok('POST', '/v1/devices', { json: { id: device, site } })
    const claims = await ok('POST', '/v1/claims', { json: { site } })
    await addRows(pool, { site, device, region })
    const definition = testDefinition()
    const run = await ok('POST', '/v1/training-runs', { json: { definition, selector: { region, site } } })
    const spec = { selector: { labels: { region, site } }, steps: [{ setWeight: 100 }, { pause: {} }] }
    await ok('POST', '/v1/rollouts', { json: rolloutOf('models:/demand/1', { name: `${site}-rollout`, ...spec }) })
    const { documents } = await ok('GET', `/v1/sites/${site}`)
    const id = async (table: string) =>
      String((await pool.query<{ id: number }>(`SELECT id FROM ${table} WHERE site = $1`, [site])).rows[0]!.id)
    return {
      site,
      device,
      alert: await id('alerts'),
      task: await id('stewardship_tasks'),
      rollout: `${site}-rollout`,
      run: run.id,
      claim: claims.claims[0].id,
      sha256: documents.catalogue.sha256,
      bundle: await addSupportBundle(pool, device),
    }
  }
  const within = await seed(MARK.within, 'eu')
  const beyond = await seed(MARK.beyond, 'us')
  // Both devices are away, and what the rollouts have told them waits.
  await vi.waitFor(async () => expect((await ok('GET', '/v1/queued-actions')).items).toHaveLength(2), {
    timeout: 20_000,
  })
  return { within, beyond }
}

/** Held-out forecasts of a day of each site. */
const warmupOf = (sites: readonly string[]): Warmup => ({
  format: 1,
  levels: [0.1, 0.5, 0.9],
  sites: Object.fromEntries(
    sites.map((site) => [site, { days: ['2026-02-01'], actual: [2], mean: [2], quantiles: [[1], [2], [3]] }]),
  ),
})

async function addSupportBundle(pool: TestCloud['pool'], device: string): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    `INSERT INTO support_bundles (id, device, asked_by, asked_at, archive, received_at, expires_at)
     VALUES (gen_random_uuid(), $1, 'somebody', $2, $3, $2, $4) RETURNING id::text`,
    [device, T0, Buffer.from(`of ${device}`), Number.MAX_SAFE_INTEGER],
  )
  return rows[0]!.id
}

async function addRows(
  pool: TestCloud['pool'],
  { site, device, region }: { site: string; device: string; region: string },
): Promise<void> {
  await addWindows(pool, device, 'fridge', [{ start: T0, end: T0 + HOUR, values: [40, 41], centre: 40 }])
  await addWindows(pool, device, '$model-latency', [
    { entity: modelEntity({ model: 'demand', version: 1 }), start: T0, end: T0 + HOUR, values: [1000, 2000] },
  ])
  const span = { issuedAt: T0, start: T0, end: T0 + HOUR, quantiles: [1, 2, 3], mean: 2, baseline: 2 }
  await addForecasts(pool, device, [
    { model: 'demand', version: 1, entity: 'milk', ...span, score: { scoredAt: T0, actual: 2, censored: false } },
  ])
  await addDecisions(pool, device, [
    {
      ...{
        id: '0195a2e4-1c00-7abc-8def-0123456789ab',
        decision: 'reorder',
        model: 'demand',
        version: 1,
        entity: 'milk',
      },
      ...{ issuedAt: T0, start: T0, end: T0 + HOUR, quantiles: [1, 2, 3], stock: 0, onOrder: 0, quantity: 3 },
      action: 'reorder',
      outcome: { judgedAt: T0 + HOUR, actual: 2, stockOut: false, correct: true },
    },
  ])
  await addEvidence(pool, device, {
    ...{ model: 'demand', champion: 1, candidate: 2, day: '2026-03-02', region, rows: 1, excluded: 0 },
    ...{ difference: 0, differenceSquared: 0, largestDifference: 0, championAbsolute: 1, candidateAbsolute: 1 },
    ...{ championError: 0, candidateError: 0, actual: 2, moved: 0, crashes: 0, latency: new Sketch().bins() },
    ...{ intervals: 1, championCovered: 1, candidateCovered: 1 },
  })
  await pool.query(
    `INSERT INTO device_epochs (device, epoch, db_id, reason, quarantined, opened_at, link, runs, base, floor, highest, clock)
     VALUES ($1, 1, gen_random_uuid(), 'fork', true, $2, 1, '[]', 0, 0, 0, NULL),
       ($1, 2, gen_random_uuid(), 'fork', false, $2, 1, '[]', 0, 0, 0, $3)`,
    [device, T0, { trusted: false, since: T0, toldAt: T0, ahead: -7_200_000, within: 20, checkedAt: T0 }],
  )
  await pool.query(
    `INSERT INTO events (device, id, at, severity, code, message, detail, epoch, seq, received_at)
     VALUES ($1, gen_random_uuid(), $2, 'warning', 'test', $3, '{}', 1, 1, 0)`,
    [device, T0, `of ${site}`],
  )
  await pool.query('INSERT INTO reported (device, body, epoch, seq, received_at) VALUES ($1, $2, 1, 1, 0)', [
    ...[device, { site, agentVersion: '0', generation: 1, models: {}, documents: {} }],
  ])
  await pool.query(
    `INSERT INTO gaps (device, epoch, cause, first_seq, last_seq, noticed_at) VALUES ($1, 1, 'dropped', 1, 2, $2)`,
    [device, T0],
  )
  await pool.query(
    `INSERT INTO alerts (rule, subject, site, state, severity, labels, summary, since, fired_at)
     VALUES ('device-away', $1, $2, 'firing', 'warning', '{}', $3, $4, $4)`,
    [device, site, `${device} is away`, T0],
  )
  await pool.query(
    `WITH run AS (INSERT INTO monitoring_runs (job, period, state, created_at) VALUES (gen_random_uuid(), 1, 'succeeded', $2)
         ON CONFLICT (period) DO UPDATE SET state = 'succeeded' RETURNING id),
       drifted AS (INSERT INTO drift (run, scope, name, kind, model, version, column_name, from_at, to_at, devices, rows,
         effective, verdict) SELECT id, 'device', $1, 'sensor', '', 0, 'fridge', $2, $2, 1, 1, 1, 'insufficient' FROM run)
     INSERT INTO performance (run, scope, name, model, version, horizon, from_at, to_at, devices, rows, left_out, days,
       scores, verdict) SELECT id, 'device', $1, 'demand', 1, '1d', $2, $2, 1, 1, 0, '[]', $3, 'insufficient' FROM run`,
    [device, T0, { mae: 1, rmse: 1, wape: 1, bias: 0, coverage: 1, baselineWape: 1 }],
  )
  await pool.query(
    `INSERT INTO stewardship_tasks (device, site, sensor, dimension, state, threshold, score, worst, opened_at, scored_at)
     VALUES ($1, $2, 'fridge', 'completeness', 'open', 0.9, 0.5, 0.5, $3, $3)`,
    [device, site, T0],
  )
}
