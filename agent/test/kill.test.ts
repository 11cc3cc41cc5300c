import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { unpackBlock } from '../buffer/blocks.ts'
import type { StoredBytes } from '../buffer/compressed.ts'
import { MARK, markOf, readJournal, type SeriesEntries } from '../buffer/index.ts'
import { hostArgument } from '../inference/protocol.ts'
import { type Connection, openReading } from '../platform/database.ts'
import { type AgentProcess, prepareAgent } from './agent-process.ts'
import { type SessionBroker, startSessionBroker } from './session-broker.ts'
import { openShop, SHOP_SENSORS } from './shop.ts'
import { temporaryFolder } from './storage.ts'
import { tinyBundle } from './tiny-bundle.ts'

/** A longer form: `STORECAST_KILLS=10 npx vitest run agent/test/kill`. */
const KILLS = 20 * Number(process.env.STORECAST_KILLS ?? 1)
const START = Date.UTC(2026, 2, 2, 6)
const DAY = 86_400_000
const POSTED = 20

/** A reading by its sensor, product and time: no two that are sent share all three. */
type Key = `${string}/${string}@${number}`

it(
  `an agent killed ${KILLS} times at random keeps every reading it acknowledged, once`,
  async () => {
    await using folder = await temporaryFolder()
    await using broker = await startSessionBroker({ window: 100 })
    await leaveModelBehind(folder.path)
    await using agent = await prepareAgent(folder.path, {
      device: 'north-1',
      sensors: SHOP_SENSORS,
      sources: [tillSource(broker.url)],
      clock: clockAt(START, 60),
      // The raw readings are looked at in the end.
      limits: { rawHours: 1000 },
    })
    await agent.start()
    await agent.ready()
    const load = new AbortController()
    const sent = Promise.all([post(agent.url, load.signal), ring(broker, load.signal)])
    await kill(agent, KILLS)
    load.abort()
    const [posted, rung] = await sent
    await vi.waitFor(() => expect(broker.pending).toBe(0), { timeout: 60_000, interval: 50 })
    const expected = [...posted, ...rung]
    const sentKeys = new Set<Key>(expected)
    expect(posted.length).toBeGreaterThan(KILLS)
    expect(rung.length).toBeGreaterThan(KILLS)

    // Two days later every window is closed.
    await agent.stop()
    await agent.start({ clock: clockAt(START + 2 * DAY, 1) })
    await agent.ready()
    const database = join(folder.path, 'data', 'agent.db')
    await vi.waitFor(
      () => {
        expect(look(database, (db) => count(db, 'open_windows') + count(db, 'journal'))).toBe(0)
      },
      { timeout: 60_000, interval: 100 },
    )
    await vi.waitFor(async () => {
      const { models } = (await (await fetch(`${agent.url}/v1/status`)).json()) as { models: object }
      expect(models).toMatchObject({ tiny: { active: 1 } })
    })
    expect(await agent.stop('SIGTERM')).toBe(0)

    const stored = new Set(look(database, storedReadings))
    const lost = expected.filter((key) => !stored.has(key))
    const invented = [...stored].filter((key) => !sentKeys.has(key))
    expect({ lost: lost.slice(0, 5), invented: invented.slice(0, 5) }).toEqual({ lost: [], invented: [] })
    // Windows count each reading once: repeats of an event, and of a gauge's value at the same time, apart.
    const ofSensors = `SELECT sum(w.count) FROM windows w JOIN series s ON s.id = w.series WHERE s.sensor NOT LIKE '$%'`
    const counted = look(database, (db) => db.prepare(ofSensors).pluck().get())
    expect(counted).toBe(expected.length)
    expect(look(database, (db) => db.pragma('integrity_check', { simple: true }))).toBe('ok')
    expect(await hostsOf(join(folder.path, 'data'))).toEqual([])
  },
  300_000 * Math.max(1, KILLS / 20),
)

/** A model that serves, so that each kill leaves a host behind that the next start has to stop. */
async function leaveModelBehind(folder: string): Promise<void> {
  await using shop = await openShop({ folder, now: START })
  await shop.desire({ models: { tiny: await shop.publish(await tinyBundle({ directory: folder })) } })
  await vi.waitFor(() => expect(shop.agent.reconciler.reported()?.models.tiny).toMatchObject({ active: 1 }))
}

const clockAt = (start: number, speed: number) => ({
  start: new Date(start).toISOString(),
  speed,
  since: new Date().toISOString(),
})

const tillSource = (url: string) => ({
  kind: 'mqtt',
  name: 'tills',
  url,
  topics: [
    {
      filter: 'tills/+/sales/+',
      entity: { topicLevel: 3 },
      id: 'receipt',
      time: { path: 'at', format: 'ms' },
      fields: [{ path: 'units', sensor: 'sales' }],
    },
  ],
})

/** Half of the kills come while it serves, the others while it is still starting. */
async function kill(agent: AgentProcess, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    if (i % 2 === 0) await agent.ready()
    await sleep(500 * Math.random())
    await agent.stop()
    await agent.start()
  }
  await agent.ready()
}

/** Pushes line protocol, each piece again until it is acknowledged; gives what was. */
async function post(url: string, signal: AbortSignal): Promise<Key[]> {
  const acknowledged: Key[] = []
  for (let time = START; !signal.aborted; ) {
    const keys: Key[] = []
    const lines: string[] = []
    for (let i = 0; i < POSTED; i++, time += 7) {
      const event = i % 2 === 0
      keys.push(event ? `sales/milk@${time}` : `fridge/@${time}`)
      lines.push(event ? `sales,product=milk value=1,id="${time}" ${time}` : `fridge value=4 ${time}`)
    }
    const init = { method: 'POST', body: lines.join('\n') }
    // Beyond the abort too: what was sent and is not acknowledged may be there or not.
    while (
      (await fetch(`${url}/api/v2/write?precision=ms`, init).then(
        ({ status }) => status,
        () => 0,
      )) !== 204
    ) {
      await sleep(10)
    }
    acknowledged.push(...keys)
  }
  return acknowledged
}

/** Publishes sales; the broker keeps them until the agent has acknowledged them. Gives all, once it has. */
async function ring(broker: SessionBroker, signal: AbortSignal): Promise<Key[]> {
  const published: Key[] = []
  for (let time = START; !signal.aborted; time += 11) {
    const sale = { units: 1, receipt: `r${time}`, at: time }
    broker.publish('tills/1/sales/bread', JSON.stringify(sale))
    published.push(`sales/bread@${time}`)
    await sleep(5)
  }
  return published
}

function look<T>(database: string, read: (db: Connection) => T): T {
  const db = openReading(database)
  try {
    return read(db)
  } finally {
    db.close()
  }
}

const count = (db: Connection, table: string) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number

function storedReadings(db: Connection): Key[] {
  const series = new Map(
    db
      .prepare<[], { id: number; sensor: string; entity: string }>('SELECT id, sensor, entity FROM series')
      .all()
      .map(({ id, ...key }) => [id, key]),
  )
  const keys = new Set<Key>()
  const add = (groups: ReadonlyMap<number, SeriesEntries>) => {
    for (const [id, { times, flags }] of groups) {
      const { sensor, entity } = series.get(id)!
      times.forEach((time, i) => {
        if (markOf(flags[i]!) === MARK.reading) keys.add(`${sensor}/${entity}@${time}`)
      })
    }
  }
  db.transaction(() => {
    for (const block of db.prepare<[], StoredBytes>('SELECT packed, raw_bytes FROM blocks').iterate()) {
      add(unpackBlock(block, () => true))
    }
    add(readJournal(db, Number.POSITIVE_INFINITY)?.groups ?? new Map())
  })()
  return [...keys]
}

/** Model hosts of this data directory that still run. */
async function hostsOf(dataDir: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return commands.filter((command) => command.includes(hostArgument(dataDir)))
}
