import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openDatabase } from '../../cloud/platform/database.ts'
import { createLog } from '../../cloud/platform/log.ts'
import { hasBrowser } from '../../cloud/test/browser.ts'
import { readCalls } from './console/calls.ts'
import { visitDeviceList } from './console/device-list.ts'
import { connectFleet } from './console/fleet-rows.ts'
import { signIn, type Timing, timeCall, type User } from './console/load.ts'
import { people, prepare } from './console/places.ts'
import { cloudPlace } from './console/program.ts'
import { seed } from './console/seed.ts'
import { holdStreams } from './console/streams.ts'
import { type BenchResult, median } from './measure.ts'

/** Builds the console where it has changed. */
const PAGES = fileURLToPath(new URL('../lib/pages.ts', import.meta.url))
const USERS = 20
/** Of each user, of each route. */
const CALLS = 5
/** Open at once, and changes that all of them are told of. */
const STREAMS = 200
const CHANGES = 30
const VISITS = 7

/**
 * What the console's pages wait for, over a fleet of 10,000 devices with 200 rollouts and 100,000 entries in the audit log: every
 * GET of the API that answers JSON, its first page and one deep in the list, by 20 users of all roles at once, a quarter of them
 * limited to one region, each asking again as soon as it is answered. Before that, 200 clients hold the stream of events while
 * devices change, and a browser opens the device list. The cloud is a process of its own.
 */
export async function run(): Promise<BenchResult> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.adopt(await mkdtemp(join(tmpdir(), 'bench-console-')), (path) => rm(path, { recursive: true }))
  await chmod(folder, 0o711)
  const settings = { shared_buffers: '512MB', max_wal_size: '8GB' }
  const database = stack.use(
    await openDatabase({ embedded: join(folder, 'postgres'), settings, log: createLog('error') }),
  )
  await promisify(execFile)(process.execPath, [PAGES, 'cloud/console'])
  const place = await cloudPlace(folder, database.url)
  const crowd = people(USERS)
  const first = await place.start()
  try {
    await prepare(first, crowd)
  } finally {
    await first.stop()
  }
  const now = Date.now()
  const scale = { now, sites: 5000, rollouts: 200, auditRows: 100_000, measured: 300, devicesUrl: first.devicesUrl }
  const seconds = await seed(database, scale)

  const cloud = stack.adopt(await place.start(), (program) => program.stop())
  await connectFleet(database.pool, now)
  const calls = await readCalls(cloud, now)
  const users: User[] = []
  for (const person of crowd) users.push(await signIn(cloud.url, person))
  const everywhere = users.filter(({ limit }) => Object.keys(limit).length === 0)
  const devices = await database.pool.query<{ id: string }>(
    'SELECT id FROM devices WHERE online ORDER BY md5(id) LIMIT $1',
    [CHANGES],
  )
  const names = devices.rows.map(({ id }) => id)
  const { held, lags } = await holdStreams(cloud, everywhere, { streams: STREAMS, changes: CHANGES, devices: names })
  const visits = hasBrowser ? await visitDeviceList(cloud.url, everywhere[0]!, VISITS) : []
  const timings: Timing[] = []
  for (const call of calls) timings.push(await timeCall(cloud.url, call, users, CALLS))
  const slowest = timings.toSorted((a, b) => b.p95 - a.p95)
  for (const { name, p50, p95, first, bytes, calls, refused } of slowest) {
    const figures = [p50, p95, first].map((ms) => ms.toFixed(0).padStart(6)).join('')
    console.log(`${figures}  ${String(bytes).padStart(8)} B  ${calls} calls, ${refused} users refused  ${name}`)
  }
  return {
    p95_ms_worst: slowest[0]!.p95,
    p95_route_worst: slowest[0]!.name,
    p95_ms_median: median(timings.map(({ p95 }) => p95)),
    p50_ms_median: median(timings.map(({ p50 }) => p50)),
    sse_clients_held: held,
    sse_lag_ms_median: median(lags),
    sse_lag_ms_p95: lags.toSorted((a, b) => a - b)[Math.ceil(0.95 * lags.length) - 1]!,
    device_list_interactive_ms: visits.length > 0 ? median(visits) : 'no browser here',
    calls_over_200_ms: timings.filter(({ p95 }) => p95 >= 200).length,
    calls: timings.length,
    users: USERS,
    ...{ devices: 2 * scale.sites, sites: scale.sites, rollouts: scale.rollouts, audit_rows: scale.auditRows },
    devices_with_sensors: scale.measured,
    cloud_start_s: cloud.startSeconds,
    seed_s: Object.values(seconds).reduce((sum, each) => sum + each, 0),
    cores: availableParallelism(),
    load_average: loadavg()[0]!,
  }
}
