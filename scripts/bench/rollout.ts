import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { RolloutDocument } from '@storecast/shared/contracts'
import { reconciler } from '../../cloud/rollout/controller.ts'
import { createRollouts } from '../../cloud/rollout/rollouts.ts'
import { MIGRATIONS } from '../../cloud/storage.ts'
import { testBundle } from '../../cloud/test/bundle.ts'
import { testDatabase } from '../../cloud/test/database.ts'
import { rolloutOf } from '../../cloud/test/rollout.ts'
import { alternate, type BenchResult, median } from './measure.ts'
import { controllerParts } from './rollout/pass.ts'

const DEVICES = 100_000
const CHANGED = 100
const ROUNDS = 5

/**
 * What the controller of rollouts does in one pass over a rollout to 100,000 devices, all told and at it, on a real
 * PostgreSQL: where every device has reported since the last pass, and where 100 have.
 */
export async function run(): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'storecast-rollout-'))
  try {
    return await measure(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function measure(folder: string): Promise<BenchResult> {
  await using database = await testDatabase(MIGRATIONS)
  const { pool } = database
  const common = await controllerParts(database, folder)
  const { clock } = common
  await common.registry.register({ model: 'demand', content: [testBundle()], source: { kind: 'upload' } })
  await pool.query(
    `INSERT INTO sites (id, time_zone, labels, created_at, updated_at)
     SELECT 'site-' || n, 'Europe/Berlin', jsonb_build_object('region', 'region-' || n % 10), 0, 0
     FROM generate_series(0, 999) n`,
  )
  await pool.query(
    `INSERT INTO devices (id, site, labels, enrolled_at, online, presence_at)
     SELECT 'device-' || n, 'site-' || n % 1000, '{}', 0, true, $2 FROM generate_series(1, $1::int4) n`,
    [DEVICES, clock.now()],
  )

  const rollouts = createRollouts({
    ...{ ...common, trust: { requireApproved: async () => {} }, admit: async () => {}, wake() {} },
  })
  await rollouts.start(RolloutDocument.parse(rolloutOf('models:/demand/1')), 'bench')
  const pass = reconciler(common)
  const telling = performance.now()
  while (await pass());
  await pass()
  const secondsTelling = (performance.now() - telling) / 1000

  // Each has a new phase, so that its row is written, too.
  let phase = 0
  const report = async (devices: number) => {
    phase++
    await pool.query(
      `INSERT INTO reported (device, body, epoch, seq, received_at)
       SELECT s.device, jsonb_build_object('site', 's', 'agentVersion', '1', 'generation', s.generation, 'documents',
         '{}'::jsonb, 'models', jsonb_build_object('demand', jsonb_build_object('active', NULL, 'target', 1,
           'phase', $2::text, 'at', 0))), 1, 1, $3
       FROM desired_states s ORDER BY s.device LIMIT $1
       ON CONFLICT (device) DO UPDATE SET body = excluded.body, seq = reported.seq + 1, received_at = excluded.received_at`,
      [devices, phase % 2 === 0 ? 'download' : 'verify', clock.now() + phase],
    )
  }
  await pool.query('VACUUM ANALYZE')
  const measured = (devices: number) => async () => {
    await report(devices)
    const began = performance.now()
    await pass()
    return (performance.now() - began) / 1000
  }
  const { a, b, ratio } = await alternate({ a: measured(CHANGED), b: measured(DEVICES), rounds: ROUNDS })
  const { counts } = await rollouts.get('rollout')
  if (counts.updating !== DEVICES) throw new Error(`not every device is at it: ${JSON.stringify(counts)}`)
  const idle: number[] = []
  for (let i = 0; i < ROUNDS; i++) {
    const began = performance.now()
    await pass()
    idle.push((performance.now() - began) / 1000)
  }
  const memory = async (devices: number) => {
    await report(devices)
    const program = fileURLToPath(new URL('rollout/pass.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [program, database.url, folder])
    return Number(stdout)
  }
  return {
    pass_cost_ratio: ratio,
    seconds_all: b,
    seconds_changed: a,
    seconds_unchanged: median(idle),
    seconds_telling_all: secondsTelling,
    rss_mb: await memory(DEVICES),
    rss_mb_changed: await memory(CHANGED),
    devices: DEVICES,
    changed: CHANGED,
  }
}
