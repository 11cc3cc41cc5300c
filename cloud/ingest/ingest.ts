import type {
  DecisionRecord,
  EventRecord,
  EvidenceRecord,
  ForecastRecord,
  ReportedState,
  WindowRecord,
} from '@storecast/shared/contracts'
import {
  type BatchRecords,
  encodeAck,
  encodeAnswer,
  type Ranges,
  rangesOf,
  type Sequenced,
  subtract,
  union,
  WireError,
} from '@storecast/shared/wire'
import type { PoolClient } from 'pg'
import type { Gap } from './account.ts'
import { takeBatch } from './account.ts'
import { applyDecisions, applyEvents, applyEvidence, applyForecasts, applyReported } from './apply-records.ts'
import { applyWindows } from './apply-windows.ts'
import type { Arrival } from './arrivals.ts'
import { isKnown, KEPT_COMMITS } from './decide-hello.ts'
import type { Incoming } from './incoming.ts'
import { type EpochState, type Epochs, greet, loadEpochs, saveEpochs, standing } from './links.ts'
import { SeriesIds } from './series.ts'
import { keepRaw, noteGaps, quarantine, type RawMessage } from './set-aside.ts'

/** What is told to a device after the commit. */
export interface Reply {
  readonly device: string
  readonly payload: Uint8Array
}

/** What a group did, for the metrics. */
export interface Tally {
  /** By decision and reason: `grant`, `challenge`, `repeat`, `ignore`, `first-contact`, `fork`, … */
  readonly hellos: string[]
  batches: Record<'applied' | 'quarantined' | 'fenced' | 'no-room', number>
  records: Record<'window' | 'forecast' | 'event' | 'evidence' | 'decision' | 'reported', number>
  conflicts: number
  readonly raw: RawMessage['reason'][]
  readonly gaps: Gap['cause'][]
}

export interface Ingested {
  readonly replies: readonly Reply[]
  /** Devices whose link was granted. */
  readonly greeted: readonly string[]
  readonly tally: Tally
}

export interface Moment {
  /** Unix milliseconds. */
  readonly now: number
  /** Hint for the devices: how long to wait before they send more. */
  readonly pauseMs: number
  /** What a worker remembers from one group to the next; without, each group asks the database. */
  readonly series?: SeriesIds
}

/**
 * Takes a group of messages in one transaction: the devices' rows are locked in the order of their ids, hellos decided,
 * records applied, sequences accounted for. Replies go out after the commit, never before.
 *
 * Messages may be in any order and come any number of times. No message fails the group but by an error of the database.
 */
export async function ingest(client: PoolClient, arrivals: readonly Arrival[], moment: Moment): Promise<Ingested> {
  const known = await lockDevices(client, new Set(arrivals.map((a) => a.device)))
  const group = new Group(client, await loadEpochs(client, known), moment)
  for (const arrival of arrivals) await group.take(arrival)
  return group.finish()
}

/** Ids of those in service. */
async function lockDevices(client: PoolClient, devices: ReadonlySet<string>): Promise<readonly string[]> {
  const { rows } = await client.query<{ id: string }>(
    'SELECT id FROM devices WHERE id = ANY($1) AND retired_at IS NULL ORDER BY id FOR NO KEY UPDATE',
    [[...devices]],
  )
  return rows.map(({ id }) => id)
}

/** The part of a transaction that follows the locking of the devices' rows. */
export class Group {
  readonly #client: PoolClient
  readonly #epochs: Epochs
  readonly #now: number
  readonly #pauseMs: number
  readonly #series: SeriesIds
  readonly #windows: Incoming<WindowRecord>[] = []
  readonly #forecasts: Incoming<ForecastRecord>[] = []
  readonly #events: Incoming<EventRecord>[] = []
  readonly #evidence: Incoming<EvidenceRecord>[] = []
  readonly #decisions: Incoming<DecisionRecord>[] = []
  readonly #reported: Incoming<ReportedState>[] = []
  readonly #committed = new Map<EpochState, Ranges>()
  readonly #raw: RawMessage[] = []
  readonly #gaps: (Gap & { readonly device: string; readonly epoch: number })[] = []
  readonly #replies: Reply[] = []
  readonly #greeted: string[] = []
  readonly #tally: Tally = {
    hellos: [],
    batches: { applied: 0, quarantined: 0, fenced: 0, 'no-room': 0 },
    records: { window: 0, forecast: 0, event: 0, evidence: 0, decision: 0, reported: 0 },
    conflicts: 0,
    raw: [],
    gaps: [],
  }

  constructor(client: PoolClient, epochs: Epochs, { now, pauseMs, series = new SeriesIds() }: Moment) {
    this.#client = client
    this.#epochs = epochs
    this.#now = now
    this.#pauseMs = pauseMs
    this.#series = series
  }

  async take(arrival: Arrival): Promise<void> {
    const epochs = this.#epochs.get(arrival.device)
    if (!epochs) this.#keep(arrival, 'unknown-device', 'no such device in service')
    else if (arrival.kind === 'unreadable') this.#keep(arrival, 'unreadable', arrival.error.message)
    else if (arrival.kind === 'hello') await this.#takeHello(arrival, epochs)
    else await this.#takeBatch(arrival, epochs)
  }

  /** Records of a batch that is released from quarantine, which has its account already. */
  takeReleased(arrival: Arrival & { readonly kind: 'batch' }): void {
    this.#takeRecords(arrival, arrival.batch.sequences)
  }

  async finish(): Promise<Ingested> {
    this.#tally.conflicts += await applyWindows(this.#client, this.#windows, this.#series)
    await applyForecasts(this.#client, this.#forecasts)
    await applyEvents(this.#client, this.#events)
    await applyEvidence(this.#client, this.#evidence)
    await applyDecisions(this.#client, this.#decisions)
    await applyReported(this.#client, this.#reported)
    for (const [epoch, committed] of this.#committed) {
      epoch.committedAt = Math.max(this.#now, epoch.committedAt + 1)
      epoch.commits = [...epoch.commits, epoch.committedAt].slice(-KEPT_COMMITS)
      this.#acknowledge(epoch, { committed, committedAt: epoch.committedAt, sayHello: false })
    }
    await saveEpochs(this.#client, this.#epochs)
    await keepRaw(this.#client, this.#raw, this.#now)
    await noteGaps(this.#client, this.#gaps, this.#now)
    await this.#client.query('UPDATE devices SET last_seen = $2 WHERE id = ANY($1)', [
      [...this.#epochs.keys()],
      this.#now,
    ])
    this.#tally.raw.push(...this.#raw.map(({ reason }) => reason))
    this.#tally.gaps.push(...this.#gaps.map(({ cause }) => cause))
    return { replies: this.#replies, greeted: this.#greeted, tally: this.#tally }
  }

  async #takeHello({ device, hello }: Arrival & { kind: 'hello' }, epochs: EpochState[]): Promise<void> {
    const { answer, decision, gaps } = await greet(this.#client, { device, hello, epochs, now: this.#now })
    const { kind } = decision
    this.#tally.hellos.push(kind === 'grant' ? (decision.grant.opens ?? 'grant') : kind)
    if (answer) this.#replies.push({ device, payload: encodeAnswer(answer) })
    if (kind !== 'grant') return
    this.#greeted.push(device)
    this.#note(device, decision.grant.epoch, gaps)
  }

  /** Only what comes under the newest link of a speaking epoch is taken: whoever holds an older one is told to say hello. */
  async #takeBatch(arrival: Arrival & { kind: 'batch' }, epochs: readonly EpochState[]): Promise<void> {
    const { device, batch } = arrival
    const main = Math.max(0, ...epochs.filter((e) => !e.quarantined).map((e) => e.epoch))
    const epoch = epochs.find((e) => e.epoch === batch.epoch && e.link === batch.link)
    const speaks = epoch && (epoch.quarantined || epoch.epoch === main)
    // An acknowledgement that this cloud never gave: it was restored since, and the hello will tell what is lost.
    if (!speaks || !batch.acknowledged.every((time) => isKnown(epoch.commits, time))) {
      this.#tally.batches.fenced++
      this.#acknowledge({ ...batch, device }, { committed: [], committedAt: 0, sayHello: true })
      return
    }
    // What is not kept is not acknowledged: the device has it still when an operator has made room.
    if (epoch.quarantined && !(await quarantine(this.#client, arrival, this.#now))) {
      this.#tally.batches['no-room']++
      return
    }
    const { account, gaps, fresh } = takeBatch(epoch.account, batch)
    epoch.account = account
    epoch.waiting = batch.waiting ? { ...batch.waiting, toldAt: this.#now } : null
    epoch.clock = batch.clock ? standing(batch.clock, epoch.clock, this.#now) : null
    epoch.changed = true
    const { revised, coarsened, dropped } = batch.superseded
    const heard = union(batch.sequences, revised, coarsened, dropped)
    this.#committed.set(epoch, union(this.#committed.get(epoch) ?? [], heard))
    this.#note(device, epoch.epoch, gaps)
    this.#tally.batches[epoch.quarantined ? 'quarantined' : 'applied']++
    if (!epoch.quarantined) this.#takeRecords(arrival, fresh)
  }

  /** @param fresh sequences whose loss has not been noted before. */
  #takeRecords(arrival: Arrival & { kind: 'batch' }, fresh: Ranges): void {
    const { device, batch } = arrival
    const lose = (reason: RawMessage['reason'], detail: string, cause: Gap['cause'], lost: Ranges) => {
      this.#keep(arrival, reason, detail)
      const noted = subtract(lost, subtract(lost, fresh))
      this.#note(
        device,
        batch.epoch,
        noted.map(([first, last]) => ({ cause, first, last })),
      )
    }
    const decoded = arrival.records()
    if (decoded instanceof WireError) {
      lose('unreadable', decoded.message, 'undecodable', batch.sequences)
      return
    }
    const { records, rejected, unknown } = decoded
    if (rejected.length > 0) {
      const sequences = rejected.map(({ seq }) => seq).sort((a, b) => a - b)
      lose('rejected', rejected.map((r) => `${r.seq}: ${r.reason}`).join('; '), 'rejected', rangesOf(sequences))
    }
    if (unknown.length > 0) {
      lose('unknown-records', 'records of a kind that this version does not know', 'undecodable', unknown)
    }
    this.#apply(device, batch.epoch, records)
  }

  #apply(
    device: string,
    epoch: number,
    { windows, forecasts, events, evidence, decisions, reported }: BatchRecords,
  ): void {
    const incoming = <T>({ seq, record }: Sequenced<T>) => ({ device, epoch, seq, receivedAt: this.#now, record })
    this.#windows.push(...windows.map(incoming))
    this.#forecasts.push(...forecasts.map(incoming))
    this.#events.push(...events.map(incoming))
    this.#evidence.push(...evidence.map(incoming))
    this.#decisions.push(...decisions.map(incoming))
    if (reported) this.#reported.push(incoming(reported))
    this.#tally.records.window += windows.length
    this.#tally.records.forecast += forecasts.length
    this.#tally.records.event += events.length
    this.#tally.records.evidence += evidence.length
    this.#tally.records.decision += decisions.length
    this.#tally.records.reported += reported ? 1 : 0
  }

  #acknowledge(
    { device, epoch, link }: Pick<EpochState, 'device' | 'epoch' | 'link'>,
    rest: { committed: Ranges; committedAt: number; sayHello: boolean },
  ): void {
    const payload = encodeAck({ epoch, link, ...rest, serverTime: this.#now, pauseMs: this.#pauseMs })
    this.#replies.push({ device, payload })
  }

  #keep({ device, payload }: Arrival, reason: RawMessage['reason'], detail: string): void {
    this.#raw.push({ device, payload, reason, detail: detail.slice(0, 1000) })
  }

  #note(device: string, epoch: number, gaps: readonly Gap[]): void {
    this.#gaps.push(...gaps.map((gap) => ({ device, epoch, ...gap })))
  }
}
