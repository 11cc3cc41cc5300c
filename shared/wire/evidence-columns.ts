import type { MessageInitShape } from '@bufbuild/protobuf'
import type { EvidenceRecord } from '../contracts/index.ts'
import { cells, column, packAscending, unpackAscending } from './columns.ts'
import { WireError } from './errors.ts'
import { MAX_BATCH_RECORDS, MAX_BINS } from './limits.ts'
import type { Sequenced } from './sequenced.ts'
import type { Evidence, EvidenceSchema } from './uplink_pb.ts'

const DAY = 86_400_000

export function packEvidence(rows: readonly Sequenced<EvidenceRecord>[]): MessageInitShape<typeof EvidenceSchema> {
  const of = (value: (record: EvidenceRecord) => number) => column(rows.map(({ record }) => value(record)))
  const big = (value: (record: EvidenceRecord) => number) => column(rows.map(({ record }) => BigInt(value(record))))
  const bins = rows.map(({ record }) => record.latency.positive)
  return {
    sequence: packAscending(rows.map(({ seq }) => seq)),
    model: rows.map(({ record }) => record.model),
    champion: of((r) => r.champion),
    candidate: of((r) => r.candidate),
    day: of((r) => Date.parse(`${r.day}T00:00:00Z`) / DAY),
    region: rows.map(({ record }) => record.region),
    rows: big((r) => r.rows),
    excluded: big((r) => r.excluded),
    difference: of((r) => r.difference),
    differenceSquared: of((r) => r.differenceSquared),
    largestDifference: of((r) => r.largestDifference),
    championAbsolute: of((r) => r.championAbsolute),
    candidateAbsolute: of((r) => r.candidateAbsolute),
    championError: of((r) => r.championError),
    candidateError: of((r) => r.candidateError),
    actual: of((r) => r.actual),
    moved: of((r) => r.moved),
    crashes: big((r) => r.crashes),
    intervals: big((r) => r.intervals),
    championCovered: big((r) => r.championCovered),
    candidateCovered: big((r) => r.candidateCovered),
    latencyZero: big((r) => r.latency.zero),
    latencyBins: column(bins.map((own) => own.length)),
    binIndex: bins.flatMap((own) => own.map(([index], i) => index - (own[i - 1]?.[0] ?? 0))),
    binCount: bins.flatMap((own) => own.map(([, count]) => BigInt(count))),
  }
}

/**
 * What the columns say; whether the rows make sense is `complaints.ts`'s to judge.
 * @throws WireError where columns contradict each other.
 */
export function unpackEvidence(evidence: Evidence): Sequenced<EvidenceRecord>[] {
  const sequences = unpackAscending(evidence.sequence, 'sequence')
  const { length } = sequences
  if (length > MAX_BATCH_RECORDS) throw new WireError('oversized', `${length} rows; at most ${MAX_BATCH_RECORDS}`)
  const { model, region } = evidence
  if (model.length !== length || region.length !== length) {
    throw new WireError('malformed', 'evidence: columns differ in length')
  }
  const of = (name: EvidenceColumn) => cells(evidence[name], length, name)
  const numbers = Object.fromEntries(NUMBERS.map((name) => [name, of(name)])) as Record<
    (typeof NUMBERS)[number],
    (row: number) => number
  >
  const [day, zero, bins] = [of('day'), of('latencyZero'), of('latencyBins')]
  const takeBins = binReader(evidence)
  const decoded = sequences.map((seq, row): Sequenced<EvidenceRecord> => {
    const own = Object.fromEntries(NUMBERS.map((name) => [name, numbers[name](row)])) as Record<
      (typeof NUMBERS)[number],
      number
    >
    const latency = { zero: zero(row), positive: takeBins(bins(row)), negative: [] }
    return { seq, record: { model: model[row]!, region: region[row]!, day: dayName(day(row)), ...own, latency } }
  })
  takeBins.finish()
  return decoded
}

const NUMBERS = [
  ...(['champion', 'candidate', 'rows', 'excluded', 'difference', 'differenceSquared', 'largestDifference'] as const),
  ...(['championAbsolute', 'candidateAbsolute', 'championError', 'candidateError', 'actual', 'moved'] as const),
  ...(['crashes', 'intervals', 'championCovered', 'candidateCovered'] as const),
]

type EvidenceColumn = (typeof NUMBERS)[number] | 'day' | 'latencyZero' | 'latencyBins'

/** Empty for a number that names no day: the gate then refuses the row. */
function dayName(day: number): string {
  const date = new Date(day * DAY)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().slice(0, 10)
}

/** Takes the bins of row after row. */
function binReader({ binIndex, binCount }: Evidence) {
  const counts = cells(binCount, binIndex.length, 'bin_count')
  let at = 0
  const take = (bins: number): (readonly [number, number])[] => {
    if (bins > MAX_BINS) throw new WireError('oversized', `${bins} bins in a sketch; at most ${MAX_BINS}`)
    if (at + bins > binIndex.length) throw new WireError('malformed', 'bin_index: fewer bins than the rows tell')
    let index = 0
    return Array.from({ length: bins }, () => {
      index += binIndex[at]!
      return [index, counts(at++)] as const
    })
  }
  const finish = () => {
    if (at !== binIndex.length) throw new WireError('malformed', 'bin_index: more bins than the rows tell')
  }
  return Object.assign(take, { finish })
}
