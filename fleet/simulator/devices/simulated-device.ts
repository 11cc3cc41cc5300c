import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { DesiredState, type ReportedState } from '@storecast/shared/contracts'
import {
  type Ack,
  type Answer,
  decodeDownlink,
  encodeBatch,
  encodeHello,
  encodePresence,
  encodeRecords,
  type Ranges,
  subtract,
  topicOf,
  union,
} from '@storecast/shared/wire'
import { MqttSession } from './mqtt-session.ts'

/** What a device does with a version that it is told to serve: `stall` begins, and never gets there. */
export type Behaviour = 'serve' | 'fail' | 'roll-back' | 'stall'

export interface DeviceOptions {
  readonly id: string
  readonly site: string
  readonly token: string
  /** Of the broker. */
  readonly url: string
  /** Unix ms. */
  readonly now: () => number
  behaviour(model: string, version: number): Behaviour
  /** Longest time between a new desired state and the report of what came of it, ms. */
  readonly worksMs: number
}

type Models = ReportedState['models']

/** Asked again where no answer came for so long, as an agent does: a cloud that is behind must not be asked ever more. */
const PATIENCE_MS = 15_000

/**
 * A device as the cloud sees it: hello, link, batches of records with their sequences, acknowledgements, desired states. No
 * sensors and no models: what it does with a version is said by its `behaviour`. Its state outlives its connections,
 * as a disk does. It believes the signature of a desired state.
 */
export class SimulatedDevice {
  readonly #options: DeviceOptions
  readonly #dbId = randomUUID()
  readonly #run = { first: 1, id: randomInt(2 ** 47) }
  #session: MqttSession | undefined
  #sessionId = ''
  #epoch = 0
  #link = 0
  #granted = false
  #nonce: string | undefined
  #challenge: string | undefined
  #askedAt = 0
  #nextSeq = 1
  #acknowledged: number[] = []
  /** Sequence of the newest reported state until it is acknowledged, and of older ones that it replaced. */
  #dirty: number | undefined
  #revised: Ranges = []
  #generation = 0
  #models: Models = {}
  #working: NodeJS.Timeout | undefined

  constructor(options: DeviceOptions) {
    this.#options = options
  }

  get id(): string {
    return this.#options.id
  }

  get isConnected(): boolean {
    return this.#session?.isOpen ?? false
  }

  /** Everything that it has to say is in the cloud's database. */
  get isHeard(): boolean {
    return this.#granted && this.#dirty === undefined && this.#working === undefined
  }

  /** The version of each model that serves here. */
  get serving(): Readonly<Record<string, number>> {
    const active = Object.entries(this.#models).flatMap(([name, { active }]) =>
      active === null ? [] : [[name, active]],
    )
    return Object.fromEntries(active)
  }

  async connect(): Promise<void> {
    const { id, token, url } = this.#options
    this.#sessionId = randomBytes(8).toString('hex')
    this.#granted = false
    const presence = (online: boolean) => encodePresence({ online, link: this.#link, session: this.#sessionId })
    const topic = topicOf(id, 'presence')
    this.#session = await MqttSession.open({
      ...{ url, clientId: id, username: id, password: token, will: { topic, payload: presence(false) } },
      subscriptions: [topicOf(id, 'ack'), topicOf(id, 'desired')],
      onMessage: (from, payload) => (from.endsWith('/ack') ? this.#hear(payload) : this.#follow(payload)),
    })
    this.#session.publish(topic, presence(true), true)
    this.#sayHello()
  }

  /** The network is gone. */
  async disconnect(): Promise<void> {
    this.#granted = false
    await this.#session?.drop()
  }

  /** Says again what was not answered. */
  insist(): void {
    if (!this.isConnected || Date.now() - this.#askedAt < PATIENCE_MS) return
    if (!this.#granted) this.#sayHello()
    else if (this.#dirty !== undefined) this.#send()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#working)
    await this.disconnect()
  }

  #sayHello(): void {
    this.#nonce ??= randomBytes(8).toString('hex')
    this.#publish(
      encodeHello({
        ...{ dbId: this.#dbId, epoch: this.#epoch, link: this.#link, nextSeq: this.#nextSeq, nonce: this.#nonce },
        ...{ session: this.#sessionId, acknowledged: this.#acknowledged, quarantined: false, runs: [this.#run] },
        ...(this.#challenge !== undefined && { challenge: this.#challenge }),
      }),
    )
  }

  #hear(payload: Buffer): void {
    const message = decodeDownlink(payload)
    if ('answer' in message) this.#hearAnswer(message.answer)
    else if ('ack' in message) this.#hearAck(message.ack)
  }

  #hearAnswer({ nonce, session, outcome }: Answer): void {
    if (nonce !== this.#nonce || session !== this.#sessionId) return
    if ('challenge' in outcome) {
      this.#challenge = outcome.challenge
      this.#sayHello()
      return
    }
    const { epoch, link } = outcome.grant
    if (link !== this.#link) this.#acknowledged = []
    this.#epoch = epoch
    this.#link = link
    this.#granted = true
    this.#nonce = undefined
    this.#challenge = undefined
    if (this.#dirty !== undefined) this.#send()
  }

  #hearAck({ epoch, link, committed, committedAt, sayHello }: Ack): void {
    if (epoch !== this.#epoch || link !== this.#link) return
    if (sayHello) {
      this.#granted = false
      this.#sayHello()
      return
    }
    this.#acknowledged = [committedAt]
    this.#revised = subtract(this.#revised, committed)
    const { length } = this.#dirty === undefined ? [] : subtract([[this.#dirty, this.#dirty]], committed)
    if (length === 0) this.#dirty = undefined
  }

  /** Of the signed state, a compact JWS, what it says. */
  #follow(payload: Buffer): void {
    if (payload.length === 0) return
    const body = Buffer.from(payload.toString().split('.')[1] ?? '', 'base64url').toString()
    const state = DesiredState.parse(JSON.parse(body))
    if (state.device !== this.id) throw new Error(`${this.id} was sent the desired state of ${state.device}`)
    if (state.generation <= this.#generation) return
    this.#generation = state.generation
    clearTimeout(this.#working)
    this.#working = setTimeout(() => this.#work(state), Math.random() * this.#options.worksMs)
  }

  #work({ models }: DesiredState): void {
    this.#working = undefined
    const at = this.#options.now()
    this.#models = Object.fromEntries(
      Object.entries(models).map(([name, { version, candidate }]) => {
        const shadow = candidate && { candidate: { version: candidate.version, phase: 'shadow' as const, at } }
        return [name, { ...this.#change(name, version), target: version, at, ...shadow }]
      }),
    )
    if (this.#dirty !== undefined) this.#revised = union(this.#revised, [[this.#dirty, this.#dirty]])
    this.#dirty = this.#nextSeq++
    if (this.#granted) this.#send()
  }

  #change(model: string, version: number): Pick<Models[string], 'active' | 'phase' | 'error'> {
    const active = this.#models[model]?.active ?? null
    if (active === version) return { active, phase: 'active' }
    switch (this.#options.behaviour(model, version)) {
      case 'serve':
        return { active: version, phase: 'active' }
      case 'fail':
        return { active, phase: 'failed', error: { code: 'golden-mismatch', message: 'output differs' } }
      case 'roll-back':
        return { active, phase: 'rolled-back', error: { code: 'soak-crashes', message: 'its host ended 3 times' } }
      case 'stall':
        return { active, phase: 'download' }
    }
  }

  #send(): void {
    const seq = this.#dirty!
    const record = {
      ...{ site: this.#options.site, agentVersion: '1', generation: this.#generation },
      ...{ documents: {}, models: this.#models },
    }
    const records = encodeRecords({
      ...{ windows: [], forecasts: [], events: [], evidence: [], decisions: [], reported: { seq, record } },
    })
    this.#publish(
      encodeBatch({
        ...{ epoch: this.#epoch, link: this.#link, floor: this.#revised[0]?.[0] ?? seq },
        ...{ acknowledged: this.#acknowledged, superseded: { revised: this.#revised, coarsened: [], dropped: [] } },
        ...records,
      }),
    )
  }

  #publish(payload: Uint8Array): void {
    this.#askedAt = Date.now()
    if (this.isConnected) this.#session?.publish(topicOf(this.id, 'up'), payload)
  }
}
