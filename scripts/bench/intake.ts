import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import SQLite from 'better-sqlite3'
import type { FeedReply, FeedRequest } from './intake/feeder.ts'
import { alternate, type BenchResult } from './measure.ts'

const MEASURED = 51_200
/** Messages that the broker's side leaves unacknowledged, and those that make a commit due. */
const WINDOW = 512
const BATCH = 256
const AGENT = fileURLToPath(new URL('../../agent/main.ts', import.meta.url))

/**
 * Readings from MQTT QoS 1 to durable SQLite and back to the acknowledgement: the whole agent (definitions, checks,
 * packing, windows) against a hand-written loop with the same libraries, durability, in-flight window and commit batch.
 * Three processes: the publisher, and each side.
 */
export async function run(): Promise<BenchResult> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.adopt(await mkdtemp(join(tmpdir(), 'bench-intake-')), (path) => rm(path, { recursive: true }))
  const feeder = start(stack, fork(fileURLToPath(new URL('./intake/feeder.ts', import.meta.url))))
  const { ports } = await reply(feeder, 'ports')

  const bareFile = join(folder, 'bare.db')
  const bareLoop = fileURLToPath(new URL('./intake/bare-loop.ts', import.meta.url))
  start(stack, fork(bareLoop, [`mqtt://127.0.0.1:${ports.bare}`, bareFile, String(BATCH)]))
  await reply(feeder, 'subscribed')

  const config = join(folder, 'agent.yaml')
  await writeFile(config, agentConfig(join(folder, 'data'), ports.agent))
  start(stack, spawn(process.execPath, [AGENT, 'run', '--config', config], { stdio: ['ignore', 'ignore', 'inherit'] }))
  await reply(feeder, 'subscribed')

  const published = { agent: 0, bare: 0 }
  const feed = async (to: FeedRequest['to']) => {
    feeder.send({ to, measured: MEASURED, window: WINDOW } satisfies FeedRequest)
    const done = await reply(feeder, 'ms')
    published[to] += done.published
    return done.ms
  }
  const { a, b, ratio, rounds } = await alternate({ a: () => feed('agent'), b: () => feed('bare'), rounds: 9 })

  expectStored('the agent', published.agent, agentStored(join(folder, 'data', 'agent.db')))
  expectStored('the bare loop', published.bare, count(bareFile, 'SELECT count(*) FROM readings'))
  return {
    // Times, so that the ratio of rates is the other way round.
    ratio_vs_bare_loop: 1 / ratio,
    readings_per_s: (MEASURED / a) * 1000,
    bare_loop_readings_per_s: (MEASURED / b) * 1000,
    in_flight: WINDOW,
    commit_batch: BATCH,
    rounds,
  }
}

function agentConfig(dataDir: string, port: number): string {
  return JSON.stringify({
    device: 'bench',
    dataDir,
    logLevel: 'error',
    http: { port: 0 },
    sensors: [
      {
        name: 'load',
        kind: 'gauge',
        unit: 'W',
        resolution: 0.1,
        range: [0, 5000],
        interval: 1,
        window: '5m',
        per: 'product',
      },
    ],
    sources: [
      {
        kind: 'mqtt',
        name: 'bench',
        url: `mqtt://127.0.0.1:${port}`,
        inFlight: BATCH,
        topics: [
          {
            filter: 'bench/+',
            entity: { topicLevel: 1 },
            time: { path: 't', format: 'ms' },
            fields: [{ sensor: 'load', path: 'v' }],
          },
        ],
      },
    ],
  })
}

/** Everything acknowledged is in the journal, or regrouped behind it. */
const agentStored = (file: string) =>
  count(file, 'SELECT (SELECT total(entries) FROM journal) + (SELECT total(entries) FROM blocks)')

function count(file: string, sql: string): number {
  const db = new SQLite(file, { readonly: true })
  try {
    return db.prepare(sql).pluck().get() as number
  } finally {
    db.close()
  }
}

function expectStored(who: string, acknowledged: number, stored: number): void {
  if (stored !== acknowledged) throw new Error(`${who} acknowledged ${acknowledged} readings and stored ${stored}`)
}

function start(stack: AsyncDisposableStack, child: ChildProcess): ChildProcess {
  stack.defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill()
    await once(child, 'exit')
  })
  return child
}

type Reply<K extends string> = Extract<FeedReply, Record<K, unknown>>

/** The next message of the feeder that has `key`. */
function reply<K extends 'ports' | 'subscribed' | 'ms'>(feeder: ChildProcess, key: K): Promise<Reply<K>> {
  return new Promise((resolve, reject) => {
    const ended = (status: number | null) => reject(new Error(`the publisher ended with status ${status}`))
    const take = (message: FeedReply) => {
      if (!(key in message)) return
      feeder.off('message', take)
      feeder.off('exit', ended)
      resolve(message as Reply<K>)
    }
    feeder.on('message', take)
    feeder.once('exit', ended)
  })
}
