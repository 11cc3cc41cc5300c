import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { tinyBundle, tinyInputs } from '../test/tiny-bundle.ts'
import { type HostIncident, type ModelFailure, type ModelHostOptions, Models } from './index.ts'
import { hostArgument } from './protocol.ts'

let directory: string
let models: Models
let failures: ModelFailure[]
let incidents: HostIncident[]

const start = async (limits: ModelHostOptions['limits'] = {}) => {
  models = new Models({ dataDirectory: directory, limits })
  models.onFailed((failure) => failures.push(failure))
  models.onIncident((incident) => incidents.push(incident))
  await models.start()
}
const bundle = (options: Partial<Parameters<typeof tinyBundle>[0]> = {}) => tinyBundle({ directory, ...options })
const infer = async (...args: Parameters<typeof tinyInputs>) => {
  const model = await models.serving('tiny')
  if (!model) return undefined
  const { y } = await model.infer(tinyInputs(...args))
  return { version: model.version, y: Array.from(y!.data, Number) }
}
const running = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'fine',
    (error: { code: string }) => error.code,
  )

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'storecast-models-'))
  failures = []
  incidents = []
})
afterEach(async () => {
  await models[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

describe('Models', () => {
  it('serves what was activated, several models in one host, and ends the host with itself', async () => {
    await start()
    expect(await models.serving('tiny')).toBeUndefined()
    await models.activate(await bundle({ factor: 2 }))
    await models.activate(await bundle({ model: 'other', factor: 5 }))
    expect(await infer([1, 2])).toEqual({ version: 1, y: [2, 4] })
    const other = await models.serving('other')
    expect((await other!.infer(tinyInputs([1, 1]))).y!.data).toEqual(Float32Array.of(5, 5))
    const { pid, rss } = models.host()!
    expect(rss).toBeGreaterThan(10e6)
    await models[Symbol.asyncDispose]()
    expect(running(pid)).toBe(false)
    expect(incidents).toEqual([])
  })

  it('never loads ONNX Runtime into the agent', async () => {
    await start()
    await models.activate(await bundle())
    expect(await infer([1, 1])).toBeDefined()
    expect(await readFile(`/proc/${models.host()!.pid}/maps`, 'utf8')).toContain('libonnxruntime')
    expect(await readFile('/proc/self/maps', 'utf8')).not.toMatch(/onnxruntime/)
  })

  it('switches between two runs, without a moment in which nothing serves', async () => {
    await start()
    await models.activate(await bundle({ factor: 1 }))
    const first = models.host()!.pid
    const answers: ({ version: number; y: number[] } | undefined)[] = []
    let switching = true
    const asking = (async () => {
      while (switching) answers.push(await infer([1, 1]).catch((error) => error.code))
    })()
    await models.activate(await bundle({ version: 2, factor: 2 }))
    // What the old host is in the middle of may still come after this.
    expect(await infer([1, 1])).toEqual({ version: 2, y: [2, 2] })
    switching = false
    await asking
    const versions = answers.map((answer) => answer?.version ?? answer)
    // Only a run prepared for the version before may be turned away.
    expect(versions.filter((v) => v !== 1 && v !== 2 && (v as unknown) !== 'superseded')).toEqual([])
    for (const answer of answers) if (answer?.y) expect(answer.y).toEqual([answer.version, answer.version])
    await vi.waitFor(() => expect(running(first)).toBe(false))
  })

  it('refuses a run that was prepared for a version that no longer serves', async () => {
    await start()
    await models.activate(await bundle())
    const stale = await models.serving('tiny')
    await models.activate(await bundle({ version: 2, factor: 3 }))
    expect(await codeOf(stale!.infer(tinyInputs([1, 1])))).toBe('superseded')
    await models.remove('tiny')
    expect(await codeOf(stale!.infer(tinyInputs([1, 1])))).toBe('no-model')
    expect(models.host()).toBeUndefined()
  })

  it('keeps the version that serves when another is refused, and says why', async () => {
    await start()
    await models.activate(await bundle({ factor: 2 }))
    const { pid } = models.host()!
    const refused = async (options: Parameters<typeof bundle>[0]) =>
      codeOf(models.activate(await bundle({ version: 2, ...options })))
    expect(await refused({ factor: 3, claimedFactor: 4 })).toBe('golden-mismatch')
    expect(await refused({ onnx: Buffer.from('not a network') })).toBe('model-invalid')
    expect(await refused({ inputs: [{ name: 'x', type: 'float32', shape: ['N', 3] }] })).toBe('tensor-mismatch')
    const good = await bundle({ version: 2, factor: 3 })
    expect(await codeOf(models.activate({ ...good, model: 'elsewhere' }))).toBe('wrong-model')
    expect(await codeOf(models.activate({ ...good, sha256: 'f'.repeat(64) }))).toBe('digest-mismatch')
    expect(await codeOf(models.activate({ ...good, path: join(directory, 'nothing') }))).toBe('missing-file')
    await writeFile(good.path, 'cut short')
    expect(await codeOf(models.activate(good))).toBe('digest-mismatch')
    expect(models.host()!.pid).toBe(pid)
    expect(await infer([1, 1])).toEqual({ version: 1, y: [2, 2] })
  })

  it('answers inputs that do not fit with an error of the caller, and goes on', async () => {
    await start()
    await models.activate(await bundle())
    const model = await models.serving('tiny')
    const good = tinyInputs([1, 2])
    const x = (shape: number[], values: number) => ({
      ...good,
      x: { type: 'float32' as const, shape, data: new Float32Array(values) },
    })
    for (const bad of [
      x([1, 3], 3),
      x([2], 2),
      x([1, 2], 3),
      x([-1, 2], 2),
      { ...good, more: good.x },
      { x: good.x },
    ]) {
      expect(await codeOf(model!.infer(bad))).toBe('bad-tensor')
    }
    expect(await codeOf(model!.infer(tinyInputs([1, 1], { divisor: 0n })))).toBe('run-failed')
    expect(await infer([1, 2])).toEqual({ version: 1, y: [2, 4] })
  })

  it('replaces a host that was killed, at once', async () => {
    await start()
    await models.activate(await bundle())
    process.kill(models.host()!.pid, 'SIGKILL')
    await vi.waitFor(() => expect(incidents).toHaveLength(1))
    expect(await infer([1, 2])).toEqual({ version: 1, y: [2, 4] })
    expect(incidents[0]).toMatchObject({ code: 'model-crashed', model: null })
    expect(failures).toEqual([])
  })
})

describe.runIf(process.arch === 'x64')('a model that crashes its host', () => {
  const crash = { divisor: -1n }

  it('gives way to the version before it when it did so twice', async () => {
    await start()
    await models.activate(await bundle({ factor: 2 }))
    await models.activate(await bundle({ version: 2, factor: 3 }))
    expect(await codeOf(infer([1, 1], crash))).toBe('host-ended')
    expect(await infer([1, 1])).toMatchObject({ version: 2 })
    // The success in between makes the next crash a first one again.
    expect(await codeOf(infer([1, 1], crash))).toBe('host-ended')
    expect(await codeOf(infer([1, 1], crash))).toBe('host-ended')
    expect(await infer([1, 1])).toEqual({ version: 1, y: [2, 2] })
    expect(failures).toMatchObject([{ model: 'tiny', version: 2, code: 'model-crashed', fallback: 1 }])
    expect(failures[0]!.message).toContain('SIGFPE')
  })

  it('is refused when it does so while it is tried', async () => {
    await start()
    await models.activate(await bundle({ factor: 2 }))
    const { pid } = models.host()!
    expect(await codeOf(models.activate(await bundle({ version: 2, dials: crash })))).toBe('model-crashed')
    expect(models.host()!.pid).toBe(pid)
    expect(await infer([1, 1])).toMatchObject({ version: 1 })
  })

  it('leaves no version where there was none before, and takes no other model with it', async () => {
    await start()
    await models.activate(await bundle())
    await models.activate(await bundle({ model: 'other', factor: 5 }))
    for (let i = 0; i < 2; i++) expect(await codeOf(infer([1, 1], crash))).toBe('host-ended')
    const other = await models.serving('other')
    expect((await other!.infer(tinyInputs([1, 1]))).y!.data).toEqual(Float32Array.of(5, 5))
    expect(await models.serving('tiny')).toBeUndefined()
    expect(failures).toMatchObject([{ model: 'tiny', fallback: null }])
  })
})

describe('limits', () => {
  it('kills a host that hangs, and refuses runs beyond those that may wait', async () => {
    await start({ runMs: 2000, waiting: 2 })
    await models.activate(await bundle())
    const codes = await Promise.all([0, 1, 2].map(() => codeOf(infer([1, 1], { side: 6000n }))))
    expect(codes).toEqual(['timeout', 'timeout', 'busy'])
    expect(await infer([1, 1])).toMatchObject({ version: 1 })
    expect(incidents).toMatchObject([{ code: 'model-hung', model: 'tiny' }])
  })

  it('does not count the wait for others as a run', async () => {
    await start()
    await models.activate(await bundle())
    const together = () => Promise.all(Array.from({ length: 48 }, () => infer([1, 1], { side: 1000n })))
    const began = performance.now()
    await together()
    const took = performance.now() - began
    await models[Symbol.asyncDispose]()
    // All of them take twice what one may; one may take 24 times its share.
    await start({ runMs: took / 2 })
    await models.activate(await bundle())
    expect((await together()).map((run) => run?.version)).toEqual(Array.from({ length: 48 }, () => 1))
    expect(incidents).toEqual([])
  })

  it('kills a host whose memory runs away', async () => {
    await start({ memoryBytes: 300e6 })
    await models.activate(await bundle())
    expect(await codeOf(infer([1, 1], { side: 12_000n }))).toBe('host-ended')
    expect(incidents).toMatchObject([{ code: 'model-memory', model: 'tiny' }])
    expect(await infer([1, 1])).toMatchObject({ version: 1 })
  })

  it('replaces a host that has grown over its ceiling, once a fresh one serves', async () => {
    await start()
    await models.activate(await bundle())
    const usual = models.host()!.rss
    await models[Symbol.asyncDispose]()
    const ceiling = usual * 1.2
    await start({ memoryBytes: ceiling })
    await models.activate(await bundle())
    const { pid } = models.host()!
    // Each run adds a little: one that went far beyond the ceiling at once would be ended in the middle of it.
    const rows = Array.from({ length: 1_000_000 }, () => 1)
    while (models.host()!.rss <= ceiling) expect(await infer(rows)).toMatchObject({ version: 1 })
    await vi.waitFor(() => expect(models.host()!.pid).not.toBe(pid))
    await vi.waitFor(() => expect(incidents).toMatchObject([{ code: 'model-memory', model: null }]))
    await vi.waitFor(() => expect(running(pid)).toBe(false))
    expect(await infer([1, 1])).toMatchObject({ version: 1 })
  })
})

describe('a killed agent', () => {
  /** An agent in a process of its own; its host idles, or is in the middle of a long run. */
  const otherAgent = async (side: bigint) => {
    const from = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
    const script = `
      const { Models } = await import(${from('./index.ts')})
      const { tinyInputs } = await import(${from('../test/tiny-bundle.ts')})
      const models = new Models({ dataDirectory: ${JSON.stringify(directory)}, limits: { memoryBytes: 2e9 } })
      await models.start()
      await models.activate(${JSON.stringify(await bundle())})
      const model = await models.serving('tiny')
      void model.infer(tinyInputs([1, 1], { side: ${side}n }))
      setTimeout(() => console.log(models.host().pid), 100)
    `
    const flags = ['--input-type=module', '-e', script]
    const agent = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(agent.stdout, 'data')) as [Buffer]
    return { agent, host: Number(line) }
  }
  const killed = async (agent: ChildProcess) => {
    agent.kill('SIGKILL')
    await once(agent, 'exit')
  }
  /** Empty too once it is a zombie that init has not yet collected. */
  const commandLine = (pid: number) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')

  it('takes an idle host with it', async () => {
    await start()
    const { agent, host } = await otherAgent(1n)
    await killed(agent)
    await vi.waitFor(async () => expect(await commandLine(host)).toBe(''))
  })

  it('leaves a busy one behind, which its next start finds and stops', async () => {
    const { agent, host } = await otherAgent(7000n)
    expect(await commandLine(host)).toContain(hostArgument(directory))
    await killed(agent)
    expect(await commandLine(host)).not.toBe('')
    await start()
    expect(await commandLine(host)).toBe('')
  })

  it('is told from another agent, whose host stays', async () => {
    const { agent, host } = await otherAgent(1n)
    models = new Models({ dataDirectory: `${directory}-of-another` })
    await models.start()
    expect(await commandLine(host)).not.toBe('')
    await killed(agent)
  })
})
