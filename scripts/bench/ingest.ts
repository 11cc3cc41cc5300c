import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '@storecast/shared/test/ports'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { openDatabase } from '../../cloud/platform/database.ts'
import { createLog } from '../../cloud/platform/log.ts'
import { MIGRATIONS } from '../../cloud/storage.ts'
import type { PublishReply, PublishRequest } from './ingest/publisher.ts'
import type { WorkerReply, WorkerRequest } from './ingest/worker.ts'
import { type BenchResult, median } from './measure.ts'

const DEVICES = 200
/**
 * Batches that every device sends in a round, of one tick of five minutes each: so many that a round takes seconds, beside
 * which the first group (which nothing is unpacked ahead for) and the last (which one worker may be left with) do not count.
 */
const TICKS = 48
const ROUNDS = 5
const EPOCH = 1
const LINK = 1
/** Where Debian puts Mosquitto is not on everybody's PATH. */
const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`

/**
 * Windows from MQTT to committed rows: the cloud's own worker (mqtt.js, protobuf and zstd, the gate, the apply rule, the
 * account of sequences) behind a real Mosquitto, against a binary COPY of the very rows that it wrote, into the same table
 * and its primary key, in transactions of the same size, with the same durability. Then two workers, in processes of
 * their own, on one shared subscription. Each round does all three on an emptied table, in turns.
 */
export async function run(): Promise<BenchResult> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.adopt(await mkdtemp(join(tmpdir(), 'bench-ingest-')), (path) => rm(path, { recursive: true }))
  await chmod(folder, 0o711)
  const settings = { shared_buffers: '512MB', max_wal_size: '8GB', checkpoint_timeout: '1h' }
  const embedded = { embedded: join(folder, 'postgres'), settings, log: createLog('error') }
  const database = stack.use(await openDatabase(embedded))
  await database.migrate(MIGRATIONS)
  const devices = await enrol(database.pool)

  const port = await freePort()
  const broker = await startMosquitto(stack, folder, port)
  const program = (name: string, ...args: string[]) =>
    start(stack, fork(fileURLToPath(new URL(`./ingest/${name}.ts`, import.meta.url)), args))
  const publisher = program('publisher', String(port))
  const workers = [1, 2].map(() => program('worker', database.url, `mqtt://127.0.0.1:${port}`))

  let firstTick = 0
  let firstSeq = 1
  /** Of so many workers; the rows stay. */
  const ingest = async (count: number): Promise<Ingested> => {
    await empty(database.pool)
    const joining = workers.slice(0, count)
    const subscribed = broker.subscriptions(count)
    for (const worker of joining) worker.send({ join: true } satisfies WorkerRequest)
    await subscribed
    const request: PublishRequest = { devices, firstTick, ticks: TICKS, epoch: EPOCH, link: LINK, firstSeq }
    const ready = answer<PublishReply>(publisher, 'ready')
    publisher.send(request)
    const { windows, nextSeq } = (await ready) as Extract<PublishReply, { ready: true }>
    const began = performance.now()
    publisher.send('go')
    await committed(database.pool, (nextSeq - 1) * DEVICES)
    const seconds = (performance.now() - began) / 1000
    const told: WorkerReply[] = []
    for (const worker of joining) {
      const left = answer<WorkerReply>(worker, 'transactions')
      worker.send({ join: false } satisfies WorkerRequest)
      told.push(await left)
    }
    firstTick += TICKS
    firstSeq = nextSeq
    const transactions = told.reduce((sum, one) => sum + one.transactions, 0)
    return { windows, seconds, transactions }
  }

  const copied: number[] = []
  const one: number[] = []
  const two: number[] = []
  const sizes: number[] = []
  const totals: number[] = []
  for (let round = -1; round < ROUNDS; round++) {
    const single = async () => {
      const { windows, seconds, transactions } = await ingest(1)
      const rows = await readRows(database.pool, windows)
      await empty(database.pool)
      const rate = await copy(database.url, rows, Math.ceil(windows / transactions))
      if (round < 0) return
      one.push(windows / seconds)
      copied.push(rate)
      sizes.push(windows / transactions)
      totals.push(windows)
    }
    const pair = async () => {
      const { windows, seconds } = await ingest(2)
      if (round >= 0) two.push(windows / seconds)
    }
    // The first round warms up.
    for (const part of round % 2 === 0 ? [single, pair] : [pair, single]) await part()
  }
  const ratios = (above: readonly number[], below: readonly number[]) => above.map((value, i) => value / below[i]!)
  return {
    ratio_vs_copy: median(ratios(one, copied)),
    two_worker_speedup: median(ratios(two, one)),
    windows_per_s: median(one),
    windows_per_s_two_workers: median(two),
    copy_rows_per_s: median(copied),
    rows_per_transaction: median(sizes),
    windows_per_round: median(totals),
    rounds: ROUNDS,
    cores: availableParallelism(),
  }
}

interface Ingested {
  readonly windows: number
  readonly seconds: number
  readonly transactions: number
}

/** Devices with a link, as after their hello. */
async function enrol(pool: pg.Pool): Promise<readonly string[]> {
  const devices = Array.from({ length: DEVICES }, (_, i) => `shop-${String(i).padStart(4, '0')}-gateway-1`)
  await pool.query(
    "INSERT INTO sites (id, time_zone, labels, created_at, updated_at) VALUES ('shop', 'UTC', '{}', 0, 0)",
  )
  await pool.query(
    `INSERT INTO devices (id, site, labels, enrolled_at) SELECT id, 'shop', '{}', 0 FROM unnest($1::text[]) AS id`,
    [devices],
  )
  await pool.query(
    `INSERT INTO device_epochs (device, epoch, db_id, reason, quarantined, opened_at, link, runs, base, floor, highest)
     SELECT id, ${EPOCH}, gen_random_uuid(), 'first-contact', false, 0, ${LINK}, '[]', 1, 1, 0 FROM unnest($1::text[]) AS id`,
    [devices],
  )
  await pool.query(
    `INSERT INTO device_links (device, epoch, link, nonce, session, granted_at)
     SELECT id, ${EPOCH}, ${LINK}, '', '', 0 FROM unnest($1::text[]) AS id`,
    [devices],
  )
  return devices
}

/** Both sides begin with an empty table, its pages on disk. */
async function empty(pool: pg.Pool): Promise<void> {
  await pool.query('TRUNCATE windows, window_changes')
  await pool.query('CHECKPOINT')
}

/** Until the account says that so many records are stored. */
async function committed(pool: pg.Pool, records: number): Promise<void> {
  const deadline = performance.now() + 120_000
  for (;;) {
    const { rows } = await pool.query<{ stored: string }>('SELECT sum(records) AS stored FROM device_epochs')
    const stored = Number(rows[0]!.stored)
    if (stored === records) return
    if (performance.now() > deadline) throw new Error(`${stored} of ${records} records came`)
    await delay(5)
  }
}

const COLUMNS = `series, start_at, end_at, revision, count, sum, min, max, last, sketch, missing, late, out_of_range, flat,
  duplicate, wrong_type, wrong_unit, untrusted, epoch, seq, received_at`
/** PostgreSQL, "COPY", binary format: signature, flags and an empty extension; −1 at the end. */
const HEADER_BYTES = 19

/** The rows as COPY writes them, one buffer each, in the order in which they were stored. */
async function readRows(pool: pg.Pool, expected: number): Promise<readonly Buffer[]> {
  const client = await pool.connect()
  try {
    const chunks: Buffer[] = []
    const query = copyTo(`COPY (SELECT ${COLUMNS} FROM windows) TO STDOUT (FORMAT binary)`)
    for await (const chunk of client.query(query)) chunks.push(chunk as Buffer)
    const all = Buffer.concat(chunks)
    const rows: Buffer[] = []
    for (let at = HEADER_BYTES; all.readInt16BE(at) >= 0; ) {
      const from = at
      const fields = all.readInt16BE(at)
      at += 2
      for (let field = 0; field < fields; field++) at += 4 + Math.max(0, all.readInt32BE(at))
      rows.push(all.subarray(from, at))
    }
    if (rows.length !== expected) throw new Error(`${rows.length} rows of ${expected} windows`)
    return rows
  } finally {
    client.release()
  }
}

/** Rows a second, in transactions of so many, one after the other. */
async function copy(url: string, rows: readonly Buffer[], size: number): Promise<number> {
  const header = Buffer.alloc(HEADER_BYTES)
  header.write('PGCOPY\n\xff\r\n\0', 'latin1')
  const end = Buffer.from([0xff, 0xff])
  const transactions: Buffer[] = []
  for (let at = 0; at < rows.length; at += size) {
    transactions.push(Buffer.concat([header, ...rows.slice(at, at + size), end]))
  }
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const began = performance.now()
    for (const bytes of transactions) {
      await client.query('BEGIN')
      const target = client.query(copyFrom(`COPY windows (${COLUMNS}) FROM STDIN (FORMAT binary)`))
      await pipeline(Readable.from([bytes]), target)
      await client.query('COMMIT')
    }
    return (rows.length / (performance.now() - began)) * 1000
  } finally {
    await client.end()
  }
}

async function startMosquitto(stack: AsyncDisposableStack, folder: string, port: number) {
  const configuration = join(folder, 'mosquitto.conf')
  await writeFile(
    configuration,
    // What waits for the workers waits there, all of it.
    [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'max_queued_messages 0',
      'max_inflight_messages 100',
      'log_type notice',
      'log_type information',
      'log_type subscribe',
    ].join('\n'),
  )
  const broker = spawn('mosquitto', ['-c', configuration], { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH } })
  start(stack, broker)
  const lines = createInterface({ input: broker.stderr! })
  const heard = (text: string, times: number) =>
    new Promise<void>((resolve) => {
      let left = times
      const hear = (line: string) => {
        if (!line.includes(text) || --left > 0) return
        lines.off('line', hear)
        resolve()
      }
      lines.on('line', hear)
    })
  await heard('running', 1)
  return { subscriptions: (count: number) => heard('$share/', count) }
}

function start(stack: AsyncDisposableStack, child: ChildProcess): ChildProcess {
  stack.defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill()
    await once(child, 'exit')
  })
  return child
}

/** The next message of a child that has this key. */
function answer<Reply extends object>(child: ChildProcess, key: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const ended = (status: number | null) => reject(new Error(`a process of the benchmark ended with status ${status}`))
    const take = (message: Reply) => {
      if (!(key in message)) return
      child.off('message', take)
      child.off('exit', ended)
      resolve(message)
    }
    child.on('message', take)
    child.once('exit', ended)
  })
}
