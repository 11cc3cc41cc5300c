import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DesiredState, EventRecord, SiteDocument } from '@storecast/shared/contracts'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { Models } from '../inference/index.ts'
import { type Connection, openReading } from '../platform/database.ts'
import { createLogger } from '../platform/logger.ts'
import { type ManualClock, manualClock } from '../platform/manual-clock.ts'
import { startWriter, type Writer } from '../platform/writer.ts'
import { cutAfter, insteadOf, type ObjectServer, stall, startObjectServer, status } from '../test/object-server.ts'
import { type TinyBundleOptions, tinyBundle, tinyInputs } from '../test/tiny-bundle.ts'
import type { AgentProcedures } from '../writer-thread.ts'
import { download } from './download.ts'
import { RefusedUpdateError, TransientUpdateError } from './errors.ts'
import { type ObjectStore, openObjectStore } from './objects.ts'
import { Reconciler } from './reconciler.ts'
import { restoreDocuments } from './restore.ts'
import type { StepTools } from './steps.ts'
import { timesInterrupted } from './tables.ts'

let folder: string
let server: ObjectServer
let generation = 100
const NOW = Date.UTC(2026, 2, 2, 22, 13)
const MINUTE = 60_000
const HOUR = 60 * MINUTE

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storecast-update-'))
  server = await startObjectServer()
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

interface DeviceOptions {
  readonly start?: boolean
  readonly requireApproved?: StepTools['requireApproved']
}
const approve = () => Promise.resolve()

/** The update stage as the agent builds it, over a real database, real model hosts and a real object server. */
interface Device extends AsyncDisposable {
  readonly reconciler: Reconciler
  readonly models: Models
  readonly shadows: Models
  readonly clock: ManualClock
  readonly reader: Connection
  readonly store: ObjectStore
  readonly writer: Writer<AgentProcedures>
  readonly applied: SiteDocument[]
  /** What the cloud will hear of. */
  readonly events: readonly Pick<EventRecord, 'code' | 'detail'>[]
  /** The factor and version by which the serving network multiplies. */
  ask(model?: string): Promise<{ version: number; factor: number } | undefined>
}

async function startDevice({ start = true, requireApproved = approve }: DeviceOptions = {}): Promise<Device> {
  const stack = new AsyncDisposableStack()
  const file = join(folder, 'agent.db')
  const writer = stack.use(
    await startWriter<AgentProcedures>(new URL('../writer-thread.ts', import.meta.url), { file }),
  )
  const reader = stack.adopt(openReading(file), (db) => void db.close())
  const models = stack.use(new Models({ dataDirectory: folder }))
  await models.start()
  const shadows = stack.use(new Models({ dataDirectory: folder, background: true }))
  const store = await openObjectStore(join(folder, 'objects'))
  const log = createLogger({ level: 'silent' })
  const clock = manualClock(NOW)
  const applied: SiteDocument[] = []
  const reconciler = stack.use(
    new Reconciler({
      writer,
      reader,
      models,
      shadows,
      store,
      clock,
      trustNow: () => Date.now(),
      log,
      agentVersion: '0.1.0',
      device: 'north-1',
      timeZone: () => 'Europe/Berlin',
      requireApproved,
      backoff: { baseMs: 20, capMs: 100 },
      fetch: ({ api, ref, signal }) =>
        download({
          api,
          ref,
          signal,
          store,
          credentials: { token: server.token, tls: {} },
          bytesPerSecond: 1e9,
          stallMs: 5000,
          requireTls: false,
        }),
      applyDocument: async (document) => void applied.push(document),
    }),
  )
  applied.push(...Object.values(await restoreDocuments({ reader, writer, store, log })))
  if (start) await reconciler.start()
  const ask = async (model = 'tiny') => {
    const serving = await models.serving(model)
    if (!serving) return undefined
    const { y } = await serving.infer(tinyInputs([1, 1]))
    return { version: serving.version, factor: Number(y!.data[0]) }
  }
  const device = { reconciler, models, shadows, clock, reader, writer, store, applied, ask }
  let disposed = false
  const dispose = async () => {
    if (!disposed) await stack.disposeAsync()
    disposed = true
  }
  onTestFinished(dispose)
  return {
    ...device,
    get events() {
      const rows = reader
        .prepare<[], { code: string; detail: string }>('SELECT code, detail FROM events ORDER BY at')
        .all()
      return rows.map(({ code, detail }) => ({ code, detail: JSON.parse(detail) }))
    },
    [Symbol.asyncDispose]: dispose,
  }
}

async function publish(version: number, options: Partial<TinyBundleOptions> = {}) {
  const source = await mkdtemp(join(tmpdir(), 'storecast-bundle-'))
  const { path } = await tinyBundle({ directory: source, version, factor: version, ...options })
  const bytes = await readFile(path)
  await rm(source, { recursive: true })
  return { version, bundle: server.put(bytes), bytes }
}
const desired = (part: Partial<DesiredState> = {}): DesiredState => ({
  version: 1,
  device: 'north-1',
  generation: ++generation,
  expires: 4_000_000_000,
  site: 'north',
  api: server.url,
  documents: {},
  models: {},
  ...part,
})
type Published = Awaited<ReturnType<typeof publish>>
const only = ({ version, bundle }: Published) => ({ version, bundle })
const tiny = ({ version, bundle }: { version: number; bundle: DesiredState['models'][string]['bundle'] }) => ({
  models: { tiny: { version, bundle } },
})
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 20_000 })
/** Until the device reports this of its model. */
const reports = (device: Device, what: object) =>
  eventually(() => expect(device.reconciler.reported()?.models.tiny).toMatchObject(what))
const active = (version: number) => ({ phase: 'active', active: version, target: version })

describe('Reconciler', () => {
  it('fetches documents and a bundle, puts them in force, and reports it', async () => {
    const device = await startDevice()
    expect(device.reconciler.reported()).toBeUndefined()
    const catalogue = { kind: 'catalogue', site: 'north', timeZone: 'Europe/Berlin', labels: {}, entities: [] }
    const ref = server.put(JSON.stringify(catalogue))
    const wanted = desired({ ...tiny(await publish(1)), documents: { catalogue: ref } })
    await device.reconciler.desire(wanted)
    await reports(device, active(1))
    expect(device.applied).toEqual([catalogue])
    expect(await device.ask()).toEqual({ version: 1, factor: 1 })
    await eventually(() => {
      const kept = device.reader.prepare('SELECT body FROM reported').pluck().get() as string
      expect(JSON.parse(kept)).toMatchObject({
        site: 'north',
        generation: wanted.generation,
        models: { tiny: active(1) },
        documents: { catalogue: ref.sha256 },
      })
    })
  })

  it('starts again from disk, without the network', async () => {
    const first = await startDevice()
    const document = server.put(JSON.stringify({ kind: 'sensors', sensors: [] }))
    await first.reconciler.desire(desired({ ...tiny(await publish(3)), documents: { sensors: document } }))
    await reports(first, active(3))
    await first[Symbol.asyncDispose]()
    const asked = server.requests.length
    const second = await startDevice()
    expect(second.applied).toEqual([{ kind: 'sensors', sensors: [] }])
    await reports(second, active(3))
    expect(await second.ask()).toEqual({ version: 3, factor: 3 })
    expect(server.requests).toHaveLength(asked)
  })

  it('ignores an older generation, and undoes under a newer one without a download', async () => {
    const device = await startDevice()
    const [one, two] = [await publish(1), await publish(2)]
    const old = desired(tiny(one))
    await device.reconciler.desire(old)
    await reports(device, active(1))
    await device.reconciler.desire(desired(tiny(two)))
    await reports(device, active(2))
    await device.reconciler.desire(old)
    const asked = server.requests.length
    await device.reconciler.desire(desired(tiny(one)))
    await reports(device, active(1))
    expect(server.requests).toHaveLength(asked)
    expect(await device.ask()).toEqual({ version: 1, factor: 1 })
  })

  it('keeps two versions on disk and discards the others', async () => {
    const device = await startDevice()
    const published = [await publish(1), await publish(2), await publish(3)]
    for (const version of published) {
      await device.reconciler.desire(desired(tiny(version)))
      await reports(device, active(version.version))
    }
    const [, two, three] = published.map(({ bundle }) => bundle.sha256)
    await eventually(async () => expect((await device.store.list()).stored).toEqual(new Set([two, three])))
  })

  it('begins no download for a desired state that is no longer the newest', async () => {
    const device = await startDevice()
    await device.reconciler.desire(desired(tiny(await publish(1))))
    await reports(device, active(1))
    const [two, three] = [await publish(2), await publish(3)]
    const [early, late] = [desired(tiny(two)), desired(tiny(three))]
    const call = device.writer.call as (...args: unknown[]) => Promise<never>
    vi.spyOn(device.writer, 'call').mockImplementation(async (name: unknown, ...args: unknown[]) => {
      const result = await call(name, ...args)
      const generation = name === 'update.report' && (args[0] as { generation: number }).generation
      if (generation === early.generation) await device.reconciler.desire(late)
      return result
    })
    await device.reconciler.desire(early)
    await reports(device, active(3))
    expect(server.requests).not.toContain(two.bundle.sha256)
  })

  it('takes out of service what is no longer desired', async () => {
    const device = await startDevice()
    await device.reconciler.desire(desired(tiny(await publish(1))))
    await reports(device, active(1))
    await device.reconciler.desire(desired())
    await eventually(() => expect(device.reconciler.reported()?.models).toEqual({}))
    expect(await device.ask()).toBeUndefined()
    await eventually(async () => expect((await device.store.list()).stored.size).toBe(0))
  })
})

describe('a bad update leaves the version before it serving, and says why', () => {
  it('golden vectors that do not match; a later generation tries again', async () => {
    const device = await startDevice()
    await device.reconciler.desire(desired(tiny(await publish(1))))
    await reports(device, active(1))
    const bad = await publish(2, { factor: 2, claimedFactor: 5 })
    await device.reconciler.desire(desired(tiny(bad)))
    await reports(device, { phase: 'failed', active: 1, target: 2, error: { code: 'golden-mismatch' } })
    expect(await device.ask()).toEqual({ version: 1, factor: 1 })
    const event = { code: 'model-failed', detail: { model: 'tiny', code: 'golden-mismatch' } }
    expect(device.events).toMatchObject([event])
    await device.reconciler.desire(desired(tiny(bad)))
    await eventually(() => expect(device.events).toHaveLength(2))
    await device.reconciler.desire(desired(tiny(await publish(1))))
    await reports(device, active(1))
    expect(device.reconciler.reported()?.models.tiny).not.toHaveProperty('error')
  })

  it('a bundle that kills its host', async () => {
    const device = await startDevice()
    await device.reconciler.desire(desired(tiny(await publish(1))))
    await reports(device, active(1))
    await device.reconciler.desire(desired(tiny(await publish(2, { dials: { divisor: -1n } }))))
    await reports(device, { phase: 'failed', active: 1, target: 2, error: { code: 'model-crashed' } })
    expect(await device.ask()).toEqual({ version: 1, factor: 1 })
  })

  it('a download that is cut, again and again: the error is told, and it arrives in the end', async () => {
    const device = await startDevice()
    await device.reconciler.desire(desired(tiny(await publish(1))))
    await reports(device, active(1))
    const next = await publish(2)
    const cut = server.failing(next.bundle.sha256, cutAfter(10))
    await device.reconciler.desire(desired(tiny(next)))
    await reports(device, { phase: 'download', active: 1, target: 2, error: { code: 'download-truncated' } })
    const asked = server.requests.length
    await eventually(() => expect(server.requests.length).toBeGreaterThan(asked + 2))
    expect(await device.ask()).toEqual({ version: 1, factor: 1 })
    cut[Symbol.dispose]()
    await reports(device, active(2))
    expect(server.requests.some((line) => line.endsWith('bytes=10-'))).toBe(true)
  })

  it('an object that is shorter than promised, another object, and bytes that are no bundle', async () => {
    const device = await startDevice()
    await device.reconciler.desire(desired(tiny(await publish(1))))
    await reports(device, active(1))
    const next = await publish(2)
    server.fail(next.bundle.sha256, insteadOf(next.bytes.subarray(0, 5000)))
    await device.reconciler.desire(desired(tiny(next)))
    await reports(device, { phase: 'failed', active: 1, error: { code: 'size-mismatch' } })
    const other = Buffer.from(next.bytes)
    other[600]! ^= 1
    server.fail(next.bundle.sha256, insteadOf(other))
    await device.reconciler.desire(desired(tiny(next)))
    await reports(device, { phase: 'failed', active: 1, error: { code: 'digest-mismatch' } })
    await device.reconciler.desire(desired(tiny({ version: 3, bundle: server.put('no bundle at all') })))
    await reports(device, { phase: 'failed', active: 1, target: 3, error: { code: 'not-a-bundle' } })
    expect(await device.ask()).toEqual({ version: 1, factor: 1 })
  })

  it('a document that is none: what was in force stays', async () => {
    const device = await startDevice()
    const good = server.put(JSON.stringify({ kind: 'sensors', sensors: [] }))
    await device.reconciler.desire(desired({ documents: { sensors: good } }))
    await eventually(() => expect(device.reconciler.reported()?.documents).toEqual({ sensors: good.sha256 }))
    const bad = ['{', JSON.stringify({ kind: 'sensors', sensors: [{ name: 'No' }] }), JSON.stringify({ kind: 'x' })]
    const wrong = JSON.stringify({ kind: 'catalogue', site: 'north', timeZone: 'UTC', entities: [] })
    for (const [i, content] of [...bad, wrong].entries()) {
      await device.reconciler.desire(desired({ documents: { sensors: server.put(content) } }))
      await eventually(() => expect(device.events).toHaveLength(i + 1))
    }
    expect(device.events.map(({ code, detail }) => `${code}: ${detail.code}`).sort()).toEqual([
      'document-failed: invalid-document',
      'document-failed: invalid-document',
      'document-failed: invalid-document',
      'document-failed: wrong-document',
    ])
    expect(device.reconciler.reported()?.documents).toEqual({ sensors: good.sha256 })
    expect(device.applied).toHaveLength(1)
  })
})

describe('a version that fails while it serves', () => {
  const crash = async (device: Device) => {
    const serving = await device.models.serving('tiny')
    await serving?.infer(tinyInputs([1, 1], { divisor: -1n })).catch(() => undefined)
  }

  it('gives way to the one before, across restarts, until a new generation', async () => {
    const first = await startDevice()
    const [one, two] = [await publish(1), await publish(2)]
    await first.reconciler.desire(desired(tiny(one)))
    await reports(first, active(1))
    await first.reconciler.desire(desired(tiny(two)))
    await reports(first, active(2))
    await crash(first)
    await crash(first)
    await reports(first, { phase: 'rolled-back', active: 1, target: 2, error: { code: 'model-crashed' } })
    expect(await first.ask()).toEqual({ version: 1, factor: 1 })
    await first[Symbol.asyncDispose]()
    const second = await startDevice()
    await reports(second, { phase: 'rolled-back', active: 1, target: 2 })
    await second.reconciler.desire(desired(tiny(two)))
    await reports(second, active(2))
  })

  it('gives way to the one before also where this process never served that', async () => {
    const first = await startDevice()
    await first.reconciler.desire(desired(tiny(await publish(1))))
    await reports(first, active(1))
    await first.reconciler.desire(desired(tiny(await publish(2))))
    await reports(first, active(2))
    await first[Symbol.asyncDispose]()
    const second = await startDevice()
    await reports(second, active(2))
    await crash(second)
    await crash(second)
    await reports(second, { phase: 'rolled-back', active: 1, target: 2, error: { code: 'model-crashed' } })
    expect(await second.ask()).toEqual({ version: 1, factor: 1 })
  })

  it('is fetched again when its bytes went bad on disk, and the one before serves meanwhile', async () => {
    const first = await startDevice()
    const [one, two] = [await publish(1), await publish(2)]
    await first.reconciler.desire(desired(tiny(one)))
    await reports(first, active(1))
    await first.reconciler.desire(desired(tiny(two)))
    await reports(first, active(2))
    await first[Symbol.asyncDispose]()
    await writeFile(first.store.path(two.bundle.sha256), 'bit rot')
    server.fail(two.bundle.sha256, status(503), status(503))
    const second = await startDevice()
    await reports(second, { active: 1, target: 2 })
    await reports(second, active(2))
  })
})

describe('approval', () => {
  it('is asked for before anything of a version is used', async () => {
    const asked: string[] = []
    let answer: Error | undefined = new TransientUpdateError('repository-expired', 'the repository has expired')
    const device = await startDevice({
      async requireApproved({ model, version, bundle }) {
        asked.push(`${model}@${version} ${bundle.sha256}`)
        if (answer) throw answer
      },
    })
    const one = await publish(1)
    await device.reconciler.desire(desired(tiny(one)))
    await reports(device, { phase: 'verify', active: null, error: { code: 'repository-expired' } })
    answer = new RefusedUpdateError('not-approved', 'two of three signatures are missing')
    await reports(device, { phase: 'failed', active: null, error: { code: 'not-approved' } })
    expect(device.models.versions().size).toBe(0)
    answer = undefined
    await device.reconciler.desire(desired(tiny(one)))
    await reports(device, active(1))
    expect(new Set(asked)).toEqual(new Set([`tiny@1 ${one.bundle.sha256}`]))
  })

  it('is not asked for what served before', async () => {
    const first = await startDevice()
    await first.reconciler.desire(desired(tiny(await publish(1))))
    await reports(first, active(1))
    await first[Symbol.asyncDispose]()
    const second = await startDevice({
      requireApproved: () => Promise.reject(new TransientUpdateError('no-network', 'the cloud is away')),
    })
    await reports(second, active(1))
    expect(await second.ask()).toEqual({ version: 1, factor: 1 })
  })
})

describe('an expired desired state', () => {
  it('begins nothing until it is signed again', async () => {
    const device = await startDevice()
    await device.reconciler.desire(desired(tiny(await publish(1))))
    await reports(device, active(1))
    const late = desired({ ...tiny(await publish(2)), expires: 1000 })
    await device.reconciler.desire(late)
    await eventually(() => expect(device.reconciler.reported()).toMatchObject({ generation: late.generation }))
    const asked = server.requests.length
    expect(await device.ask()).toEqual({ version: 1, factor: 1 })
    await device.reconciler.desire({ ...late, expires: 4_000_000_000 })
    await reports(device, active(2))
    expect(server.requests.length).toBe(asked + 1)
  })
})

describe('the hour of an update', () => {
  it('holds it until it comes, and a download that is not done when it ends', async () => {
    const device = await startDevice()
    await device.reconciler.desire(desired(tiny(await publish(1))))
    await reports(device, active(1))
    // NOW is 23:13 in Berlin.
    const update = { window: { from: '01:00', to: '03:00' } }
    const two = await publish(2)
    server.fail(two.bundle.sha256, stall)
    const asked = server.requests.length
    await device.reconciler.desire(desired({ ...tiny(two), update }))
    await reports(device, { phase: 'waiting', active: 1, target: 2 })
    expect(server.requests.length).toBe(asked)
    device.clock.advance(2 * HOUR)
    await eventually(() => expect(server.requests.length).toBe(asked + 1))
    await reports(device, { phase: 'download' })
    device.clock.advance(2 * HOUR)
    await reports(device, { phase: 'waiting', active: 1 })
    device.clock.advance(22 * HOUR)
    await reports(device, active(2))
  })
})

describe('probation', () => {
  const update = { soakMinutes: 30 }
  const soaking = async (device: Device) => {
    await device.reconciler.desire(desired({ ...tiny(await publish(1)), update }))
    await reports(device, active(1))
    const two = desired({ ...tiny(await publish(2)), update })
    await device.reconciler.desire(two)
    await reports(device, { phase: 'soak', active: 2, target: 2 })
    return two
  }

  it('is over after its time on this device, restarts included', async () => {
    const elapsed = ({ reader }: Device) =>
      reader.prepare('SELECT elapsed_ms FROM update_soaks').pluck().get() as number | undefined
    const first = await startDevice()
    const two = await soaking(first)
    let signed = 0
    /** Signed again, the device looks at how things are; how long that takes says nothing of the time in the shop. */
    const looks = (storeMs: number, least: number) =>
      eventually(async () => {
        first.clock.advance(storeMs)
        await first.reconciler.desire({ ...two, expires: two.expires + ++signed })
        expect(elapsed(first)).toBeGreaterThanOrEqual(least)
      })
    await looks(100, 100)
    first.clock.advance(15 * MINUTE)
    await looks(0, 15 * MINUTE)
    await first[Symbol.asyncDispose]()
    const second = await startDevice()
    const before = elapsed(second)!
    expect(before).toBeGreaterThanOrEqual(15 * MINUTE)
    expect(before).toBeLessThan(30 * MINUTE)
    let minutes = 0
    await eventually(() => {
      second.clock.advance(MINUTE)
      minutes++
      expect(second.reconciler.reported()?.models.tiny).toMatchObject(active(2))
    })
    expect(before + minutes * MINUTE).toBeGreaterThanOrEqual(30 * MINUTE)
  })

  it('sends a version back whose host ends, with no network, and tries it again only when asked anew', async () => {
    const device = await startDevice()
    const two = await soaking(device)
    await server[Symbol.asyncDispose]()
    const serving = await device.models.serving('tiny')
    await serving?.infer(tinyInputs([1, 1], { divisor: -1n })).catch(() => undefined)
    await reports(device, { phase: 'rolled-back', active: 1, target: 2, error: { code: 'soak-crashes' } })
    expect(await device.ask()).toEqual({ version: 1, factor: 1 })
    const event = { code: 'model-failed', detail: { model: 'tiny', version: 2 } }
    expect(device.events).toMatchObject([event])
    await device[Symbol.asyncDispose]()
    const again = await startDevice()
    await reports(again, { phase: 'rolled-back', active: 1, target: 2 })
    await again.reconciler.desire({ ...two, generation: ++generation })
    await reports(again, { phase: 'soak', active: 2 })
  })

  it('sends a version back that gives no answers, or only slow ones', async () => {
    const device = await startDevice()
    await soaking(device)
    const serving = await device.models.serving('tiny')
    for (let i = 0; i < 2; i++) await serving?.infer(tinyInputs([1, 1], { divisor: 0n })).catch(() => undefined)
    await reports(device, { phase: 'rolled-back', active: 1 })
    await device.reconciler.desire(desired({ ...tiny(await publish(3)), update: { ...update, maxLatencyMs: 1 } }))
    await reports(device, { phase: 'soak', active: 3 })
    const slow = await device.models.serving('tiny')
    for (let i = 0; i < 2; i++) await slow?.infer(tinyInputs([1, 1], { side: 500n }))
    await reports(device, { phase: 'rolled-back', active: 1, error: { code: 'soak-latency' } })
  })

  it('counts from the first run, also while its beginning is being noted', async () => {
    const device = await startDevice()
    await device.reconciler.desire(desired({ ...tiny(await publish(1)), update }))
    await reports(device, active(1))
    const call = device.writer.call as (...args: unknown[]) => Promise<never>
    vi.spyOn(device.writer, 'call').mockImplementation(async (...args: unknown[]) => {
      const result = await call(...args)
      const serving = args[0] === 'update.finish' ? device.models.current('tiny') : undefined
      if (serving?.version === 2) await serving.infer(tinyInputs([1, 1], { divisor: -1n })).catch(() => undefined)
      return result
    })
    await device.reconciler.desire(desired({ ...tiny(await publish(2)), update }))
    await reports(device, { phase: 'rolled-back', active: 1, error: { code: 'soak-crashes' } })
  })
})

describe('a candidate', () => {
  const beside = async (champion: Published, candidate: Published) => ({
    models: { tiny: { version: champion.version, bundle: champion.bundle, candidate: only(candidate) } },
  })

  it('runs in a host of its own, is there again after a restart, and is promoted without a download', async () => {
    const first = await startDevice()
    const [one, two] = [await publish(1), await publish(2)]
    await first.reconciler.desire(desired(await beside(one, two)))
    await reports(first, { ...active(1), candidate: { version: 2, phase: 'shadow' } })
    expect(first.shadows.versions()).toEqual(new Map([['tiny', 2]]))
    expect(first.shadows.host()?.pid).not.toBe(first.models.host()?.pid)
    expect(await first.ask()).toEqual({ version: 1, factor: 1 })
    await first[Symbol.asyncDispose]()
    const asked = server.requests.length
    const second = await startDevice()
    await eventually(() => expect(second.shadows.versions()).toEqual(new Map([['tiny', 2]])))
    await second.reconciler.desire(desired(tiny(two)))
    await reports(second, active(2))
    expect(second.reconciler.reported()?.models.tiny).not.toHaveProperty('candidate')
    expect(second.shadows.host()).toBeUndefined()
    expect(server.requests).toHaveLength(asked)
  })

  it('that fails is left alone, and what serves goes on', async () => {
    const device = await startDevice()
    const [one, bad] = [await publish(1), await publish(2, { claimedFactor: 5 })]
    await device.reconciler.desire(desired(await beside(one, bad)))
    const failed = { version: 2, phase: 'failed', error: { code: 'golden-mismatch' } }
    await reports(device, { ...active(1), candidate: failed })
    await device.reconciler.desire(desired(await beside(one, await publish(3))))
    await reports(device, { ...active(1), candidate: { version: 3, phase: 'shadow' } })
    const crash = async () => {
      const shadow = await device.shadows.serving('tiny')
      await shadow?.infer(tinyInputs([1, 1], { divisor: -1n })).catch(() => undefined)
    }
    await crash()
    await crash()
    await reports(device, {
      ...active(1),
      candidate: { version: 3, phase: 'failed', error: { code: 'model-crashed' } },
    })
    expect(device.shadows.host()).toBeUndefined()
    expect(await device.ask()).toEqual({ version: 1, factor: 1 })
  })
})

describe('a power cut during an activation', () => {
  it('is done again after the start, and given up when it happened three times', async () => {
    const one = await publish(1)
    const wanted = desired(tiny(one))
    const { sha256 } = one.bundle
    const step = { kind: 'activate', subject: 'model:tiny', model: 'tiny', version: 1, sha256 } as const
    const cut = async () => {
      await using device = await startDevice({ start: false })
      await device.writer.call('update.desire', { desired: wanted, at: 0 })
      await device.writer.call('update.begin', { generation: wanted.generation, step, at: 0 })
    }
    await cut()
    await cut()
    const twice = await startDevice()
    await reports(twice, active(1))
    await twice[Symbol.asyncDispose]()
    await cut()
    await cut()
    await cut()
    await using device = await startDevice({ start: false })
    await device.writer.call('update.recover', { at: 0 })
    expect(timesInterrupted(device.reader, step, wanted.generation)).toBe(3)
  })
})
