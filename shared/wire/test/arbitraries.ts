import fc from 'fast-check'
import type {
  DecisionRecord,
  EventRecord,
  EvidenceRecord,
  ForecastRecord,
  ReportedState,
  SketchBins,
  WindowRecord,
} from '../../contracts/index.ts'
import type { BatchRecords, Sequenced } from '../sequenced.ts'

/** Records of every shape the contracts allow, extremes included. */

const count = fc.oneof(fc.nat(50), fc.maxSafeNat())
const time = fc.oneof(
  fc.nat(10_000).map((n) => 1_774_742_400_000 + n * 300_000),
  fc.integer({ min: -1e14, max: 1e14 }),
)
const level = fc.oneof(fc.integer({ min: -100, max: 100 }), fc.integer({ min: 1 - 2 ** 52, max: 2 ** 52 - 1 }))
const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((s) => !s.includes('\0'))
const slug = fc.stringMatching(/^[a-z0-9]([a-z0-9_-]{0,20}[a-z0-9])?$/)
const entity = fc.stringMatching(/^[A-Za-z0-9._-]{0,12}$/)

const bins: fc.Arbitrary<SketchBins['positive']> = fc
  .uniqueArray(fc.integer({ min: -4000, max: 4000 }), { maxLength: 12 })
  .chain((indices) =>
    fc
      .array(fc.integer({ min: 1, max: 400 }), { minLength: indices.length, maxLength: indices.length })
      .map((counts) => indices.sort((a, b) => a - b).map((index, i) => [index, counts[i]!] as const)),
  )

const windowRecord: fc.Arbitrary<WindowRecord> = fc
  .record({
    series: fc.record({ sensor: fc.oneof(fc.constantFrom('sales', 'fridge'), slug), entity }),
    start: time,
    length: fc.oneof(fc.constant(300_000), fc.integer({ min: 1, max: 90_000_000 })),
    revision: fc.nat(9),
    count,
    sum: fc.maxSafeInteger(),
    levels: fc.tuple(level, level),
    last: level,
    sketch: fc.record({ zero: count, positive: bins, negative: bins }),
    quality: fc.record({
      missing: count,
      late: count,
      outOfRange: count,
      flat: count,
      duplicate: count,
      wrongType: count,
      wrongUnit: count,
      untrusted: count,
    }),
  })
  .map(({ levels, length, ...rest }) => ({
    ...rest,
    end: rest.start + length,
    min: Math.min(...levels),
    max: Math.max(...levels),
  }))

const float32 = fc.float({ noNaN: true, noDefaultInfinity: true })
const float64 = fc.double({ noNaN: true, noDefaultInfinity: true })

const forecastRecord: fc.Arbitrary<ForecastRecord> = fc
  .record({
    model: slug,
    version: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    entity,
    issuedAt: time,
    start: time,
    length: fc.integer({ min: 1, max: 90_000_000 }),
    quantiles: fc.array(float32, { maxLength: 9 }),
    mean: float64,
    baseline: float64,
    score: fc.option(fc.record({ scoredAt: time, actual: float64, censored: fc.boolean() }), { nil: undefined }),
  })
  .map(({ score, length, ...rest }) => ({ ...rest, end: rest.start + length, ...(score && { score }) }))

const eventRecord: fc.Arbitrary<EventRecord> = fc.record({
  id: fc.uuid(),
  at: time,
  severity: fc.constantFrom('info', 'warning', 'error'),
  code: slug,
  message: text,
  detail: fc.dictionary(slug, fc.oneof(text, fc.integer(), fc.boolean()), { maxKeys: 4 }),
})

/** Protobuf leaves out a field of zero, whatever its sign. */
const unsignedZero = float64.map((value) => value + 0)

const evidenceRecord: fc.Arbitrary<EvidenceRecord> = fc.tuple(count, count, count, count).chain((counts) => {
  const [covered = 0, alsoCovered = 0, intervals = 0, rows = 0] = counts.toSorted((a, b) => a - b)
  return evidenceOf({ rows, intervals, championCovered: covered, candidateCovered: alsoCovered })
})

type Counts = Pick<EvidenceRecord, 'rows' | 'intervals' | 'championCovered' | 'candidateCovered'>

const evidenceOf = (counts: Counts): fc.Arbitrary<EvidenceRecord> =>
  fc
    .record({
      model: slug,
      champion: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      candidate: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      day: fc
        .integer({ min: -10_000, max: 50_000 })
        .map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10)),
      region: text,
      ...{ excluded: count, crashes: count },
      ...{
        difference: unsignedZero,
        differenceSquared: unsignedZero,
        largestDifference: unsignedZero,
        actual: unsignedZero,
        moved: unsignedZero,
      },
      ...{
        championAbsolute: unsignedZero,
        candidateAbsolute: unsignedZero,
        championError: unsignedZero,
        candidateError: unsignedZero,
      },
      latency: fc.record({ zero: count, positive: bins, negative: fc.constant([]) }),
    })
    .map((record) => ({ ...record, ...counts }))

const amount = unsignedZero.map(Math.abs)
const uuid7 = fc.uuid({ version: 7 })

const decisionRecord: fc.Arbitrary<DecisionRecord> = fc
  .record({
    id: uuid7,
    ...{ decision: slug, model: slug, version: fc.integer({ min: 1, max: 2 ** 32 - 1 }) },
    entity: entity.filter((name) => name !== ''),
    ...{ issuedAt: time, start: time, length: fc.integer({ min: 1, max: 90_000_000 }) },
    quantiles: fc.array(float32, { maxLength: 9 }),
    ...{ stock: unsignedZero, onOrder: unsignedZero, quantity: amount },
    choice: fc.option(
      fc.record({
        kind: fc.constantFrom('accepted' as const, 'changed' as const, 'rejected' as const),
        ...{ chosenAt: time, quantity: amount.map((n) => n || 1), reason: text },
      }),
      { nil: undefined },
    ),
    outcome: fc.option(
      fc.record({ judgedAt: time, actual: unsignedZero, stockOut: fc.boolean(), correct: fc.boolean() }),
      { nil: undefined },
    ),
  })
  .map(({ length, choice, outcome, quantity, ...rest }) => {
    const ordered = { accepted: quantity, changed: choice?.quantity ?? 1, rejected: 0 }
    return {
      ...rest,
      end: rest.start + length,
      ...{ quantity, action: quantity > 0 ? 'reorder' : 'hold' },
      ...(choice && quantity > 0 && { choice: { ...choice, quantity: ordered[choice.kind] } }),
      ...(outcome && { outcome }),
    }
  })

const reportedState: fc.Arbitrary<ReportedState> = fc.record({
  site: slug,
  agentVersion: fc.string({ unit: 'grapheme', maxLength: 10 }),
  generation: fc.nat(),
  models: fc.dictionary(
    slug,
    fc.record({
      active: fc.option(fc.integer({ min: 1, max: 1000 })),
      target: fc.option(fc.integer({ min: 1, max: 1000 })),
      phase: fc.constantFrom('download', 'active', 'failed'),
      at: fc.nat(),
    }),
    { maxKeys: 3 },
  ),
  documents: fc.constant({}),
})

/** Up to a few dozen records of all kinds, under ascending sequences with holes. */
export const batchRecords: fc.Arbitrary<BatchRecords> = fc
  .record({
    windows: fc.array(windowRecord, { maxLength: 20 }),
    forecasts: fc.array(forecastRecord, { maxLength: 5 }),
    events: fc.array(eventRecord, { maxLength: 3 }),
    evidence: fc.array(evidenceRecord, { maxLength: 3 }),
    decisions: fc.array(decisionRecord, { maxLength: 5 }),
    reported: fc.option(reportedState, { nil: undefined }),
    first: fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 2 ** 52 })),
    holes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 38, maxLength: 38 }),
    shuffle: fc.array(fc.nat(), { minLength: 38, maxLength: 38 }),
  })
  .map(({ windows, forecasts, events, evidence, decisions, reported, first, holes, shuffle }) => {
    const total = windows.length + [windows, forecasts, events, evidence, decisions].flat().length + (reported ? 1 : 0)
    const sequences: number[] = []
    for (let i = 0; i < total; i++) sequences.push((sequences[i - 1] ?? first) + holes[i]!)
    const order = sequences.map((_, i) => i).sort((a, b) => shuffle[a]! - shuffle[b]!)
    const take = <T>(records: T[]): Sequenced<T>[] =>
      records.map((record) => ({ seq: sequences[order.pop()!]!, record })).sort((a, b) => a.seq - b.seq)
    return {
      windows: take(windows),
      forecasts: take(forecasts),
      events: take(events),
      evidence: take(evidence),
      decisions: take(decisions),
      reported: reported && take([reported])[0],
    }
  })
