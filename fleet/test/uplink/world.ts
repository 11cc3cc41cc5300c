import { SimulatedDevice } from '@storecast/agent/test/simulated-device'
import type { Message, SimulatedIngest } from '@storecast/cloud/test/simulated-ingest'
import { Changes } from './changes.ts'
import { Disk } from './disk.ts'
import type { Happening } from './history.ts'
import { Ledger } from './ledger.ts'

/** A run of a device's database, and what became of its lineage. */
export interface Run {
  readonly device: string
  readonly simulated: SimulatedDevice
  readonly disk: Disk
}

/** What happened to a device that makes its runs differ from one unbroken one. */
export interface Fate {
  /** An image took the place of a disk, or a copy ran beside it. */
  branched: boolean
  cloudRestored: boolean
}

/** Rounds after which a world without faults must be at rest. */
const MOST_ROUNDS = 400

/**
 * Devices with real disks and protocol, a network that loses, repeats and reorders, and the real cloud with two workers.
 * Replies go to every run of the device that is connected: the worst a broker could do with two of the same identity.
 */
export class World implements Disposable {
  readonly devices: readonly string[]
  readonly ledger = new Ledger()
  readonly fates = new Map<string, Fate>()
  readonly #changes = new Changes()
  readonly #cloud: SimulatedIngest
  readonly #random: () => number
  readonly #images = new Map<string, Buffer>()
  #runs: Run[] = []
  #up: Message[] = []
  #down: Message[] = []
  #now = 1_790_000_000_000

  constructor(cloud: SimulatedIngest, devices: readonly string[], seed: number) {
    this.#cloud = cloud
    this.devices = devices
    this.#random = mulberry32(seed)
    for (const device of devices) {
      this.fates.set(device, { branched: false, cloudRestored: false })
      this.#start(device)
    }
  }

  get runs(): readonly Run[] {
    return this.#runs
  }

  /** Everyone connects and is heard. */
  async open(): Promise<void> {
    for (const run of this.#runs) this.#send(run, run.simulated.connect(this.#now))
    for (let round = 0; round < 4; round++) await this.#converse()
  }

  async happen(happening: Happening): Promise<void> {
    this.#now += 1000
    switch (happening.kind) {
      case 'ingest':
        return await this.#ingest(happening)
      case 'reply':
        return this.#reply(happening)
      case 'lose':
        this.#takeFrom(this.#random() < 0.5 ? this.#up : this.#down, happening.which)
        return
      case 'converse':
        for (let round = 0; round < happening.rounds; round++) await this.#converse()
        return
      case 'backup':
        return await this.#cloud.backup(this.devices)
      case 'restore-cloud':
        for (const fate of this.fates.values()) fate.cloudRestored = true
        this.#changes.forget()
        return await this.#cloud.restore(this.devices)
      case 'release':
        return await this.#release(happening.which)
      default:
        return this.#onDevice(happening, this.#runs[happening.run % this.#runs.length]!)
    }
  }

  /** No more faults: connects everyone, time and again, until all is told and every copy has been found out. */
  async settle(): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      // Twice each: a copy shows at the first hello after the other's.
      if (round < 12 && round % 3 === 0) for (const { simulated } of this.#runs) simulated.disconnect(this.#now)
      for (const run of this.#runs) {
        this.#now += 1000
        if (!run.simulated.connected) this.#send(run, run.simulated.connect(this.#now))
      }
      await this.#converse()
      const isQuiet = this.#up.length === 0 && this.#runs.every(({ simulated }) => !simulated.waits)
      if (isQuiet && round >= 12) return
    }
    const waiting = this.#runs
      .filter(({ simulated }) => simulated.waits)
      .map(({ device, simulated }) => [device, simulated.link])
    throw new Error(`not at rest after ${MOST_ROUNDS} rounds: ${JSON.stringify(waiting)}`)
  }

  /** Everyone who is connected says what they have to say; all of it, and every reply, arrives in order. */
  async #converse(): Promise<void> {
    this.#now += 5000
    for (const run of this.#runs) this.#send(run, run.simulated.tick(this.#now))
    this.#down.push(...(await this.#take(this.#up.splice(0))))
    for (const message of this.#down.splice(0)) this.#deliver(message)
  }

  [Symbol.dispose](): void {
    for (const { simulated } of this.#runs) simulated[Symbol.dispose]()
  }

  #start(device: string, image?: Buffer): void {
    const simulated = new SimulatedDevice({ random: this.#random, batchRecords: 4, ...(image && { image }) })
    this.#runs.push({ device, simulated, disk: new Disk(simulated, device, this.ledger) })
  }

  #onDevice(happening: Happening, run: Run): void {
    const { device, simulated, disk } = run
    switch (happening.kind) {
      case 'window':
        disk.window(happening.series, happening.slot)
        if (happening.sent) this.#send(run, simulated.tick(this.#now))
        break
      case 'coarsen':
        disk.coarsen(happening.series, happening)
        break
      case 'drop':
        disk.drop(happening.slot)
        break
      case 'forecast':
      case 'score':
        disk.forecast(happening.id, happening.kind === 'score')
        break
      case 'event':
        disk.event()
        break
      case 'evidence':
        disk.evidence(happening.id)
        break
      case 'decision':
        disk.decision(happening.id)
        break
      case 'report':
        disk.report()
        break
      case 'connect':
        if (!simulated.connected) this.#send(run, simulated.connect(this.#now))
        break
      case 'disconnect':
        simulated.disconnect(this.#now)
        break
      case 'kill':
        simulated.kill()
        break
      case 'tick':
        this.#now += happening.seconds * 1000
        this.#send(run, simulated.tick(this.#now))
        break
      case 'image':
        this.#images.set(device, simulated.image())
        break
      case 'restore-image': {
        const image = this.#images.get(device)
        if (!image) break
        this.#branch(device)
        simulated[Symbol.dispose]()
        this.#runs = this.#runs.filter((other) => other !== run)
        this.#start(device, image)
        break
      }
      case 'clone':
        if (this.#runs.filter((other) => other.device === device).length >= 3) break
        this.#branch(device)
        this.#start(device, (happening.fromImage ? this.#images.get(device) : undefined) ?? simulated.image())
        break
    }
  }

  #branch(device: string): void {
    this.fates.get(device)!.branched = true
  }

  async #ingest({ first, second, again }: Happening & { kind: 'ingest' }): Promise<void> {
    const repeated = again && this.#up.length > 0 ? [this.#up[0]!] : []
    const groups = [first, second].map((picks) => picks.flatMap((which) => this.#takeFrom(this.#up, which) ?? []))
    const replies = await Promise.all(groups.map((group) => this.#take(group)))
    this.#down.push(...replies.flat())
    this.#up.push(...repeated)
  }

  async #take(group: readonly Message[]): Promise<readonly Message[]> {
    const replies = await this.#cloud.take(group, this.#now)
    this.#changes.note(group, replies)
    return replies
  }

  #reply({ which, again }: Happening & { kind: 'reply' }): void {
    const message = this.#takeFrom(this.#down, which)
    if (!message) return
    if (again) this.#down.push(message)
    this.#deliver(message)
  }

  async #release(which: number): Promise<void> {
    const { epochs } = await this.#cloud.read(this.devices)
    const quarantined = epochs.filter((epoch) => epoch.quarantined)
    const chosen = quarantined[which % quarantined.length]
    if (chosen) await this.#cloud.release(chosen.device, chosen.epoch, this.#now)
  }

  #deliver({ device, payload }: Message): void {
    for (const run of this.#runs) if (run.device === device) this.#send(run, run.simulated.hear(payload, this.#now))
  }

  #send({ device }: Run, payloads: readonly Uint8Array[]): void {
    for (const payload of payloads) this.#up.push({ device, payload })
  }

  #takeFrom(messages: Message[], which: number): Message | undefined {
    return messages.splice(which % Math.max(1, messages.length), 1)[0]
  }
}

function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
