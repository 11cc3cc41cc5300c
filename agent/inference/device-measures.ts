import { SELF_MEASURED } from '@storecast/shared/contracts'
import type { Span } from '@storecast/shared/windows'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Usage } from '../platform/usage.ts'
import type { Writer } from '../platform/writer.ts'
import { Tally, type Windows, type windowProcedures } from '../windows/index.ts'

export interface DeviceMeasuresOptions {
  readonly windows: Pick<Windows, 'windowAt'>
  readonly writer: Writer<typeof windowProcedures>
  readonly clock: Clock
  readonly log: Logger
  readonly read: () => Promise<Usage>
  /** Real milliseconds between two observations. */
  readonly everyMs?: number
}

type DeviceSeries = '$cpu' | '$memory' | '$temperature' | '$disk'

const SIZE = SELF_MEASURED.$cpu.window
const MINUTE = 60_000
const MB = 1024 * 1024

const LEAST_MS = 5_000
/** Observations that do not wait for the hour to end: one of everything but the CPU, and one of that. */
const EARLY = 2

/** Real milliseconds between two observations: a minute, less where the store's clock runs fast, whose hours would else be empty. */
export const measuredEvery = (speed = 1): number => Math.min(MINUTE, Math.max(LEAST_MS, MINUTE / speed))

/**
 * Windows of what the agent and its model hosts take of the device, observed once a minute by the machine's own clock (see
 * `measuredEvery`). Written when an hour ends: a power cut loses the hour. What is observed first is written at once, for whoever
 * looks at a device that has just come; how much CPU it takes is told by two readings, and so by the second observation.
 */
export class DeviceMeasures implements AsyncDisposable {
  readonly #options: DeviceMeasuresOptions
  readonly #timer: NodeJS.Timeout
  #before: { readonly cpuMs: number; readonly at: number } | undefined
  #written = 0
  #open: { readonly span: Span; readonly tallies: Map<DeviceSeries, Tally> } | undefined
  #observed: Promise<void>

  constructor(options: DeviceMeasuresOptions) {
    this.#options = options
    this.#observed = this.#observe()
    this.#timer = setInterval(() => {
      this.#observed = this.#observed.then(() => this.#observe())
    }, options.everyMs ?? MINUTE)
    this.#timer.unref()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.#observed
    await this.#write()
  }

  async #observe(): Promise<void> {
    const { read, windows, clock, log } = this.#options
    try {
      const { cpuMs, at, memoryBytes, temperature, disk } = await read()
      const before = this.#before
      this.#before = { cpuMs, at }
      const span = windows.windowAt(clock.now(), SIZE)
      if (this.#open && this.#open.span.start !== span.start) await this.#write()
      this.#open ??= { span, tallies: new Map() }
      // Of a minute, however late the timer was.
      if (before) this.#add('$cpu', (Math.max(0, cpuMs - before.cpuMs) * MINUTE) / (at - before.at))
      this.#add('$memory', memoryBytes / MB)
      this.#add('$disk', disk)
      if (temperature !== undefined) this.#add('$temperature', temperature)
      if (this.#written < EARLY) await this.#write()
    } catch (err) {
      log.warn({ err }, 'what the agent takes of this device could not be measured')
    }
  }

  #add(series: DeviceSeries, value: number): void {
    const { tallies } = this.#open!
    const tally = tallies.get(series) ?? new Tally(series)
    tallies.set(series, tally)
    tally.add(value)
  }

  async #write(): Promise<void> {
    const { writer, clock, log } = this.#options
    const open = this.#open
    this.#open = undefined
    if (!open) return
    this.#written++
    const measurements = [...open.tallies].map(([sensor, tally]) => ({
      ...{ series: { sensor, entity: '' }, span: open.span, observed: tally.observed() },
    }))
    await writer.call('windows.measure', { at: clock.now(), measurements }).catch((err: unknown) => {
      log.error({ err }, 'what the agent took of this device could not be stored and is lost')
    })
  }
}
