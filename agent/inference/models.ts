import { setTimeout as sleep } from 'node:timers/promises'
import { fullJitter } from '../platform/backoff.ts'
import { Listeners } from '../platform/listeners.ts'
import { stopOrphans } from '../platform/processes.ts'
import { InferenceError, ModelRejected, type RejectionCode } from './errors.ts'
import { type HostEnd, limitsOf, ModelHost, type ModelHostOptions } from './model-host.ts'
import { outputBytes } from './placement.ts'
import { type BundleFile, hostArgument, type LoadedModel } from './protocol.ts'
import { misfit, type Tensors } from './tensors.ts'

/** What serves under a name, and what it falls back on when that fails. */
interface Slot {
  readonly active: BundleFile
  /** The version before, where this process has served it. */
  readonly previous: BundleFile | null
}

/** A version that serves. What was read from it and what it infers belong together, across switches. */
export interface ServingModel extends LoadedModel {
  /**
   * Waits while a dead host is being replaced.
   * @throws InferenceError
   */
  infer(inputs: Tensors): Promise<Tensors>
}

/** A version stopped serving by its own fault. */
export interface ModelFailure {
  readonly model: string
  readonly version: number
  readonly sha256: string
  readonly code: RejectionCode
  readonly message: string
  /** The version that serves instead; null where this process has served none before it. */
  readonly fallback: number | null
}

/** What became of one run. A run that its caller's inputs spoiled tells nothing. */
export interface ModelRun {
  readonly model: string
  readonly version: number
  readonly sha256: string
  /** `failed`: no answer; `crashed`: its host ended over it, or was ended for it. */
  readonly outcome: 'done' | 'failed' | 'crashed'
  /** Real milliseconds until the answer; 0 where its host ended. */
  readonly ms: number
}

/** The model host was replaced, or could not be. */
export interface HostIncident {
  readonly code: HostEnd['code'] | 'host-start'
  /** The model that was loading or running, where one was. */
  readonly model: string | null
  readonly message: string
}

/** A model that ends its host this often without a run that succeeds is not tried again. */
const STRIKES = 2

interface Serving {
  readonly host: ModelHost
  readonly loaded: ReadonlyMap<string, LoadedModel>
}

/**
 * The models that serve, by name, in one model host. Every change starts a fresh host with the whole new set, checks it
 * there, and switches at once; the old host answers what it was asked and ends. A set that does not come up changes
 * nothing. A host that dies is replaced, at first at once, then with backoff; a model that killed it twice gives way to
 * its previous version.
 */
export class Models implements AsyncDisposable {
  readonly #options: ModelHostOptions
  readonly #slots = new Map<string, Slot>()
  readonly #strikes = new Map<string, number>()
  readonly #onFailed = new Listeners<ModelFailure>()
  readonly #onIncident = new Listeners<HostIncident>()
  readonly #onRun = new Listeners<ModelRun>()
  readonly #onChanged = new Listeners<void>()
  readonly #draining = new Set<Promise<void>>()
  readonly #closing = new AbortController()
  readonly #backoff = fullJitter({ baseMs: 500, capMs: 30_000 })
  #serving: Serving | undefined
  /** The end of the last change: changes follow each other. */
  #changed: Promise<unknown> = Promise.resolve()
  /** Pending while what should serve does not. */
  #restored: Promise<void> = Promise.resolve()
  #deaths = 0

  constructor(options: ModelHostOptions) {
    this.#options = options
  }

  /** Stops the hosts that a killed agent left behind. */
  async start(): Promise<void> {
    await stopOrphans(hostArgument(this.#options.dataDirectory))
  }

  /**
   * The version that serves under a name, undefined where none does. Waits while a dead host is being replaced.
   * @throws InferenceError `host-start` when that takes too long
   */
  async serving(model: string): Promise<ServingModel | undefined> {
    await this.#whenRestored()
    return this.current(model)
  }

  /** The same as things stand: undefined too while a dead host is being replaced. */
  current(model: string): ServingModel | undefined {
    const loaded = this.#loaded(model)
    return loaded && { ...loaded, infer: (inputs) => this.#infer(loaded, inputs) }
  }

  /** The versions in service, by model name. */
  versions(): ReadonlyMap<string, number> {
    return new Map([...this.#slots].map(([model, { active }]) => [model, active.version]))
  }

  /** The model host that serves: resident bytes as last heard. */
  host(): { readonly pid: number; readonly rss: number } | undefined {
    const { pid, rss } = this.#serving?.host ?? {}
    return pid === undefined || rss === undefined ? undefined : { pid, rss }
  }

  onFailed(listener: (failure: ModelFailure) => void): Disposable {
    return this.#onFailed.add(listener)
  }

  /** Tells that other versions, or models, are in service. */
  onChanged(listener: () => void): Disposable {
    return this.#onChanged.add(listener)
  }

  onIncident(listener: (incident: HostIncident) => void): Disposable {
    return this.#onIncident.add(listener)
  }

  onRun(listener: (run: ModelRun) => void): Disposable {
    return this.#onRun.add(listener)
  }

  /**
   * Has a bundle opened, loaded and its golden vectors reproduced in a host of its own, which then ends: what serves is
   * not touched.
   * @throws ModelRejected this version does not serve on this device
   * @throws InferenceError `host-start`: try again later
   */
  async rehearse(bundle: BundleFile): Promise<void> {
    this.#strikes.delete(bundle.sha256)
    const rehearsal = await this.#bringUp([bundle])
    await rehearsal?.host[Symbol.asyncDispose]()
  }

  /**
   * Puts a version in service: a fresh host loads it beside the other models and reproduces its golden vectors, then the
   * switch is made between two runs. On any error the models that served go on serving.
   * @throws ModelRejected this version does not serve on this device
   * @throws InferenceError `host-start`: try again later
   */
  activate(bundle: BundleFile): Promise<void> {
    return this.#activate(bundle, () => this.#slots.get(bundle.model)?.active ?? null)
  }

  /** The same, and never falls back on the version that it takes the place of. */
  revert(bundle: BundleFile): Promise<void> {
    return this.#activate(bundle, () => null)
  }

  #activate(bundle: BundleFile, previous: () => BundleFile | null): Promise<void> {
    return this.#change(async () => {
      const current = this.#loaded(bundle.model)
      if (current && sameVersion(current, bundle)) return
      this.#strikes.delete(bundle.sha256)
      const others = this.#active().filter((active) => active.model !== bundle.model)
      const serving = await this.#bringUp([...others, bundle]).catch((error: unknown) => {
        if (!(error instanceof ModelRejected) || error.model === bundle.model) throw error
        const message = `model ${bundle.model} was not tried, since ${error.model} beside it does not come up: ${error.message}`
        throw new InferenceError('host-start', message, { cause: error })
      })
      this.#slots.set(bundle.model, { active: bundle, previous: previous() })
      this.#switchTo(serving)
    })
  }

  /** Takes a model out of service. */
  remove(model: string): Promise<void> {
    return this.#change(async () => {
      if (!this.#slots.has(model)) return
      const serving = await this.#bringUp(this.#active().filter((active) => active.model !== model))
      this.#slots.delete(model)
      this.#switchTo(serving)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await this.#changed
    await this.#serving?.host[Symbol.asyncDispose]()
    await Promise.all(this.#draining)
  }

  async #infer(model: LoadedModel, inputs: Tensors): Promise<Tensors> {
    const { inputs: inputSpecs, outputs: outputSpecs } = model.manifest
    const sizes = new Map<string, number>()
    const problem = misfit(inputSpecs, inputs, sizes)
    if (problem !== undefined) throw new InferenceError('bad-tensor', `model ${model.model}: ${problem}`)
    if (!this.#serving) await this.#whenRestored()
    const serving = this.#serving
    const now = this.#loaded(model.model)
    if (!serving || !now) throw new InferenceError('no-model', `model ${model.model}: no version serves`)
    if (!sameVersion(now, model)) {
      throw new InferenceError('superseded', `model ${model.model}: version ${now.version} serves by now`)
    }
    const began = performance.now()
    const tell = (outcome: ModelRun['outcome']) => {
      const { version, sha256 } = model
      this.#onRun.tell({ model: model.model, version, sha256, outcome, ms: performance.now() - began })
    }
    const request = { model: model.model, inputs, outputBytes: outputBytes(outputSpecs, sizes) }
    const outputs = await serving.host.run(request).catch((error: InferenceError) => {
      if (error.code === 'run-failed') tell('failed')
      throw error
    })
    tell('done')
    this.#strikes.delete(model.sha256)
    this.#deaths = 0
    if (serving.host.overMemory && serving === this.#serving) void this.#byItself(() => this.#renew(serving))
    return outputs
  }

  async #whenRestored(): Promise<void> {
    const { startMs, loadMs } = limitsOf(this.#options)
    const late = Symbol('late')
    using timer = timeout(startMs + loadMs, late)
    if ((await Promise.race([this.#restored, timer.passed])) === late) {
      throw new InferenceError('host-start', 'the model host has not come up yet: see the incidents for the reason')
    }
  }

  #loaded(model: string): LoadedModel | undefined {
    return this.#slots.has(model) ? this.#serving?.loaded.get(model) : undefined
  }

  #active(): BundleFile[] {
    return [...this.#slots.values()].map((slot) => slot.active)
  }

  #change<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#changed.then(() => {
      this.#closing.signal.throwIfAborted()
      return act()
    })
    this.#changed = done.catch(() => undefined)
    return done
  }

  /** A fresh host with these models. One that ends it is given a second try; no models need no host. */
  async #bringUp(bundles: readonly BundleFile[]): Promise<Serving | undefined> {
    while (bundles.length > 0) {
      this.#closing.signal.throwIfAborted()
      const host = await ModelHost.start(this.#options)
      try {
        const loaded = new Map<string, LoadedModel>()
        for (const bundle of bundles) loaded.set(bundle.model, await host.load(bundle))
        return { host, loaded }
      } catch (error) {
        await host[Symbol.asyncDispose]()
        if (!(error instanceof ModelRejected) || error.code !== 'model-crashed') throw error
        const culprit = bundles.find((bundle) => bundle.model === error.model)
        if (!culprit || this.#struckOut(culprit)) throw error
      }
    }
    return undefined
  }

  #switchTo(serving: Serving | undefined): void {
    const old = this.#serving
    this.#serving = serving
    this.#onChanged.tell()
    void serving?.host.ended.then((end) => end && this.#died(serving, end))
    if (!old) return
    const drained = old.host.drain().finally(() => this.#draining.delete(drained))
    this.#draining.add(drained)
  }

  #died(serving: Serving, end: HostEnd): void {
    if (this.#serving !== serving || this.#closing.signal.aborted) return
    this.#serving = undefined
    this.#deaths++
    const culprit = end.culprit === undefined ? undefined : serving.loaded.get(end.culprit)
    this.#onIncident.tell({ code: end.code, model: culprit?.model ?? null, message: end.reason })
    if (culprit) {
      const { model, version, sha256 } = culprit
      this.#onRun.tell({ model, version, sha256, outcome: 'crashed', ms: 0 })
    }
    if (culprit && this.#struckOut(culprit)) this.#fallBack(culprit.model, { code: end.code, message: end.reason })
    this.#restored = this.#byItself(() => this.#restore())
  }

  /** Until what should serve does. */
  async #restore(): Promise<void> {
    if (this.#deaths <= 1) this.#backoff.reset()
    else await this.#pause()
    while (!this.#complete()) {
      try {
        this.#switchTo(await this.#bringUp(this.#active()))
      } catch (error) {
        if (error instanceof ModelRejected) this.#fallBack(error.model, error)
        else if (error instanceof InferenceError) {
          this.#onIncident.tell({ code: 'host-start', model: null, message: error.message })
          await this.#pause()
        } else throw error
      }
    }
  }

  #pause = () => sleep(this.#backoff.next(), undefined, { signal: this.#closing.signal })

  #complete(): boolean {
    const serves = (active: BundleFile) => {
      const loaded = this.#loaded(active.model)
      return loaded !== undefined && sameVersion(loaded, active)
    }
    return this.#active().every(serves)
  }

  /** The same models in a fresh host, for one that has grown too large; it goes on where none can be had. */
  async #renew(grown: Serving): Promise<void> {
    if (this.#serving !== grown) return
    const size = `the model host had grown to ${Math.round(grown.host.rss / 1024 / 1024)} MB`
    try {
      this.#switchTo(await this.#bringUp(this.#active()))
      this.#onIncident.tell({ code: 'model-memory', model: null, message: size })
    } catch (error) {
      if (!(error instanceof ModelRejected) && !(error instanceof InferenceError)) throw error
      this.#onIncident.tell({ code: 'host-start', model: null, message: `${size} and stays: ${error.message}` })
    }
  }

  /** A change that nobody asked for, hence nobody waits for its errors. */
  async #byItself(act: () => Promise<void>): Promise<void> {
    try {
      await this.#change(act)
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error
    }
  }

  #struckOut({ sha256 }: BundleFile): boolean {
    const strikes = (this.#strikes.get(sha256) ?? 0) + 1
    this.#strikes.set(sha256, strikes)
    return strikes >= STRIKES
  }

  #fallBack(model: string, { code, message }: { code: RejectionCode; message: string }): void {
    const slot = this.#slots.get(model)
    if (!slot) return
    const { active, previous } = slot
    if (previous) this.#slots.set(model, { active: previous, previous: null })
    else this.#slots.delete(model)
    const { version, sha256 } = active
    this.#onFailed.tell({ model, version, sha256, code, message, fallback: previous?.version ?? null })
  }
}

const sameVersion = (a: BundleFile, b: BundleFile): boolean => a.sha256 === b.sha256 && a.version === b.version

function timeout<T>(ms: number, value: T): Disposable & { passed: Promise<T> } {
  const { promise: passed, resolve } = Promise.withResolvers<T>()
  const timer = setTimeout(resolve, ms, value)
  return { passed, [Symbol.dispose]: () => clearTimeout(timer) }
}
