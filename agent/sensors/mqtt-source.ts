import type { Calendar } from '@storecast/shared/windows'
import type { Logger } from '../platform/logger.ts'
import type { MqttSource as MqttConfig, TopicMapping } from './config.ts'
import { DeferredMqtt, type Delivery } from './deferred-mqtt.ts'
import { type Gate, isRefusal } from './gate.ts'
import { InFlight } from './in-flight.ts'
import { decodeJson, decodeText, mapMessage, matchesTopic } from './json-mapping.ts'
import type { Intake, Reading } from './reading.ts'
import type { Refusal, Refusals } from './refusals.ts'

export interface MqttSourceOptions {
  readonly config: MqttConfig
  readonly clientId: string
  readonly password: string | undefined
  readonly gate: Gate
  readonly intake: Intake
  readonly refusals: Refusals
  readonly zone: () => Calendar
  readonly log: Logger
}

/** Deliveries without acknowledgement at which reading pauses, for brokers that do not limit them. */
const MOST_PENDING = 4096
/** Topics whose routes are kept at hand. */
const MOST_TOPICS = 10_000

/** What a topic's messages are read by. */
interface Route {
  readonly levels: readonly string[]
  readonly mappings: readonly TopicMapping[]
}

/** Readings from the topics of a broker: acknowledged to it after the commit. */
export class MqttSource implements AsyncDisposable {
  readonly #options: MqttSourceOptions
  readonly #link: DeferredMqtt
  readonly #inFlight: InFlight
  /** By topic, of those seen first. */
  readonly #routes = new Map<string, Route>()
  #trouble: string | undefined = 'not connected yet'
  /** Acknowledgements that wait for one commit. */
  #commit: { promise: Promise<void>; waiting: Delivery[] } | undefined

  constructor(options: MqttSourceOptions) {
    this.#options = options
    const { config, clientId, password, log } = options
    const { url, username, topics, name } = config
    this.#inFlight = new InFlight(config.inFlight)
    this.#link = new DeferredMqtt({
      url,
      clientId,
      username,
      password,
      filters: [...new Set(topics.map(({ filter }) => filter))],
      mostPending: Math.max(MOST_PENDING, config.inFlight),
      onDelivery: (delivery) => this.#take(delivery),
      onState: (trouble) => {
        this.#trouble = trouble
        if (trouble === undefined) log.info({ source: name, url }, 'listening to the broker')
        else log.warn({ source: name, url, trouble }, 'not listening to the broker; trying again')
      },
    })
  }

  start(): void {
    this.#link.start()
  }

  /** Why nothing can come in; undefined while it can. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#link[Symbol.asyncDispose]()
  }

  #take(delivery: Delivery): void {
    const { intake, config } = this.#options
    const readings = this.#read(delivery)
    if (readings.length === 0) {
      this.#link.acknowledge([delivery])
      return
    }
    this.#inFlight.arrived(this.#link.pending, performance.now())
    const promise = intake.accept(readings, { gather: this.#inFlight.gather })
    if (this.#commit?.promise === promise) this.#commit.waiting.push(delivery)
    else {
      const waiting = [delivery]
      this.#commit = { promise, waiting }
      promise.then(
        () => {
          this.#link.acknowledge(waiting)
          this.#inFlight.acknowledged(waiting.length, performance.now())
        },
        (error: Error) => {
          this.#options.log.error(
            { err: error, source: config.name },
            'readings were not stored; the broker keeps them',
          )
          this.#link.redeliver()
        },
      )
    }
  }

  #read({ topic, payload }: Delivery): Reading[] {
    const { config, gate, zone } = this.#options
    const text = decodeText(payload, config.maxPayloadBytes)
    if (typeof text !== 'string') return this.#refuse(text, topic)
    const readings: Reading[] = []
    const { levels, mappings } = this.#routeOf(topic)
    for (const mapping of mappings) {
      const decoded = mapping.payload === 'text' ? { document: text } : decodeJson(text)
      if ('cause' in decoded) return this.#refuse(decoded, topic)
      for (const candidate of mapMessage(mapping, { levels, document: decoded.document, zone: zone() })) {
        const checked = gate.check(candidate)
        if (isRefusal(checked)) {
          this.#refuse(checked, topic)
          if (checked.counted) readings.push(checked.counted)
        } else {
          if (checked.outOfRange) this.#refuse(gate.outOfRange(checked, candidate.value), topic)
          readings.push(checked)
        }
      }
    }
    return readings
  }

  #routeOf(topic: string): Route {
    let route = this.#routes.get(topic)
    if (!route) {
      const mappings = this.#options.config.topics.filter(({ filter }) => matchesTopic(filter, topic))
      route = { levels: topic.split('/'), mappings }
      if (this.#routes.size < MOST_TOPICS) this.#routes.set(topic, route)
    }
    return route
  }

  #refuse({ cause, message }: Refusal, topic: string): [] {
    this.#options.refusals.count(this.#options.config.name, { cause, message: `${topic}: ${message}` })
    return []
  }
}
