import { once } from 'node:events'
import { watch } from 'node:fs'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { DesiredState, ModelTarget } from '@storecast/shared/contracts'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { hostArgument } from '../inference/protocol.ts'
import { type Connection, openReading } from '../platform/database.ts'
import type { Step } from '../update/plan.ts'
import { type AgentProcess, prepareAgent } from './agent-process.ts'
import { type ObjectServer, startObjectServer } from './object-server.ts'
import { SigningCloud } from './signing-cloud.ts'
import { temporaryFolder } from './storage.ts'
import { tinyBundle } from './tiny-bundle.ts'

/** The long form is 20 times at every step: `npm run test:update-kills`. */
const KILLS = Number(process.env.STORECAST_UPDATE_KILLS ?? 2)
const START = Date.UTC(2026, 2, 2, 6)
/** Milliseconds: an agent starts and works beside other journeys. */
const PATIENCE = 60_000
const ENTRY = fileURLToPath(new URL('./update-process.ts', import.meta.url))

/** A device on which version 2 serves, and 1 is kept behind it. */
let base: Awaited<ReturnType<typeof temporaryFolder>>
let server: ObjectServer
let signing: SigningCloud
const versions = new Map<number, ModelTarget>()
let generation = 100

beforeAll(async () => {
  base = await temporaryFolder()
  server = await startObjectServer()
  signing = new SigningCloud({ put: server.putFile })
  for (const version of [1, 2, 3]) {
    const { path } = await tinyBundle({ directory: base.path, version, factor: version })
    versions.set(version, { version, bundle: server.put(await readFile(path)) })
    signing.approve('tiny', target(version))
  }
  await mkdir(join(base.path, 'data', 'identity'), { recursive: true })
  await writeFile(join(base.path, 'data', 'identity', 'root.json'), signing.firstRoot)
  await using device = await prepareDevice(base.path)
  for (const version of [1, 2]) {
    await device.desire({ models: { tiny: target(version) } })
    await device.start()
    await device.settled({ active: version, phase: 'active' })
    await device.stop('SIGTERM')
  }
}, 120_000)
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await base[Symbol.asyncDispose]()
})

type Desired = Pick<DesiredState, 'models' | 'update'>

interface Journey {
  readonly name: string
  /** On top of the base, reached undisturbed before what is desired then. */
  readonly before?: () => Desired
  readonly desired: () => Desired
  readonly steps: readonly Step['kind'][]
  /** The versions that may serve after the kill, and the one that does in the end. */
  readonly either: readonly number[]
  readonly end: number
  /** Versions that stay on disk, and how many model hosts run. */
  readonly kept: readonly number[]
  readonly hosts: number
  /** The version that ends in shadow. */
  readonly candidate?: number
  /** The version on probation breaks its budget. */
  readonly crashes?: boolean
}

const target = (version: number) => versions.get(version)!
const beside = () => ({ models: { tiny: { ...target(2), candidate: target(3) } } })
const journeys: readonly Journey[] = [
  {
    name: 'an update',
    desired: () => ({ models: { tiny: target(3) }, update: { soakMinutes: 2 } }),
    steps: ['resume', 'fetch', 'verify', 'stage', 'golden', 'activate', 'commit', 'discard'],
    ...{ either: [2, 3], end: 3, kept: [2, 3], hosts: 1 },
  },
  {
    name: 'a roll-back',
    desired: () => ({ models: { tiny: target(3) }, update: { soakMinutes: 10_000 } }),
    steps: ['roll-back'],
    ...{ either: [2, 3], end: 2, kept: [2, 3], hosts: 1, crashes: true },
  },
  {
    name: 'a candidate',
    desired: beside,
    steps: ['fetch', 'verify', 'stage', 'golden', 'shadow'],
    ...{ either: [2], end: 2, kept: [1, 2, 3], hosts: 2, candidate: 3 },
  },
  {
    name: 'a start with a candidate',
    before: beside,
    desired: beside,
    steps: ['resume-shadow'],
    ...{ either: [2], end: 2, kept: [1, 2, 3], hosts: 2, candidate: 3 },
  },
  {
    name: 'a promotion',
    before: beside,
    desired: () => ({ models: { tiny: target(3) } }),
    steps: ['end-shadow', 'verify', 'activate'],
    ...{ either: [2, 3], end: 3, kept: [2, 3], hosts: 1 },
  },
]

const cases = journeys.flatMap((journey) => journey.steps.map((step) => ({ name: journey.name, step, journey })))

it.each(cases)(
  `$name, killed at $step ${KILLS} times, ends on the new or the old version with nothing half done`,
  async ({ step, journey }) => {
    for (let kill = 0; kill < KILLS; kill++) await killAt(step, journey)
  },
  4 * PATIENCE * KILLS,
)

async function killAt(step: Step['kind'], journey: Journey): Promise<void> {
  await using folder = await temporaryFolder()
  await cp(join(base.path, 'data'), join(folder.path, 'data'), { recursive: true })
  await using device = await prepareDevice(folder.path)
  if (journey.before) {
    await device.desire(journey.before())
    await device.start()
    await device.settled({ active: 2, phase: 'active', candidate: expect.objectContaining({ phase: 'shadow' }) })
    await device.stop('SIGTERM')
  }
  await device.desire(journey.desired())

  const journal = device.newestStep()
  await device.start()
  if (journey.crashes) await device.crash(3)
  await device.reaches(step, journal)
  await device.stop('SIGKILL')

  await device.start()
  expect(journey.either, 'the first answer').toContain(await device.answer())
  const phase = journey.crashes ? 'rolled-back' : 'active'
  const candidate = journey.candidate && expect.objectContaining({ version: journey.candidate, phase: 'shadow' })
  await device.settled({ active: journey.end, phase, ...(candidate && { candidate }) })
  expect(await device.answer()).toBe(journey.end)
  await device.nothingHalfDone(journey)
}

async function prepareDevice(folder: string): Promise<Device> {
  const settings = { device: 'north-1', logLevel: 'silent' }
  const env = { STORECAST_DEVICE_TOKEN: server.token }
  return new Device(folder, await prepareAgent(folder, settings, { env, entry: ENTRY }))
}

/** An agent in its process, and its folder as seen from outside. */
class Device implements AsyncDisposable {
  readonly #agent: AgentProcess
  readonly #folder: string
  readonly #data: string

  constructor(folder: string, agent: AgentProcess) {
    this.#agent = agent
    this.#folder = folder
    this.#data = join(folder, 'data')
  }

  [Symbol.asyncDispose] = () => this.#agent[Symbol.asyncDispose]()

  /** What the agent hears when it starts. */
  async desire(part: Desired): Promise<void> {
    const whose = { version: 1, device: 'north-1', expires: 4_000_000_000, site: 'north', api: server.url } as const
    const signed = await signing.desire({ ...whose, documents: {}, generation: ++generation, ...part })
    await writeFile(join(this.#folder, 'desired.jws'), signed)
  }

  stop = (signal: NodeJS.Signals) => this.#agent.stop(signal)

  /** Resolves when it begins to work on its data; until then there is nothing to see. */
  async start(): Promise<void> {
    const data = watch(this.#data)
    const touched = once(data, 'change')
    await this.#agent.start({ clock: { start: new Date(START).toISOString(), speed: 60 } })
    await touched
    data.close()
  }

  /** The number of the newest step in the journal. */
  newestStep = (): number =>
    this.#look((db) => db.prepare('SELECT max(id) FROM update_journal').pluck().get() as number)

  /** Resolves as soon as the journal shows a step of this kind behind `after`. */
  async reaches(kind: Step['kind'], after: number): Promise<void> {
    using db = this.#open()
    const sql = "SELECT 1 FROM update_journal WHERE id > ? AND step ->> 'kind' = ?"
    const deadline = performance.now() + PATIENCE
    while (db.prepare(sql).get(after, kind) === undefined) {
      if (performance.now() > deadline)
        throw new Error(`no ${kind} within a minute: ${JSON.stringify(await this.#models())}`)
      await breathe()
    }
  }

  /** The factor by which the serving version multiplies, which is its number. */
  async answer(): Promise<number> {
    const { body } = await this.#infer(1)
    return body.outputs.find((output: { name: string }) => output.name === 'y').data[0]
  }

  /** Ends the host of the version that serves, as soon as that is this one. */
  async crash(version: number): Promise<void> {
    await vi.waitFor(async () => expect(await this.answer()).toBe(version), { timeout: PATIENCE, interval: 20 })
    await vi.waitFor(async () => expect((await this.#models()).tiny).toMatchObject({ phase: 'soak' }), PATIENCE)
    void this.#infer(-1).catch(() => undefined)
  }

  settled = (tiny: object) =>
    vi.waitFor(async () => expect((await this.#models()).tiny).toMatchObject(tiny), { timeout: PATIENCE, interval: 50 })

  async nothingHalfDone({ kept, hosts, candidate }: Journey): Promise<void> {
    const files = kept.map((version) => target(version).bundle.sha256).sort()
    await vi.waitFor(async () => expect((await readdir(join(this.#data, 'objects'))).sort()).toEqual(files), PATIENCE)
    await vi.waitFor(async () => expect(await hostsOf(this.#data)).toHaveLength(hosts), PATIENCE)
    expect(await this.#agent.stop('SIGTERM')).toBe(0)
    expect(await hostsOf(this.#data)).toEqual([])
    const count = (sql: string) => this.#look((db) => db.prepare(`SELECT count(*) FROM ${sql}`).pluck().get())
    expect({
      open: count('update_journal WHERE outcome IS NULL'),
      soaks: count('update_soaks'),
      candidates: count('update_candidates'),
      integrity: this.#look((db) => db.pragma('integrity_check', { simple: true })),
    }).toEqual({ open: 0, soaks: 0, candidates: candidate ? 1 : 0, integrity: 'ok' })
  }

  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of a body is the only type it has.
  async #infer(divisor: number): Promise<{ body: any }> {
    const inputs = [
      { name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 1] },
      { name: 'divisor', shape: [1], datatype: 'INT64', data: [divisor] },
      { name: 'sides', shape: [2], datatype: 'INT64', data: [1, 1] },
    ]
    return vi.waitFor(
      async () => {
        const init = { method: 'POST', body: JSON.stringify({ inputs, outputs: [{ name: 'y' }] }) }
        const response = await fetch(`${this.#agent.url}/v2/models/tiny/infer`, init)
        expect(response.status).toBe(200)
        return { body: await response.json() }
      },
      { timeout: divisor < 0 ? 1 : PATIENCE, interval: 20 },
    )
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above.
  async #models(): Promise<any> {
    const response = await fetch(`${this.#agent.url}/v1/status`)
    return ((await response.json()) as { models: object }).models
  }

  #look<T>(read: (db: Connection) => T): T {
    using db = this.#open()
    return read(db)
  }

  #open(): Connection & Disposable {
    const db = openReading(join(this.#data, 'agent.db'))
    return Object.assign(db, { [Symbol.dispose]: () => void db.close() })
  }
}

/** Model hosts of this data directory that still run. */
async function hostsOf(dataDir: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return commands.filter((command) => command.split('\0').includes(hostArgument(dataDir)))
}
