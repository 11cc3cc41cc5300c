import { readReplica } from '@storecast/agent/test/replica'
import { decodeBatches, type SimulatedIngest, type StoredState } from '@storecast/cloud/test/simulated-ingest'
import type { DecisionRecord, EvidenceRecord, ForecastRecord, WindowRecord } from '@storecast/shared/contracts'
import { expect } from 'vitest'
import { isDroppable } from './disk.ts'
import {
  canonical,
  decisionKey,
  eventKey,
  evidenceKey,
  forecastKey,
  partsOf,
  REPORTED_KEY,
  windowKey,
} from './ledger.ts'
import type { Run, World } from './world.ts'

/** Compares what the cloud has with what the devices have, at rest. */
export async function compare(world: World, cloud: SimulatedIngest): Promise<void> {
  const state = await cloud.read(world.devices)
  for (const device of world.devices) {
    const own = ofDevice(state, device)
    const runs = world.runs.filter((run) => run.device === device)
    const fate = world.fates.get(device)!
    nothingInvented(world, device, own)
    nothingNested(own)
    nothingUnaccounted(own)
    if (fate.branched) {
      expect(runs.filter(({ simulated }) => !simulated.link.quarantined).length, 'runs that speak').toBeLessThanOrEqual(
        1,
      )
      for (const run of runs) nothingLost(run, own)
    } else {
      exactlyTheSame(runs[0]!, own, fate)
    }
  }
}

type Own = StoredState

function ofDevice(state: StoredState, device: string): Own {
  return Object.fromEntries(
    Object.entries(state).map(([table, rows]) => [
      table,
      rows.filter((row: { device: string }) => row.device === device),
    ]),
  ) as unknown as Own
}

const windowOf = ({ device: _, ...window }: Own['windows'][number]): WindowRecord => window

const evidenceOf = ({ device: _, ...evidence }: Own['evidence'][number]): EvidenceRecord => evidence

const decisionOf = ({ device: _, ...decision }: Own['decisions'][number]): DecisionRecord => decision

const forecastOf = (row: Own['forecasts'][number]): ForecastRecord =>
  ({
    model: row.model,
    version: row.version,
    entity: row.entity,
    issuedAt: row.issued_at,
    start: row.start_at,
    end: row.end_at,
    quantiles: row.quantiles,
    mean: row.mean,
    baseline: row.baseline,
    ...(row.scored_at !== null && { score: { scoredAt: row.scored_at, actual: row.actual, censored: row.censored } }),
  }) as ForecastRecord

/** Every record of the cloud is, to the last field, a state that some run of the device gave it. */
function nothingInvented(world: World, device: string, own: Own): void {
  for (const window of own.windows.map(windowOf)) {
    expect(world.ledger.has(device, windowKey(window), window), `invented ${canonical(window)}`).toBe(true)
  }
  for (const forecast of own.forecasts.map(forecastOf)) {
    expect(world.ledger.has(device, forecastKey(forecast), forecast), `invented ${canonical(forecast)}`).toBe(true)
  }
  for (const evidence of own.evidence.map(evidenceOf)) {
    expect(world.ledger.has(device, evidenceKey(evidence), evidence), `invented ${canonical(evidence)}`).toBe(true)
  }
  for (const decision of own.decisions.map(decisionOf)) {
    for (const part of partsOf(decision)) {
      expect(world.ledger.has(device, decisionKey(decision), part), `invented ${canonical(part)}`).toBe(true)
    }
  }
  for (const { body } of own.reported)
    expect(world.ledger.has(device, REPORTED_KEY, body), 'invented report').toBe(true)
}

function nothingNested({ windows }: Own): void {
  for (const outer of windows) {
    const inner = windows.filter((w) => w !== outer && covers(outer, w))
    expect(inner, 'windows inside a coarser one').toEqual([])
  }
}

const covers = (outer: WindowRecord, inner: WindowRecord) =>
  outer.series.sensor === inner.series.sensor && outer.start <= inner.start && outer.end >= inner.end

/** Every sequence came, or was told as superseded, or is lost by a known cause. */
function nothingUnaccounted({ gaps, epochs }: Own): void {
  expect(gaps.filter(({ cause }) => cause !== 'dropped' && cause !== 'cloud-restored')).toEqual([])
  const dropped = gaps
    .filter(({ cause }) => cause === 'dropped')
    .reduce((n, gap) => n + gap.last_seq - gap.first_seq + 1, 0)
  expect(dropped, 'sequences in gaps').toBe(epochs.reduce((n, epoch) => n + epoch.dropped, 0))
}

/** One run, never copied nor put back: the cloud has exactly its records. */
function exactlyTheSame({ simulated }: Run, own: Own, { cloudRestored }: { cloudRestored: boolean }): void {
  const { windows, forecasts, events, evidence, decisions, reported } = readReplica(simulated.db)
  const texts = (records: readonly unknown[]) => records.map(canonical).sort()
  const kept = own.windows
    .map(windowOf)
    .filter((w) => !isDroppable(w) || windows.some((x) => windowKey(x) === windowKey(w)))
  expect(texts(kept)).toEqual(texts(windows))
  expect(texts(own.forecasts.map(forecastOf))).toEqual(texts(forecasts))
  expect(own.events.map(({ id }) => id).sort()).toEqual(events.map(({ id }) => id).sort())
  expect(texts(own.evidence.map(evidenceOf))).toEqual(texts(evidence))
  expect(texts(own.decisions.map(decisionOf))).toEqual(texts(decisions))
  expect(own.reported.map(({ body }) => canonical(body))).toEqual(reported ? [canonical(reported)] : [])
  expect(own.conflicts).toEqual([])
  expect(simulated.link.quarantined, 'quarantined without a copy').toBe(false)
  if (cloudRestored) return
  expect(own.epochs.map(({ epoch, reason }) => [epoch, reason])).toEqual([[simulated.link.epoch, 'first-contact']])
  expect(own.epochs[0]?.told, 'sequences told').toBe(simulated.nextSequence - 1)
}

/**
 * Of a run with copies or images: each of its records is in the cloud, or kept apart there, or replaced by another run's
 * that counts at least as much.
 */
function nothingLost({ simulated }: Run, own: Own): void {
  const { windows, forecasts, events, evidence, decisions } = readReplica(simulated.db)
  const apart = decodeBatches(own.kept).map(({ record }) => record)
  const keptApart = new Set(apart.map(canonical))
  const has = (record: unknown) => keptApart.has(canonical(record))
  const stored = own.windows.map(windowOf)
  for (const window of windows) {
    const there = stored.some(
      (w) =>
        canonical(w) === canonical(window) ||
        (windowKey(w) === windowKey(window) && w.count >= window.count) ||
        (windowKey(w) !== windowKey(window) && covers(w, window)),
    )
    const refused = own.conflicts.some(
      (c) => c.sensor === window.series.sensor && c.start_at === window.start && c.end_at === window.end,
    )
    expect(there || refused || has(window), `lost ${canonical(window)}`).toBe(true)
  }
  for (const forecast of forecasts) {
    const there = own.forecasts
      .map(forecastOf)
      .some((f) => forecastKey(f) === forecastKey(forecast) && (f.score !== undefined || forecast.score === undefined))
    expect(there || has(forecast), `lost ${canonical(forecast)}`).toBe(true)
  }
  for (const one of evidence) {
    const there = own.evidence.some((e) => evidenceKey(e) === evidenceKey(one) && e.rows >= one.rows)
    expect(there || has(one), `lost ${canonical(one)}`).toBe(true)
  }
  for (const decision of decisions) {
    const there = own.decisions.some(
      (d) =>
        decisionKey(d) === decisionKey(decision) &&
        (d.choice !== undefined || decision.choice === undefined) &&
        (d.outcome !== undefined || decision.outcome === undefined),
    )
    expect(there || has(decision), `lost ${canonical(decision)}`).toBe(true)
  }
  for (const event of events) {
    const there = own.events.some((e) => eventKey(e) === eventKey(event))
    expect(there || has(event), `lost ${canonical(event)}`).toBe(true)
  }
}
