import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { residentBytes } from '../platform/processes.ts'
import { createSharedBytes, type SharedBytes } from '../platform/shared-bytes.ts'
import { startChild } from '../platform/spawn.ts'
import { InferenceError, ModelRejected, type RejectionCode } from './errors.ts'
import { type PlacedTensor, placedBytes, placeTensors, readTensors } from './placement.ts'
import {
  BACKGROUND_ARGUMENT,
  type BundleFile,
  type HostReady,
  type HostReply,
  type HostRequest,
  hostArgument,
  type LoadedModel,
} from './protocol.ts'
import type { Tensors } from './tensors.ts'

export interface ModelHostOptions {
  /** The agent's data directory: on the host's command line, so that a later agent recognises its orphans. */
  readonly dataDirectory: string
  readonly limits?: Partial<HostLimits>
  /** Nobody waits for its answers: it runs at the lowest priority. */
  readonly background?: boolean
}

export interface HostLimits {
  /** Resident bytes above which an idle host should be replaced. A busy one is killed a quarter above. */
  readonly memoryBytes: number
  /** Starting the process and loading ONNX Runtime, in milliseconds of real time. */
  readonly startMs: number
  /** Loading a bundle with its golden vectors. */
  readonly loadMs: number
  /** One run, from when the one before it is answered. */
  readonly runMs: number
  /** Runs that may wait. */
  readonly waiting: number
}

const DEFAULT_LIMITS: HostLimits = {
  memoryBytes: 384 * 1024 * 1024,
  startMs: 30_000,
  loadMs: 60_000,
  runMs: 30_000,
  waiting: 64,
}

/** At the lowest priority, on a busy device, all takes longer: what is ended before it is done begins anew, and is never done. */
const BACKGROUND_LIMITS = { startMs: 120_000, loadMs: 120_000, runMs: 120_000 }

export const limitsOf = ({
  limits,
  background = false,
}: Pick<ModelHostOptions, 'limits' | 'background'>): HostLimits => ({
  ...DEFAULT_LIMITS,
  ...(background && BACKGROUND_LIMITS),
  ...limits,
})

/** How a host ended that was not asked to. */
export interface HostEnd {
  /** The model that was loading or running; undefined where the host was idle. */
  readonly culprit: string | undefined
  readonly code: Extract<RejectionCode, 'model-crashed' | 'model-hung' | 'model-memory'>
  /** In words: signal or status, and the last of what it wrote to standard error. */
  readonly reason: string
}

interface Pending {
  readonly model: string
  readonly timeoutMs: number
  resolve(reply: HostReply): void
  reject(end: HostEnd): void
}

export interface RunRequest {
  readonly model: string
  readonly inputs: Tensors
  readonly outputBytes?: number | undefined
}

const KEPT_STDERR = 2000
/** Runs that wait share at most this many bytes; one alone may take more. */
const MOST_SHARED_BYTES = 128 * 1024 * 1024
const MEMORY_CHECK_MS = 250

/**
 * A child process with ONNX Runtime and the networks it was told to load. It is replaced, never reloaded: ONNX Runtime
 * leaks when sessions come and go (microsoft/onnxruntime#25325). It ends with this process, however that ends.
 */
export class ModelHost implements AsyncDisposable {
  /** Resolves when the process is gone: with the reason where nobody asked for it. */
  readonly ended: Promise<HostEnd | undefined>
  readonly #child: ChildProcess
  readonly #limits: HostLimits
  readonly #shared: SharedBytes
  /** Where the next run's tensors go; from the beginning again whenever nothing is pending. */
  #nextAt = 0
  /** In the order of sending, which is the order of answering: the first is the one that runs. */
  readonly #pending = new Map<number, Pending>()
  #nextId = 1
  #rss = 0
  #stderr = ''
  #closing = false
  #over: HostEnd | undefined
  #killedFor: Pick<HostEnd, 'code' | 'reason'> | undefined
  #watch: NodeJS.Timeout | undefined
  #timeout: NodeJS.Timeout | undefined
  #idle: (() => void) | undefined

  /**
   * Starts the process; it has no model yet.
   * @throws InferenceError `host-start`
   */
  static async start(options: ModelHostOptions): Promise<ModelHost> {
    const host = new ModelHost(options)
    await host.#ready()
    return host
  }

  private constructor(options: ModelHostOptions) {
    const { dataDirectory, background = false } = options
    this.#limits = limitsOf(options)
    this.#shared = createSharedBytes()
    this.#child = startChild(new URL('./host.ts', import.meta.url), {
      args: [hostArgument(dataDirectory), ...(background ? [BACKGROUND_ARGUMENT] : [])],
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1', MALLOC_ARENA_MAX: '1' },
      nodeFlags: ['--max-semi-space-size=1'],
      stdio: 'pipe',
      share: [this.#shared.fd],
    })
    this.#child.stdout?.resume()
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR)
    })
    this.#child.on('message', (message: HostReady | HostReply) => {
      if ('id' in message) this.#answered(message)
    })
    this.ended = this.#whenEnded()
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Resident bytes as last heard. */
  get rss(): number {
    return this.#rss
  }

  get overMemory(): boolean {
    return this.#rss > this.#limits.memoryBytes
  }

  /**
   * Loads a bundle: its digest, manifest, tensors and golden vectors are checked inside the host.
   * @throws ModelRejected also where the host ends over it
   */
  async load(bundle: BundleFile): Promise<LoadedModel> {
    const { model } = bundle
    const request = { kind: 'load', bundle } as const
    const reply = await this.#ask(model, request, this.#limits.loadMs).catch((end: HostEnd) => {
      throw new ModelRejected(model, { code: end.code, message: `while loading: ${end.reason}` })
    })
    if ('rejected' in reply) throw new ModelRejected(model, reply.rejected)
    if (this.overMemory) {
      const message = `its host takes ${megabytes(this.#rss)} MB once loaded, at most ${megabytes(this.#limits.memoryBytes)} are allowed`
      throw new ModelRejected(model, { code: 'model-memory', message })
    }
    if ('loaded' in reply) return reply.loaded
    throw new TypeError('the model host answered another request')
  }

  /**
   * Inputs are copied before this returns.
   * @param outputBytes that the outputs will take, where that is known
   * @throws InferenceError `run-failed`, `busy`, `host-ended`, `timeout`
   */
  async run({ model, inputs, outputBytes = 0 }: RunRequest): Promise<Tensors> {
    const bytes = placedBytes(inputs)
    const waiting = this.#pending.size
    if (waiting >= this.#limits.waiting || (waiting > 0 && this.#nextAt + bytes + outputBytes > MOST_SHARED_BYTES)) {
      throw new InferenceError('busy', `${waiting} runs wait for the model host: ask again later`)
    }
    const room = { at: this.#nextAt + bytes, bytes: outputBytes }
    const request = { kind: 'run', model, inputs: placeTensors(this.#shared, inputs, this.#nextAt), room } as const
    this.#nextAt = room.at + room.bytes
    const reply = await this.#ask(model, request, this.#limits.runMs).catch((end: HostEnd) => {
      const code = end.code === 'model-hung' ? 'timeout' : 'host-ended'
      throw new InferenceError(code, `model ${model}: ${end.reason}`)
    })
    if ('outputs' in reply) return reply.outputs
    throw new InferenceError('run-failed', `model ${model}: ${'failed' in reply ? reply.failed : 'no outputs'}`)
  }

  /** Lets what runs end, then ends the process. */
  async drain(): Promise<void> {
    if (this.#pending.size > 0 && !this.#closing) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve
      })
    }
    await this[Symbol.asyncDispose]()
  }

  /** Ends the process, which has nothing to save; runs that wait are refused. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true
    this.#child.kill('SIGKILL')
    await this.ended
  }

  async #ready(): Promise<void> {
    const timeout = setTimeout(
      () => this.#kill('model-hung', `not ready within ${this.#limits.startMs} ms`),
      this.#limits.startMs,
    )
    const end = await Promise.race([once(this.#child, 'message'), this.ended])
    clearTimeout(timeout)
    if (Array.isArray(end)) return
    const why = end?.reason ?? 'it was closed'
    throw new InferenceError(
      'host-start',
      `the model host does not start (${why}): is onnxruntime-node installed here?`,
    )
  }

  #ask(model: string, request: DistributiveOmit<HostRequest, 'id'>, timeoutMs: number): Promise<HostReply> {
    const id = this.#nextId++
    if (this.#over) return Promise.reject(this.#over)
    return new Promise<HostReply>((resolve, reject) => {
      this.#pending.set(id, { model, timeoutMs, resolve, reject })
      this.#child.send({ id, ...request } satisfies HostRequest, (error) => {
        if (error) this.#kill('model-crashed', `the channel to the model host broke: ${error.message}`)
      })
      if (this.#pending.size > 1) return
      this.#timeFirst()
      this.#watch = setInterval(() => void this.#checkMemory(), MEMORY_CHECK_MS)
    })
  }

  /** The time that a request may take begins when the one before it is answered. */
  #timeFirst(): void {
    clearTimeout(this.#timeout)
    const first = this.#pending.values().next().value
    if (!first) return
    const { timeoutMs } = first
    this.#timeout = setTimeout(() => this.#kill('model-hung', `no answer within ${timeoutMs} ms`), timeoutMs)
  }

  #answered(reply: HostReply): void {
    this.#rss = reply.rss
    const pending = this.#pending.get(reply.id)
    // Read at once: the next run may be placed over it.
    const result = 'placed' in reply ? { ...reply, outputs: this.#read(reply.placed) } : reply
    this.#pending.delete(reply.id)
    pending?.resolve(result)
    this.#timeFirst()
    if (this.#pending.size === 0) this.#rest()
  }

  #read(placed: readonly PlacedTensor[]): Tensors {
    return readTensors(this.#shared, placed, (_, bytes) => new ArrayBuffer(bytes))
  }

  #rest(): void {
    this.#nextAt = 0
    clearInterval(this.#watch)
    this.#watch = undefined
    this.#idle?.()
  }

  /** A run that eats memory cannot answer: only the outside sees it. */
  async #checkMemory(): Promise<void> {
    const rss = this.pid === undefined ? undefined : await residentBytes(this.pid)
    if (rss === undefined || rss <= this.#limits.memoryBytes * 1.25) return
    this.#kill('model-memory', `the model host had grown to ${megabytes(rss)} MB`)
  }

  #kill(code: HostEnd['code'], reason: string): void {
    this.#killedFor ??= { code, reason }
    this.#child.kill('SIGKILL')
  }

  #whenEnded(): Promise<HostEnd | undefined> {
    return new Promise((resolve) => {
      const end = (how: string) => {
        const culprit = this.#pending.values().next().value?.model
        const said = this.#stderr.trim() === '' ? '' : `: ${this.#stderr.trim().split('\n').slice(-3).join(' | ')}`
        const why = this.#killedFor ?? { code: 'model-crashed', reason: `the model host ended (${how})${said}` }
        this.#over = { culprit, ...why }
        // First whoever replaces hosts, then whoever asked: a second request finds the replacement under way.
        resolve(this.#closing ? undefined : this.#over)
        for (const pending of this.#pending.values()) pending.reject(this.#over)
        this.#pending.clear()
        clearTimeout(this.#timeout)
        this.#rest()
        this.#shared[Symbol.dispose]()
      }
      this.#child.on('error', (error) => {
        // Without a pid it never ran, and no 'close' follows.
        if (this.pid === undefined) end(error.message)
      })
      this.#child.once('close', (status, signal) => end(signal ?? `status ${status}`))
    })
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

const megabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(0)
