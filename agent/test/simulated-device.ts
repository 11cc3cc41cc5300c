import { decodeDownlink } from '@storecast/shared/wire'
import { backlog, beginRun, nextSequence, outboxProcedures, readLink } from '../outbox/index.ts'
import { Connection } from '../platform/database.ts'
import { makeBatch } from '../sync/outgoing.ts'
import { type Effect, type Input, UPLINK_DEFAULTS, Uplink } from '../sync/uplink.ts'
import { openReplica } from './replica.ts'

export interface SimulatedDeviceOptions {
  /** Its disk; without one it gets an empty one. */
  readonly image?: Buffer
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Most records in a batch. */
  readonly batchRecords: number
}

/**
 * One run of a device on a disk in memory, with the real outbox and protocol and no network: what it publishes is returned,
 * what it hears is given. Time is the caller's, in milliseconds.
 */
export class SimulatedDevice implements Disposable {
  readonly db: Connection
  readonly #options: SimulatedDeviceOptions
  #uplink: Uplink
  #connected = false
  #published: Uint8Array[] = []

  constructor(options: SimulatedDeviceOptions) {
    this.#options = options
    this.db = options.image ? new Connection(options.image) : openReplica(':memory:')
    this.#uplink = this.#start()
  }

  get connected(): boolean {
    return this.#connected
  }

  get link() {
    return readLink(this.db)
  }

  /** The sequence that the next record will take. */
  get nextSequence(): number {
    return nextSequence(this.db)
  }

  /** Records and superseded sequences that the cloud has not acknowledged, or that are to be sent again. */
  get waits(): boolean {
    const told = this.db
      .prepare('SELECT (SELECT count(*) FROM superseded) + (SELECT count(*) FROM given_up)')
      .pluck()
      .get()
    return backlog(this.db).records > 0 || (told as number) > 0 || this.link.resending || !this.#uplink.isOpen
  }

  /** A copy of the disk. */
  image(): Buffer {
    return this.db.serialize()
  }

  connect(now: number): readonly Uint8Array[] {
    this.#connected = true
    const session = Math.floor(this.#options.random() * 2 ** 48)
    return this.#run({ kind: 'opened', session: session.toString(16).padStart(16, '0') }, now)
  }

  disconnect(now: number): void {
    this.#connected = false
    this.#run({ kind: 'closed' }, now)
  }

  /** SIGKILL and a new start: what was in memory is gone. */
  kill(): void {
    this.#connected = false
    this.#uplink = this.#start()
  }

  hear(payload: Uint8Array, now: number): readonly Uint8Array[] {
    const message = decodeDownlink(payload)
    return this.#connected && !('support' in message) ? this.#run({ kind: 'received', message }, now) : []
  }

  /** Looks at the clock and at what was written since. */
  tick(now: number): readonly Uint8Array[] {
    if (!this.#connected) return []
    if (this.#uplink.isOpen && this.link.resending) outboxProcedures['outbox.resend'](this.db, { limit: 5 })
    return [...this.#run({ kind: 'dirty' }, now), ...this.#run({ kind: 'heard' }, now)]
  }

  [Symbol.dispose](): void {
    this.db.close()
  }

  #start(): Uplink {
    const { random } = this.#options
    beginRun(this.db)
    return new Uplink({ ...UPLINK_DEFAULTS, random, bytesPerSecond: 1e6, inFlight: 3 })
  }

  #run(input: Input, now: number): readonly Uint8Array[] {
    this.#published = []
    const inputs = [input]
    for (let next = inputs.shift(); next; next = inputs.shift()) {
      for (const effect of this.#uplink.step(next, now)) {
        const answer = this.#perform(effect)
        if (answer) inputs.push(answer)
      }
    }
    return this.#published
  }

  #perform(effect: Effect): Input | undefined {
    const { db } = this
    switch (effect.kind) {
      case 'prepare-hello':
        return {
          kind: 'hello-prepared',
          turn: effect.turn,
          hello: db.transaction(outboxProcedures['outbox.hello'])(db),
        }
      case 'store-grant': {
        const { turn, grant } = effect
        return {
          kind: 'grant-stored',
          turn,
          grant,
          taken: db.transaction(outboxProcedures['outbox.grant'])(db, effect),
        }
      }
      case 'pick':
        return {
          kind: 'picked',
          turn: effect.turn,
          batch: makeBatch(db, effect.want, { most: this.#options.batchRecords }),
        }
      case 'acknowledge':
        db.transaction(outboxProcedures['outbox.acknowledge'])(db, effect.ack)
        return { kind: 'acknowledged', turn: effect.turn, ack: effect.ack }
      case 'publish':
        this.#published.push(effect.payload)
        return { kind: 'sent', id: effect.id }
      case 'reconnect':
        this.#connected = false
        return undefined
      case 'compare':
        return undefined
    }
  }
}
