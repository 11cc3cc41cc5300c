import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { WindowRecord } from '@storecast/shared/contracts'
import { NO_QUALITY, Sketch } from '@storecast/shared/windows'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deviceMigrations } from '../../devices/index.ts'
import { ingestMigrations } from '../../ingest/index.ts'
import { TestDevice, TestIngest } from '../../ingest/test/device.ts'
import type { Database } from '../../platform/database.ts'
import { folderFiles, type NamedFiles, s3Files } from '../../platform/named-files.ts'
import type { Objects } from '../../platform/objects.ts'
import { temporaryFolder, testDatabase } from '../../test/database.ts'
import { telemetryMigrations } from '../migrations.ts'
import { dropExpired } from '../rollups/retention.ts'
import { rollUpNext } from '../rollups/roll-up.ts'
import { dayFile, exportNext } from './export.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const day0 = Date.UTC(2026, 2, 10)
const later = Date.UTC(2026, 5, 15)

const stack = new AsyncDisposableStack()
let database: Database
let cloud: TestIngest
let device: TestDevice
let folder: string
let files: NamedFiles
let devices = 0
beforeAll(async () => {
  folder = stack.use(await temporaryFolder()).path
  database = stack.use(await testDatabase([...deviceMigrations, ...ingestMigrations, ...telemetryMigrations]))
  cloud = new TestIngest(database)
})
afterAll(() => stack.disposeAsync())
beforeEach(async () => {
  await database.pool.query(
    'TRUNCATE windows, window_hours, window_days, window_changes, window_floors, window_latecomers, export_days, series',
  )
  device = new TestDevice(`shop-${++devices}`)
  await cloud.enrol(device)
  await cloud.greet(device)
  files = folderFiles(join(folder, crypto.randomUUID()))
})

const fine = (i: number, sensor = 'fridge'): WindowRecord => {
  const values = [i - 100, 3 * i, 7]
  const sketch = new Sketch()
  for (const value of values) sketch.add(value)
  const start = day0 + i * 5 * MINUTE
  return {
    ...{ series: { sensor, entity: sensor === 'sales' ? 'P,"1"'.replaceAll(/[^A-Z0-9]/g, '-') : '' }, start },
    ...{ end: start + 5 * MINUTE, revision: 1, count: 3, sum: 4 * i - 93, min: Math.min(...values) },
    ...{ max: Math.max(...values), last: 7, sketch: sketch.bins(), quality: { ...NO_QUALITY, late: 2 } },
  }
}
const range = (from: number, to: number, sensor?: string) =>
  Array.from({ length: to - from }, (_, i) => fine(from + i, sensor))
const rollUp = async () => {
  while (await rollUpNext(database, { now: later, exported: true })) {
    // The next.
  }
}
const options = () => ({ database, objects: {} as Objects, files, scratch: join(folder, 'scratch'), settleMs: 0 })
const exportAll = async (more: { files?: NamedFiles; now?: number } = {}) => {
  const { now = later, ...changed } = more
  const days: string[] = []
  for (
    let day = await exportNext({ ...options(), ...changed }, now);
    day;
    day = await exportNext({ ...options(), ...changed }, now)
  ) {
    days.push(day)
  }
  return days
}

/** Asks the files as any engine would: one SQL statement, rows as JSON. */
async function ask(sql: string): Promise<unknown[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const reader = await connection.runAndReadAll(
      sql.replace('FILES', `read_parquet('${files.place}/windows/*/*.parquet', hive_partitioning = true)`),
    )
    return reader.getRowObjectsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
const bySeries = `SELECT day::varchar AS day, sensor, count(*)::int AS windows, sum(count)::int AS count, sum(sum)::int AS sum,
  min(min)::int AS min, max(max)::int AS max, sum(late)::int AS late FROM FILES GROUP BY ALL ORDER BY ALL`
const stored = async () => {
  const { rows } = await database.pool.query(
    `SELECT to_char(to_timestamp(start_at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, sensor, count(*)::int4 AS windows,
       sum(count)::int4 AS count, sum(sum)::int4 AS sum, min(min)::int4 AS min, max(max)::int4 AS max, sum(late)::int4 AS late
     FROM windows w JOIN series s ON s.id = w.series GROUP BY 1, 2 ORDER BY 1, 2`,
  )
  return rows
}

describe('the files of days', () => {
  it('hold every count and sum of the database, in columns that any engine reads', async () => {
    await cloud.send(device, { windows: [...range(0, 700), ...range(0, 300, 'sales')] })
    await rollUp()
    expect(await exportAll()).toEqual(['2026-03-10', '2026-03-11', '2026-03-12'])
    expect(await ask(bySeries)).toEqual(await stored())
    const [first] =
      (await ask(`SELECT device, site, entity, start::varchar AS start, start_ms::varchar AS ms, "end"::varchar AS "end",
      unit, resolution, octet_length(sketch)::int AS bytes FROM FILES WHERE sensor = 'sales' ORDER BY start LIMIT 1`)) as object[]
    expect(first).toEqual({
      ...{ device: device.id, site: 's1', entity: 'P--1-', start: '2026-03-10 00:00:00', ms: String(day0) },
      ...{
        end: '2026-03-10 00:05:00',
        unit: null,
        resolution: 1,
        bytes: Sketch.fromBins(fine(0).sketch).encode().length,
      },
    })
  })

  it('are written once the day is over and quiet, and anew when late data came', async () => {
    await cloud.send(device, { windows: range(0, 290) })
    await rollUp()
    expect(await exportAll({ now: day0 + DAY - 1 })).toEqual([])
    expect(await exportNext({ ...options(), settleMs: 30 * MINUTE }, later)).toBeUndefined()
    await exportAll()
    expect(await exportAll()).toEqual([])
    await cloud.send(device, { windows: [fine(0, 'late')] })
    await rollUp()
    expect(await exportAll()).toEqual(['2026-03-10'])
    expect(await ask(bySeries)).toEqual(await stored())
  })

  it('are made again where a store was away or a process was killed half-way', async () => {
    await cloud.send(device, { windows: range(0, 20) })
    await rollUp()
    const broken = { ...files, put: () => Promise.reject(new Error('away')) }
    await expect(exportAll({ files: broken })).rejects.toThrow('away')
    const half = {
      ...files,
      put: (_: string, from: string) => files.put('elsewhere', from).then(() => Promise.reject(new Error('killed'))),
    }
    await expect(exportAll({ files: half })).rejects.toThrow('killed')
    expect(await exportAll()).toEqual(['2026-03-10'])
    expect(await ask(bySeries)).toEqual(await stored())
  })

  it('keep what was dropped from the database, and take in what came after', async () => {
    await cloud.send(device, { windows: [...range(0, 20), ...range(40, 50)] })
    await rollUp()
    const policy = { windows: 30, hours: null, days: null, exported: true }
    expect(await dropExpired(database, policy, later)).toEqual([])
    await exportAll()
    expect(await dropExpired(database, policy, later)).toEqual(['windows_2026_03'])
    const before = (await ask(bySeries)) as { count: number; sum: number }[]
    expect(before).toMatchObject([{ windows: 30 }])
    await cloud.send(device, { windows: [fine(30), fine(5)] })
    await rollUp()
    expect(await exportAll()).toEqual(['2026-03-10'])
    const { count, sum } = fine(30)
    expect(await ask(bySeries)).toMatchObject([
      { windows: 31, count: before[0]!.count + count, sum: before[0]!.sum + sum },
    ])
    const { rows } = await database.pool.query(
      'SELECT sum(count)::int4 AS count, sum(sum)::int4 AS sum FROM window_days',
    )
    expect(rows).toEqual([{ count: before[0]!.count + count, sum: before[0]!.sum + sum }])
  })

  it('come from the hours where windows were dropped before there was a file', async () => {
    await cloud.send(device, { windows: range(0, 20) })
    await rollUp()
    await dropExpired(database, { windows: 30, hours: null, days: null, exported: false }, later)
    await exportAll()
    expect(await ask(bySeries)).toMatchObject([{ windows: 2, count: 60 }])
  })

  it('go to a bucket as to a folder', async () => {
    const blobs = new Map<string, Buffer>()
    const server: Server = createServer(async (request, response) => {
      const key = decodeURIComponent(new URL(request.url!, 'http://s3').pathname)
      if (request.method === 'PUT') {
        const chunks: Buffer[] = []
        for await (const chunk of request) chunks.push(chunk)
        blobs.set(key, Buffer.concat(chunks))
        response.end()
      } else if (blobs.has(key)) response.end(blobs.get(key))
      else {
        response.writeHead(404, { 'content-type': 'application/xml' })
        response.end('<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>')
      }
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    stack.defer(() => void server.close())
    const bucket = stack.use(
      s3Files({
        ...{ bucket: 'lake', region: 'eu-central-1', prefix: 'export/', spool: folder },
        endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
      }),
    )
    await cloud.send(device, { windows: range(0, 20) })
    await rollUp()
    await exportAll({ files: bucket })
    expect([...blobs.keys()]).toEqual([`/lake/export/${dayFile('2026-03-10')}`])
    const copy = join(folder, 'copy.parquet')
    expect(await bucket.fetch(dayFile('2026-03-10'), copy)).toBe(true)
    expect(await bucket.fetch(dayFile('2026-03-11'), copy)).toBe(false)
    await files.put(dayFile('2026-03-10'), copy)
    expect(await ask(bySeries)).toEqual(await stored())
  })
})
