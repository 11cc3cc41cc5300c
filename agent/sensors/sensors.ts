import { randomUUID } from 'node:crypto'
import type { SensorDefinition } from '@storecast/shared/contracts'
import { type Calendar, calendar } from '@storecast/shared/windows'
import type { Clock } from '../platform/clock.ts'
import type { eventProcedures } from '../platform/events.ts'
import { readWhole } from '../platform/files.ts'
import type { Logger } from '../platform/logger.ts'
import type { Writer } from '../platform/writer.ts'
import type { InfluxSource, MqttSource as MqttConfig, SourceConfig } from './config.ts'
import { CsvSource } from './csv-source.ts'
import { Gate } from './gate.ts'
import { influxPush } from './influx-push.ts'
import { jsonPush } from './json-push.ts'
import { MqttSource } from './mqtt-source.ts'
import type { PushReply, PushRequest } from './push.ts'
import type { Intake } from './reading.ts'
import { type RefusalCount, Refusals } from './refusals.ts'

export interface SensorsOptions {
  readonly intake: Intake
  readonly writer: Writer<typeof eventProcedures>
  readonly clock: Clock
  readonly log: Logger
  readonly definitions: readonly SensorDefinition[]
  readonly sources: readonly SourceConfig[]
  /** The site's, an IANA name. */
  readonly timeZone: string
  /** Names this device's MQTT sessions at the brokers it listens to. */
  readonly device: string
  /** Of one HTTP request, packed and unpacked alike. */
  readonly maxBodyBytes?: number
  /** Unix milliseconds that have certainly passed, 0 where nothing is known: a clock behind is not trusted. */
  readonly knownTime?: () => number
  /** Whether the clock was found right beside the cloud's; undefined: they have not been compared. */
  readonly clockTrusted?: () => boolean | undefined
}

/** A way in for programs that push; mounted by the local HTTP server. */
export interface PushRoute {
  readonly method: 'POST'
  readonly path: string
  readonly handle: (request: PushRequest) => Promise<PushReply>
}

export interface SourceState {
  readonly name: string
  readonly kind: SourceConfig['kind']
  /** Why nothing comes in; undefined where all is well. */
  readonly trouble: string | undefined
}

type Running = { readonly config: SourceConfig; readonly source: MqttSource | CsvSource }

/** Store milliseconds between two accounts of what was refused. */
const ACCOUNT_MS = 3_600_000
const LONGEST_PASSWORD = 4096

/** All sources of a device, behind one gate. */
export class Sensors implements AsyncDisposable {
  readonly routes: readonly PushRoute[]
  readonly #options: SensorsOptions
  readonly #gate: Gate
  readonly #refusals = new Refusals()
  readonly #running: Running[] = []
  readonly #accounted = new Map<string, number>()
  #zone: Calendar
  #timer: Disposable | undefined

  private constructor(options: SensorsOptions) {
    const { intake, clock, timeZone, sources, maxBodyBytes = 16 * 1024 * 1024 } = options
    const { knownTime = () => 0, clockTrusted = () => undefined } = options
    this.#options = options
    this.#zone = calendar(timeZone)
    this.#gate = new Gate({ clock, intake, knownTime, clockTrusted })
    const push = { gate: this.#gate, intake, refusals: this.#refusals, maxBodyBytes }
    const influx = sources.filter((source): source is InfluxSource => source.kind === 'influx')
    this.routes = [
      { method: 'POST', path: '/api/v2/write', handle: influxPush({ ...push, sources: influx }) },
      { method: 'POST', path: '/v1/readings', handle: jsonPush({ ...push, zone: () => this.#zone }) },
    ]
  }

  /** Defines the sensors, then starts every source. */
  static async start(options: SensorsOptions): Promise<Sensors> {
    const sensors = new Sensors(options)
    await sensors.define(options.definitions)
    for (const config of options.sources) {
      if (config.kind === 'influx') continue
      const source = config.kind === 'csv' ? sensors.#csv(config) : await sensors.#mqtt(config)
      source.start()
      sensors.#running.push({ config, source })
    }
    sensors.#accountLater()
    return sensors
  }

  /** As they stand: a sensor that has readings keeps its kind, resolution and centre. */
  get definitions(): readonly SensorDefinition[] {
    return this.#gate.sensors
  }

  /** Replaces the definitions; readings of sensors that are no longer among them are refused from now on. */
  async define(definitions: readonly SensorDefinition[]): Promise<void> {
    this.#gate.define(await this.#options.intake.define(definitions))
  }

  /** Local times in what devices send are of this zone from now on. */
  useTimeZone(timeZone: string): void {
    this.#zone = calendar(timeZone)
  }

  /** What was refused since the start, by source and cause. */
  get refusals(): readonly RefusalCount[] {
    return this.#refusals.all()
  }

  get sources(): readonly SourceState[] {
    return this.#running.map(({ config: { name, kind }, source }) => ({ name, kind, trouble: source.trouble }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.[Symbol.dispose]()
    await Promise.all(this.#running.map(({ source }) => source[Symbol.asyncDispose]()))
    await this.#account()
  }

  #csv(config: SourceConfig & { kind: 'csv' }): CsvSource {
    const { intake, clock, log } = this.#options
    return new CsvSource({
      config,
      gate: this.#gate,
      intake,
      refusals: this.#refusals,
      zone: () => this.#zone,
      clock,
      log,
    })
  }

  async #mqtt(config: MqttConfig): Promise<MqttSource> {
    const { intake, device, log } = this.#options
    const { passwordFile, name, clientId = `storecast-${device}-${name}` } = config
    const password = passwordFile === undefined ? undefined : await readWhole(passwordFile, LONGEST_PASSWORD)
    return new MqttSource({
      config,
      clientId,
      password: password?.toString('utf8').trim(),
      gate: this.#gate,
      intake,
      refusals: this.#refusals,
      zone: () => this.#zone,
      log,
    })
  }

  #accountLater(): void {
    this.#timer = this.#options.clock.after(ACCOUNT_MS, () => {
      void this.#account().then(() => this.#accountLater())
    })
  }

  /** Tells of what was refused since the last time, one event a source. */
  async #account(): Promise<void> {
    const { writer, clock, log } = this.#options
    const bySource = Map.groupBy(this.#refusals.all(), ({ source }) => source)
    for (const [source, counts] of bySource) {
      const total = counts.reduce((sum, { count }) => sum + count, 0)
      const since = this.#accounted.get(source) ?? 0
      if (total === since) continue
      try {
        await writer.call('events.record', {
          id: randomUUID(),
          at: clock.now(),
          severity: 'warning',
          code: 'readings-refused',
          message: `${total - since} readings of source "${source}" were refused; the newest: ${counts.at(-1)!.message}`,
          detail: { source, refused: total - since, ...Object.fromEntries(counts.map((c) => [c.cause, c.count])) },
        })
        this.#accounted.set(source, total)
      } catch (error) {
        // Told with the next account.
        log.warn({ err: error, source }, 'what was refused could not be recorded')
      }
    }
  }
}
