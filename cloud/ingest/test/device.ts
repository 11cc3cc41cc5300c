import type {
  DecisionRecord,
  EventRecord,
  EvidenceRecord,
  ForecastRecord,
  WindowRecord,
} from '@storecast/shared/contracts'
import { NO_QUALITY } from '@storecast/shared/windows'
import {
  type Ack,
  type Answer,
  type Batch,
  type BatchRecords,
  decodeDownlink,
  encodeBatch,
  encodeHello,
  encodeRecords,
  type Hello,
  type Run,
  type Superseded,
} from '@storecast/shared/wire'
import type { Database } from '../../platform/database.ts'
import { type Arrival, arrive } from '../arrivals.ts'
import { type Ingested, ingest } from '../ingest.ts'

export const T0 = Date.UTC(2026, 2, 2)
export const HOUR = 3_600_000

/** A window of `sensor` from minute `from` to minute `to`, with so many readings of 4. */
export const window = (from: number, to: number, count: number, sensor = 'fridge'): WindowRecord => ({
  series: { sensor, entity: '' },
  start: T0 + from * 60_000,
  end: T0 + to * 60_000,
  revision: 1,
  count,
  sum: 4 * count,
  min: 4,
  max: 4,
  last: 4,
  sketch: { zero: 0, positive: count > 0 ? [[70, count]] : [], negative: [] },
  quality: NO_QUALITY,
})

export const forecast = (score?: ForecastRecord['score']): ForecastRecord => ({
  model: 'demand',
  version: 3,
  entity: 'P1',
  issuedAt: T0,
  start: T0,
  end: T0 + 24 * HOUR,
  quantiles: [1.5, 2.25, 4],
  mean: 2.4,
  baseline: 3,
  ...(score && { score }),
})

export const decision = (id: string, more: Partial<DecisionRecord> = {}): DecisionRecord => ({
  ...{ id, decision: 'reorder', model: 'demand', version: 3, entity: 'P1' },
  ...{ issuedAt: T0, start: T0, end: T0 + 24 * HOUR, quantiles: [1.5, 2.25, 4] },
  ...{ stock: 1.5, onOrder: 0.5, action: 'reorder', quantity: 2 },
  ...more,
})

export const event = (id: string): EventRecord => ({
  id,
  at: T0,
  severity: 'warning',
  code: 'readings-dropped',
  message: 'gave up 3 readings',
  detail: { readings: 3 },
})

const NOTHING: Superseded = { revised: [], coarsened: [], dropped: [] }
let sessions = 0

/** One run of a device, as far as the cloud can tell: what it holds, and messages made of that. */
export class TestDevice {
  readonly id: string
  dbId: string = crypto.randomUUID()
  epoch = 0
  link = 0
  nextSeq = 1
  acknowledged: readonly number[] = []
  quarantined = false
  runs: readonly Run[] = [{ first: 1, id: 1 }]

  constructor(id: string) {
    this.id = id
  }

  /** Another run, on a copy of the disk. */
  copy(): TestDevice {
    const runs = [
      ...this.runs.filter(({ first }) => first !== this.nextSeq),
      { first: this.nextSeq, id: Math.floor(Math.random() * 2 ** 48) },
    ]
    return Object.assign(new TestDevice(this.id), this, { runs })
  }

  hello(more: Partial<Hello> = {}): Hello {
    const { dbId, epoch, link, nextSeq, acknowledged, quarantined, runs } = this
    const token = () => (0x1000000000000000n + BigInt(sessions++)).toString(16)
    return { dbId, epoch, link, nextSeq, acknowledged, quarantined, runs, nonce: token(), session: token(), ...more }
  }

  says(hello: Hello): Arrival {
    return arrive(this.id, encodeHello(hello))
  }

  /** Records in the order given, each under the next sequence. */
  batch(
    records: {
      windows?: WindowRecord[]
      forecasts?: ForecastRecord[]
      events?: EventRecord[]
      evidence?: EvidenceRecord[]
      decisions?: DecisionRecord[]
    },
    more: Partial<Batch> = {},
  ): Batch {
    const first = this.nextSeq
    const next = <T>(list: T[] = []) => list.map((record) => ({ seq: this.nextSeq++, record }))
    const sequenced: BatchRecords = {
      windows: next(records.windows),
      forecasts: next(records.forecasts),
      events: next(records.events),
      evidence: next(records.evidence),
      decisions: next(records.decisions),
      reported: undefined,
    }
    const { epoch, link, acknowledged } = this
    return { epoch, link, floor: first, acknowledged, superseded: NOTHING, ...encodeRecords(sequenced), ...more }
  }

  sends(batch: Batch): Arrival {
    return arrive(this.id, encodeBatch(batch))
  }
}

/** A cloud's side: groups of messages, one transaction each, one second apart. */
export class TestIngest {
  readonly #database: Database
  now = 1_800_000_000_000

  constructor(database: Database) {
    this.#database = database
  }

  async enrol(...devices: TestDevice[]): Promise<void> {
    const { pool } = this.#database
    await pool.query("INSERT INTO sites VALUES ('s1', 'Europe/Berlin', '{}', 0, 0) ON CONFLICT DO NOTHING")
    for (const { id } of devices) {
      await pool.query(
        "INSERT INTO devices (id, site, labels, token_hash, enrolled_at) VALUES ($1::text, 's1', '{}', sha256($1::text::bytea), 0)",
        [id],
      )
    }
  }

  take(...arrivals: Arrival[]): Promise<Ingested> {
    this.now += 1000
    return this.#database.transaction((client) => ingest(client, arrivals, { now: this.now, pauseMs: 0 }))
  }

  /** Says hello, echoing a challenge if there is one, and takes what is granted. */
  async greet(device: TestDevice, more: Partial<Hello> = {}): Promise<Answer> {
    const hello = device.hello(more)
    let answer = answerOf(await this.take(device.says(hello)))
    if ('challenge' in answer.outcome) {
      answer = answerOf(await this.take(device.says({ ...hello, challenge: answer.outcome.challenge })))
    }
    if ('grant' in answer.outcome) {
      const { epoch, link, quarantined } = answer.outcome.grant
      Object.assign(device, { epoch, link, quarantined, acknowledged: [] })
    }
    return answer
  }

  async send(device: TestDevice, ...args: Parameters<TestDevice['batch']>): Promise<Ack> {
    const ack = ackOf(await this.take(device.sends(device.batch(...args))))
    if (!ack.sayHello) device.acknowledged = [ack.committedAt]
    return ack
  }
}

export function answerOf({ replies }: Ingested): Answer {
  const message = decodeDownlink(replies[0]!.payload)
  if (!('answer' in message)) throw new Error('an ack where an answer was expected')
  return message.answer
}

export function ackOf({ replies }: Ingested): Ack {
  const message = decodeDownlink(replies[0]!.payload)
  if (!('ack' in message)) throw new Error('an answer where an ack was expected')
  return message.ack
}
