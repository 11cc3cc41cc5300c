import type {
  DecisionRecord,
  EventRecord,
  EvidenceRecord,
  ForecastRecord,
  ReportedState,
  WindowRecord,
} from '@storecast/shared/contracts'
import { decodeRecords, decodeUplink, encodeAck, encodeAnswer, topicOf } from '@storecast/shared/wire'
import type { TestBroker } from './broker.ts'

/** The cloud's end of one device's link, played over a real broker: answers hellos, commits every batch to memory. */
export interface CloudEnd {
  /** Newest state of each record, by its natural key. */
  readonly windows: ReadonlyMap<string, WindowRecord>
  readonly forecasts: ReadonlyMap<string, ForecastRecord>
  readonly events: ReadonlyMap<string, EventRecord>
  readonly evidence: ReadonlyMap<string, EvidenceRecord>
  /** By product and issue time; a decision has one id only. */
  readonly decisions: ReadonlyMap<string, DecisionRecord>
  reported(): ReportedState | undefined
  /** Retained, as the cloud publishes it. @param signed a compact JWS */
  desire(signed: string): void
}

export function playCloud({ broker }: TestBroker, device: string): CloudEnd {
  const windows = new Map<string, WindowRecord>()
  const forecasts = new Map<string, ForecastRecord>()
  const events = new Map<string, EventRecord>()
  const evidence = new Map<string, EvidenceRecord>()
  const decisions = new Map<string, DecisionRecord>()
  let reported: ReportedState | undefined
  const say = (channel: 'ack' | 'desired', payload: Uint8Array | string, retain: boolean) =>
    broker.publish(
      { cmd: 'publish', topic: topicOf(device, channel), payload: Buffer.from(payload), qos: 1, retain, dup: false },
      () => undefined,
    )
  broker.on('publish', ({ topic, payload }) => {
    if (topic !== topicOf(device, 'up')) return
    const message = decodeUplink(Buffer.from(payload))
    const serverTime = Date.now()
    if ('hello' in message) {
      const { nonce, session, link } = message.hello
      const grant = { epoch: 1, link: link + 1, quarantined: false }
      say('ack', encodeAnswer({ nonce, session, serverTime, outcome: { grant } }), false)
      return
    }
    const { epoch, link, sequences } = message.batch
    const { records, rejected } = decodeRecords(message.batch)
    if (rejected.length > 0) throw new Error(`the cloud cannot read ${rejected.length} records`)
    for (const { record } of records.windows) {
      windows.set(`${record.series.sensor}/${record.series.entity} ${record.start}`, record)
    }
    for (const { record } of records.forecasts) {
      forecasts.set(`${record.model}/${record.version}/${record.entity} ${record.issuedAt}`, record)
    }
    for (const { record } of records.events) events.set(record.id, record)
    for (const { record } of records.evidence) {
      evidence.set(`${record.model}/${record.champion}/${record.candidate} ${record.day}`, record)
    }
    for (const { record } of records.decisions) {
      const key = `${record.entity} ${record.issuedAt}`
      const known = decisions.get(key)?.id ?? record.id
      if (known !== record.id) throw new Error(`${key} was decided on twice: ${known} and ${record.id}`)
      decisions.set(key, record)
    }
    if (records.reported) reported = records.reported.record
    const ack = { epoch, link, committed: sequences, committedAt: serverTime, serverTime, pauseMs: 0, sayHello: false }
    say('ack', encodeAck(ack), false)
  })
  return {
    windows,
    forecasts,
    events,
    evidence,
    decisions,
    reported: () => reported,
    desire: (signed) => say('desired', signed, true),
  }
}
