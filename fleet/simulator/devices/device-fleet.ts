import { setTimeout as delay } from 'node:timers/promises'
import { type DeviceOptions, SimulatedDevice } from './simulated-device.ts'

/** Connections opened at once: brokers queue no more. */
const AT_ONCE = 100
const INSIST_EVERY_MS = 500

export interface Churn {
  /** Share of the devices that is away at a time. */
  readonly away: number
  /** How long each of them is, on average. */
  readonly awayMs: number
  readonly random: () => number
}

/** Many simulated devices in one process, whose network comes and goes. */
export class DeviceFleet implements AsyncDisposable {
  readonly #devices = new Map<string, SimulatedDevice>()
  readonly #insisting: NodeJS.Timeout

  constructor() {
    this.#insisting = setInterval(() => {
      for (const device of this.#devices.values()) device.insist()
    }, INSIST_EVERY_MS)
  }

  /** Adds devices, and connects them. */
  async add(devices: readonly DeviceOptions[]): Promise<void> {
    for (const options of devices) this.#devices.set(options.id, new SimulatedDevice(options))
    await this.connect(devices.map(({ id }) => id))
  }

  async connect(ids: Iterable<string> = this.#devices.keys()): Promise<void> {
    const waiting = [...ids].map((id) => this.#devices.get(id)!).filter((device) => !device.isConnected)
    for (let at = 0; at < waiting.length; at += AT_ONCE) {
      await Promise.all(waiting.slice(at, at + AT_ONCE).map((device) => device.connect()))
    }
  }

  async disconnect(ids: Iterable<string>): Promise<void> {
    await Promise.all([...ids].map((id) => this.#devices.get(id)!.disconnect()))
  }

  /** Whether everything that every device has to say is in the cloud's database. */
  get isHeard(): boolean {
    return [...this.#devices.values()].every((device) => device.isConnected && device.isHeard)
  }

  /** The version of the model that serves on each device; undefined for none. */
  serving(model: string): ReadonlyMap<string, number | undefined> {
    return new Map([...this.#devices.values()].map((device) => [device.id, device.serving[model]]))
  }

  /** Until it is aborted, a share of the devices is away, others from one moment to the next; at the end all are back. */
  async churn(ids: readonly string[], { away, awayMs, random }: Churn, signal: AbortSignal): Promise<void> {
    const steps = 10
    const groups: string[][] = []
    while (!signal.aborted) {
      const gone = new Set(groups.flat())
      const here = ids.filter((id) => !gone.has(id))
      const leaving = Math.round((ids.length * away) / steps)
      const group = Array.from({ length: leaving }, () => here[Math.floor(random() * here.length)]!)
      groups.push([...new Set(group)])
      await this.disconnect(groups.at(-1)!)
      if (groups.length > steps) await this.connect(groups.shift()!)
      await delay(awayMs / steps, undefined, { signal }).catch(() => {})
    }
    await this.connect(groups.flat())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#insisting)
    await Promise.all([...this.#devices.values()].map((device) => device[Symbol.asyncDispose]()))
  }
}
