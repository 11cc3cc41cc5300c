import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { to } from 'pg-copy-streams'
import { type Database, openDatabase } from '../../cloud/platform/database.ts'
import { createLog } from '../../cloud/platform/log.ts'
import { testBundle } from '../../cloud/test/bundle.ts'
import { addFleet } from './console/fleet-rows.ts'
import { prepare } from './console/places.ts'
import { type CloudProgram, cloudPlace } from './console/program.ts'
import type { BenchResult } from './measure.ts'
import { addDays, FEATURES, referenceOf, siteNames } from './monitoring/fleet.ts'

/** Each with two devices. */
const SITES = 5000
/** Sites whose sensors have no reference yet: theirs are frozen by the run. */
const UNKNOWN = 100
/** What a page asks for, again and again. */
const ASKED = '/v1/devices?limit=50'
const IDLE_CALLS = 100

/**
 * One look of monitoring at a fleet of 10,000 devices, each with 17 series of sensors and sales, 16 inputs of its model and how its
 * forecasts did over 14 days: how long it takes against a plain COPY of the days that it reads to the same machine, what memory it
 * takes above the cloud's own, and how long the API's answers take meanwhile against those before. The cloud is a process of its own.
 */
export async function run(): Promise<BenchResult> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.adopt(await mkdtemp(join(tmpdir(), 'bench-monitoring-')), (path) =>
    rm(path, { recursive: true }),
  )
  await chmod(folder, 0o711)
  const settings = { shared_buffers: '512MB', max_wal_size: '8GB' }
  const database = stack.use(
    await openDatabase({ embedded: join(folder, 'postgres'), settings, log: createLog('error') }),
  )
  const place = await cloudPlace(folder, database.url)
  const first = await place.start()
  try {
    await register(first)
    await prepare(first, [])
  } finally {
    await first.stop()
  }
  const seedSeconds = await timed(() => seed(database, first.devicesUrl))

  const cloud = stack.adopt(await place.start(), (program) => program.stop())
  const copySeconds = [await timed(() => copyDays(database))]
  const idle = await ask(cloud, (calls) => calls < IDLE_CALLS)
  const before = await memoryOf(cloud, 'VmRSS')
  const wal = await walOf(database)
  const cpu = await cpuOf(cloud)
  const looked = await look(cloud)
  const cpuSeconds = (await cpuOf(cloud)) - cpu
  const walBytes = (await walOf(database)) - wal
  copySeconds.push(await timed(() => copyDays(database)))
  const copied = copySeconds.reduce((sum, seconds) => sum + seconds, 0) / copySeconds.length
  const { devices, drift, performance } = looked.summary
  const total = (of: Readonly<Record<string, number>>) => Object.values(of).reduce((sum, count) => sum + count, 0)
  return {
    run_to_copy_ratio: looked.seconds / copied,
    api_p95_ratio: p95(looked.calls) / p95(idle),
    memory_growth_mb: (await memoryOf(cloud, 'VmHWM')) - before,
    seconds: looked.seconds,
    seconds_cpu: cpuSeconds,
    ms_per_device: (1000 * looked.seconds) / devices,
    seconds_copy: copied,
    api_p95_ms: p95(looked.calls),
    api_p95_ms_idle: p95(idle),
    api_ms_longest: Math.max(...looked.calls),
    memory_mb_idle: before,
    wal_mb: walBytes / 2 ** 20,
    ...{ devices, drift_results: total(drift), performance_results: total(performance), sites_frozen: UNKNOWN },
    seed_s: seedSeconds,
    cores: availableParallelism(),
    load_average: loadavg()[0]!,
  }
}

/** Before policies are there, which would ask for more. */
async function register({ call }: CloudProgram): Promise<void> {
  const bytes = testBundle({ features: FEATURES, reference: referenceOf(siteNames(SITES)) })
  const { status, body } = await call('POST', '/v1/models/demand/versions', { bytes })
  if (status !== 201) throw new Error(`the model of the benchmark: ${status} ${JSON.stringify(body)}`)
}

async function seed(database: Database, devicesUrl: string): Promise<void> {
  const now = Date.now()
  await database.transaction(async (client) => {
    // What is thrown away needs no disk's word, and what the triggers tell is told already.
    await client.query('SET LOCAL synchronous_commit = off; SET LOCAL session_replication_role = replica')
    await addFleet(client, { now, sites: SITES, devicesUrl, rollouts: 0, auditRows: 0, measured: 0 })
    // Today's and tomorrow's have been: none begins but the one that is measured.
    await client.query(
      `INSERT INTO monitoring_runs (job, period, state, attempts, created_at, finished_at)
       SELECT gen_random_uuid(), $1::int8 / 86400000 + n, 'succeeded', 1, $1, $1 FROM generate_series(0, 1) n
       ON CONFLICT DO NOTHING`,
      [now],
    )
    await addDays(client, { now, unknown: UNKNOWN })
  })
  await database.pool.query('VACUUM ANALYZE')
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

/** All days, as they are stored. */
async function copyDays({ pool }: Database): Promise<void> {
  const client = await pool.connect()
  try {
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
    await pipeline(client.query(to('COPY window_days TO STDOUT (FORMAT binary)')), nowhere)
  } finally {
    client.release()
  }
}

interface Run {
  readonly state: string
  readonly error: unknown
  readonly summary: Readonly<Record<'drift' | 'performance', Readonly<Record<string, number>>>> & { devices: number }
}

/** One look; meanwhile the API is asked. */
async function look(cloud: CloudProgram) {
  const began = performance.now()
  const { body } = await cloud.call('POST', '/v1/monitoring-runs', { json: { until: null } })
  let ended: Run | undefined
  const calls = ask(cloud, () => !ended)
  while (!ended) {
    await delay(200)
    const run = (await cloud.call('GET', `/v1/monitoring-runs/${body.id}`)).body as Run
    if (run.state === 'succeeded' || run.state === 'failed') ended = run
  }
  const seconds = (performance.now() - began) / 1000
  if (ended.state === 'failed') throw new Error(`the run of the benchmark failed: ${JSON.stringify(ended.error)}`)
  return { seconds, summary: ended.summary, calls: await calls }
}

/** Milliseconds of each call, one after the other. */
async function ask({ call }: CloudProgram, more: (calls: number) => boolean): Promise<number[]> {
  const times: number[] = []
  while (more(times.length)) {
    const began = performance.now()
    const { status } = await call('GET', ASKED)
    if (status !== 200) throw new Error(`GET ${ASKED}: ${status}`)
    times.push(performance.now() - began)
  }
  return times
}

const p95 = (times: readonly number[]) => times.toSorted((a, b) => a - b)[Math.ceil(0.95 * times.length) - 1]!

/** Of the cloud's process, in MB: now (`VmRSS`), or the most there ever was. */
async function memoryOf({ pid }: CloudProgram, name: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)![1]) / 1024
}

/** Seconds of a core that the cloud's process has used. @see proc(5): fields 14 and 15 of stat, in hundredths */
async function cpuOf({ pid }: CloudProgram): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
  return (Number(user) + Number(system)) / 100
}

/** Bytes that were ever written ahead. */
async function walOf({ pool }: Database): Promise<number> {
  const { rows } = await pool.query<{ bytes: number }>(
    "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS bytes",
  )
  return rows[0]!.bytes
}
