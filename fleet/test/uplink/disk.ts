import {
  putDecision,
  putEvent,
  putEvidence,
  putForecast,
  putReported,
  putWindow,
  readReplica,
  removeWindows,
} from '@storecast/agent/test/replica'
import type { SimulatedDevice } from '@storecast/agent/test/simulated-device'
import type { DecisionRecord, WindowRecord } from '@storecast/shared/contracts'
import { mergeWindows, NO_QUALITY } from '@storecast/shared/windows'
import {
  decisionKey,
  eventKey,
  evidenceKey,
  forecastKey,
  type Ledger,
  partsOf,
  REPORTED_KEY,
  windowKey,
} from './ledger.ts'

const T0 = Date.UTC(2026, 2, 2)
const MINUTES_5 = 300_000
const HOUR = 3_600_000
const DAY = 24 * HOUR
const SENSORS = ['fridge', 'oven'] as const
/** Of which windows are dropped, and none are ever coarsened. */
const DROPPED = 'door'

/** What the stages of an agent do to their tables, each record state noted in the ledger. */
export class Disk {
  readonly #run: SimulatedDevice
  readonly #device: string
  readonly #ledger: Ledger

  constructor(run: SimulatedDevice, device: string, ledger: Ledger) {
    this.#run = run
    this.#device = device
    this.#ledger = ledger
  }

  /** The window around a slot, of whatever size, gets one more reading. */
  window(series: number, slot: number): void {
    this.#read(SENSORS[series]!, slot)
  }

  #read(sensor: string, slot: number): void {
    const start = T0 + slot * MINUTES_5
    const held = this.#windows(sensor).find((w) => w.start <= start && w.end > start)
    const count = (held?.count ?? 0) + 1
    this.#put({
      series: { sensor, entity: '' },
      start: held?.start ?? start,
      end: held?.end ?? start + MINUTES_5,
      revision: (held?.revision ?? 0) + 1,
      count,
      sum: this.#ledger.next(),
      min: 1,
      max: 9,
      last: 4,
      sketch: { zero: 0, positive: [[70, count]], negative: [] },
      quality: { ...NO_QUALITY, late: held ? 1 : 0 },
    })
  }

  /** As windows/ does: one coarse window from all the finer ones inside, which go, in one transaction. */
  coarsen(series: number, span: { hour: number; day: boolean }): void {
    const start = T0 + (span.day ? 0 : span.hour * HOUR)
    const end = span.day ? T0 + 2 * HOUR : start + HOUR
    const fine = this.#windows(SENSORS[series]!).filter((w) => w.start >= start && w.end <= end)
    if (fine.length === 0 || fine[0]!.end === end) return
    const coarse = { ...mergeWindows(fine, { start, end }), sum: this.#ledger.next() }
    this.#run.db.transaction(() => {
      this.#put(coarse)
      for (const w of fine) removeWindows(this.#run.db, w.series, w.start, w.end)
    })()
  }

  /** Puts a window, or gives it up where it is there. */
  drop(slot: number): void {
    const start = T0 + slot * MINUTES_5
    const held = this.#windows(DROPPED).find((w) => w.start === start)
    if (held) removeWindows(this.#run.db, held.series, held.start, held.end)
    else this.#read(DROPPED, slot)
  }

  forecast(id: number, scored: boolean): void {
    const issuedAt = T0 + id * DAY
    const held = readReplica(this.#run.db).forecasts.find((f) => f.issuedAt === issuedAt)
    if (scored !== (held !== undefined)) return
    const forecast = held ?? {
      model: 'demand',
      version: 1,
      entity: 'P1',
      issuedAt,
      start: issuedAt,
      end: issuedAt + DAY,
      quantiles: [1.5, this.#ledger.next(), 1e6],
      mean: 2.1,
      baseline: 3,
    }
    const score = { scoredAt: issuedAt + DAY, actual: this.#ledger.next(), censored: id === 1 }
    const next = scored ? { ...forecast, score } : forecast
    this.#ledger.note(this.#device, forecastKey(next), next)
    putForecast(this.#run.db, next)
  }

  event(): void {
    const id = `00000000-0000-4000-8000-${String(this.#ledger.next()).padStart(12, '0')}`
    const event = { id, at: T0, severity: 'info' as const, code: 'happened', message: id, detail: {} }
    this.#ledger.note(this.#device, eventKey(event), event)
    putEvent(this.#run.db, event)
  }

  /** A day's evidence, which grows as actuals come in. */
  evidence(id: number): void {
    const day = new Date(T0 + id * DAY).toISOString().slice(0, 10)
    const held = readReplica(this.#run.db).evidence.find((one) => one.day === day)
    const next = {
      ...{ model: 'demand', champion: 1, candidate: 2, day, region: 'eu', rows: (held?.rows ?? 0) + 1, excluded: 0 },
      ...{ difference: this.#ledger.next(), differenceSquared: 0.25, largestDifference: 0.5, actual: 12, moved: 1e-9 },
      ...{ championAbsolute: 2.5, candidateAbsolute: 2, championError: -2.5, candidateError: 2, crashes: held ? 1 : 0 },
      ...{ intervals: (held?.intervals ?? 0) + 1, championCovered: (held?.intervals ?? 0) + 1, candidateCovered: 0 },
      latency: { zero: 0, positive: [[12, 1] as const, [40, 2] as const], negative: [] },
    }
    this.#ledger.note(this.#device, evidenceKey(next), next)
    putEvidence(this.#run.db, next)
  }

  /** One made, or where it is there, what staff chose of it and then what came of it. */
  decision(id: number): void {
    const issuedAt = T0 + id * DAY
    const held = readReplica(this.#run.db).decisions.find((one) => one.issuedAt === issuedAt)
    const chosenAt = issuedAt + this.#ledger.next()
    const outcome = { judgedAt: issuedAt + DAY, actual: this.#ledger.next(), stockOut: id === 0, correct: true }
    const next: DecisionRecord = !held
      ? {
          ...{ id: `00000000-0000-7000-8000-00000000000${id}`, decision: 'reorder', model: 'demand', version: 1 },
          ...{ entity: 'P1', issuedAt, start: issuedAt, end: issuedAt + DAY, quantiles: [1.5, 2.5, 1e6] },
          ...{ stock: 1, onOrder: 0.5, action: 'reorder', quantity: 6 },
        }
      : held.choice
        ? { ...held, outcome }
        : { ...held, choice: { kind: 'rejected', chosenAt, quantity: 0, reason: 'enough' } }
    for (const part of partsOf(next)) this.#ledger.note(this.#device, decisionKey(next), part)
    putDecision(this.#run.db, next)
  }

  report(): void {
    const reported = { site: 's1', agentVersion: '1', generation: this.#ledger.next(), models: {}, documents: {} }
    this.#ledger.note(this.#device, REPORTED_KEY, reported)
    putReported(this.#run.db, reported)
  }

  #windows(sensor: string): WindowRecord[] {
    return readReplica(this.#run.db).windows.filter((w) => w.series.sensor === sensor)
  }

  #put(window: WindowRecord): void {
    this.#ledger.note(this.#device, windowKey(window), window)
    putWindow(this.#run.db, window)
  }
}

export const isDroppable = ({ series }: WindowRecord): boolean => series.sensor === DROPPED
