import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type LiveDevice, startLiveDevice } from '@storecast/agent/test/live-device'
import { SimulatedIngest } from '@storecast/cloud/test/simulated-ingest'
import type { WindowRecord } from '@storecast/shared/contracts'
import { freePort } from '@storecast/shared/test/ports'
import { mergeWindows, NO_QUALITY } from '@storecast/shared/windows'
import { describe, expect, it, vi } from 'vitest'
import { hasMosquitto, temporaryFolder } from '../../constellation/index.ts'
import { startMosquitto } from '../../constellation/mosquitto.ts'
import { Program } from '../../constellation/program.ts'
import { draws } from '../../simulator/draws.ts'
import { canonical, windowKey } from './ledger.ts'

/** Real brokers and workers in processes of their own are killed under load: every window arrives exactly once. */

const WORKER = fileURLToPath(import.meta.resolve('@storecast/cloud/test/ingest-process'))
const T0 = Date.UTC(2026, 2, 2)
const MINUTES_5 = 300_000
const HOUR = 3_600_000
const KILLS = Number(process.env.UPLINK_KILLS ?? 8)

interface Stage extends AsyncDisposable {
  readonly mqttUrl: string
  /** Killed in turn. */
  readonly victims: readonly Program[]
}
type StartStage = (given: { databaseUrl: string; folder: string }) => Promise<Stage>

const worker = (name: string, args: readonly string[], folder: string) =>
  new Program({
    name,
    command: process.execPath,
    args: [WORKER, ...args],
    logFile: `${folder}/${name}.log`,
    probe: () => Promise.resolve(),
  })

/** A broker, and two workers who share its messages. */
const mosquitto: StartStage = async ({ databaseUrl, folder }) => {
  await using stack = new AsyncDisposableStack()
  const broker = stack.use(await startMosquitto({ port: await freePort(), folder }))
  const workers = ['worker-1', 'worker-2'].map((name) => stack.use(worker(name, [databaseUrl, broker.url], folder)))
  for (const program of workers) await program.start()
  const owned = stack.move()
  return {
    mqttUrl: broker.url,
    victims: [broker.program, ...workers],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** The embedded broker and one worker, in one program. */
const embedded: StartStage = async ({ databaseUrl, folder }) => {
  const port = await freePort()
  const program = worker('cloud', [databaseUrl, `${port}`], folder)
  await program.start()
  return {
    mqttUrl: `mqtt://127.0.0.1:${port}`,
    victims: [program],
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  }
}

describe.each([
  ['mosquitto and two workers', mosquitto, hasMosquitto()],
  ['the embedded broker with its worker', embedded, true],
])('%s', (name, startStage, isThere) => {
  it.skipIf(!isThere)(`killed ${KILLS} times under load: the cloud has the device's windows, each once`, async () => {
    await using cloud = await SimulatedIngest.start()
    await using folder = await temporaryFolder('uplink-kills')
    await using stage = await startStage({ databaseUrl: cloud.databaseUrl, folder: folder.path })
    await cloud.enrol(['shop-1'])
    await using device = await startLiveDevice({ url: stage.mqttUrl, device: 'shop-1' })
    const random = draws(KILLS, name)
    const load = new AbortController()
    const loading = writeWindows(device, load.signal)
    for (let kill = 0; kill < KILLS; kill++) {
      await sleep(100 + 700 * random.uniform())
      const victim = stage.victims[kill % stage.victims.length]!
      await victim.kill('SIGKILL')
      await sleep(200 * random.uniform())
      await victim.start()
    }
    load.abort()
    expect(await loading).toBeGreaterThan(100)
    await vi.waitFor(() => expect(device.waiting).toBe(0), { timeout: 60_000, interval: 50 })

    const { windows, gaps, conflicts, epochs } = await cloud.read(['shop-1'])
    const texts = (list: readonly WindowRecord[]) => list.map(canonical).sort()
    expect(texts(windows.map(({ device: _, ...window }) => window))).toEqual(texts(device.records().windows))
    expect([gaps, conflicts]).toEqual([[], []])
    expect(epochs.map(({ quarantined }) => quarantined)).toEqual([false])
  })
})

/** New windows, late revisions, and an hour made coarse now and then; returns how many were written. */
async function writeWindows(device: LiveDevice, signal: AbortSignal): Promise<number> {
  const random = draws(1, 'windows')
  const open = new Map<string, WindowRecord>()
  let written = 0
  for (let slot = 0; !signal.aborted; slot++) {
    const late = slot - Math.floor(random.uniform() * 6)
    for (const at of slot === late ? [slot] : [slot, Math.max(late, slot - (slot % 12))]) {
      const window = oneMore(open, T0 + at * MINUTES_5)
      open.set(windowKey(window), window)
      await device.putWindow(window)
      written++
    }
    if (slot % 12 !== 11) continue
    const start = T0 + (slot - 11) * MINUTES_5
    if (slot % 24 === 11) await device.coarsen(mergeWindows([...open.values()], { start, end: start + HOUR }))
    open.clear()
  }
  return written
}

function oneMore(open: ReadonlyMap<string, WindowRecord>, start: number): WindowRecord {
  const count = ([...open.values()].find((w) => w.start === start)?.count ?? 0) + 1
  return {
    series: { sensor: 'fridge', entity: '' },
    start,
    end: start + MINUTES_5,
    revision: count,
    count,
    sum: count * 4,
    min: 4,
    max: 4,
    last: 4,
    sketch: { zero: 0, positive: [[70, count]], negative: [] },
    quality: { ...NO_QUALITY, late: count - 1 },
  }
}
