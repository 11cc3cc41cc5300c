import { z } from 'zod'
import {
  DecisionName,
  type DecisionRecord,
  EntityId,
  type EventRecord,
  type EvidenceRecord,
  type ForecastRecord,
  LocalDay,
  ModelName,
  ReportedState,
  type SketchBins,
  type WindowRecord,
} from '../contracts/index.ts'
import { KnownNames } from './known-names.ts'
import {
  MAX_BINS,
  MAX_EVENT_DETAIL,
  MAX_EVENT_MESSAGE,
  MAX_QUANTILES,
  MAX_REASON,
  MAX_REPORTED,
  MAX_WINDOW_MS,
} from './limits.ts'
import type { BatchRecords, Rejected, Sequenced } from './sequenced.ts'

/**
 * Sets aside the records that make no sense. The device asks before it sends, so that one bad row holds nothing up; the
 * cloud asks again, since it trusts no device.
 */
export function sift(
  records: BatchRecords,
  known: Pick<KnownNames, 'complaint'> = new KnownNames(),
): { readonly sound: BatchRecords; readonly rejected: readonly Rejected[] } {
  const rejected: Rejected[] = []
  const keep = <T>(rows: readonly Sequenced<T>[], what: string, complaint: (record: T) => string | undefined) =>
    rows.filter(({ seq, record }) => {
      const reason = complaint(record)
      if (reason !== undefined) rejected.push({ seq, reason: `${what}: ${reason}` })
      return reason === undefined
    })
  const sound = {
    windows: keep(records.windows, 'window', (record) => known.complaint(record.series) ?? windowComplaint(record)),
    forecasts: keep(records.forecasts, 'forecast', forecastComplaint),
    events: keep(records.events, 'event', eventComplaint),
    evidence: keep(records.evidence, 'evidence', evidenceComplaint),
    decisions: keep(records.decisions, 'decision', decisionComplaint),
    reported: keep(records.reported ? [records.reported] : [], 'reported state', reportedComplaint)[0],
  }
  return { sound, rejected }
}

const isCount = (n: number) => Number.isSafeInteger(n) && n >= 0
/** Half the range of exact integers, so that the distance of any two is exact too. */
const isLevel = (n: number) => Number.isSafeInteger(n) && Math.abs(n) < 2 ** 52
const isUint32 = (n: number) => isCount(n) && n < 2 ** 32

function windowComplaint(record: WindowRecord): string | undefined {
  const { start, end, revision, count, sum, min, max, last, sketch, quality } = record
  if (!Number.isSafeInteger(sum)) return 'a sum that is no integer within 2^53'
  if (!(isLevel(start) && isLevel(end) && isLevel(min) && isLevel(max) && isLevel(last))) {
    return 'a value that is no integer within 2^52'
  }
  if (end <= start) return 'an end that is not after its start'
  if (end - start > MAX_WINDOW_MS) return 'longer than a day can be'
  if (max < min) return 'a maximum below its minimum'
  if (!isUint32(revision)) return 'a revision that is no count'
  if (!(isCount(count) && isCount(sketch.zero) && isQuality(quality))) return 'a count that is none'
  return binsComplaint(sketch.positive) ?? binsComplaint(sketch.negative)
}

function isQuality(quality: WindowRecord['quality']): boolean {
  const { missing, late, outOfRange, flat, duplicate, wrongType, wrongUnit, untrusted } = quality
  const came = isCount(missing) && isCount(late) && isCount(outOfRange) && isCount(flat) && isCount(duplicate)
  return came && isCount(wrongType) && isCount(wrongUnit) && isCount(untrusted)
}

function binsComplaint(bins: SketchBins['positive']): string | undefined {
  if (bins.length > MAX_BINS) return `${bins.length} bins; at most ${MAX_BINS}`
  let before = -(2 ** 30)
  for (const [index, count] of bins) {
    if (!Number.isSafeInteger(index) || index <= before || index >= 2 ** 30) return 'bins that do not ascend'
    if (!isCount(count) || count === 0) return 'a bin without a count'
    before = index
  }
  return undefined
}

function forecastComplaint(record: ForecastRecord): string | undefined {
  const { model, version, entity, issuedAt, start, end, quantiles, mean, baseline, score } = record
  if (!ModelName.safeParse(model).success) return 'not a model name'
  if (!EntityId.safeParse(entity).success) return 'not an entity'
  if (!isUint32(version) || version === 0) return 'a version below 1'
  for (const value of [issuedAt, start, end, score?.scoredAt ?? 0]) {
    if (!isLevel(value)) return 'a time that is none'
  }
  if (end <= start) return 'an end that is not after its start'
  if (quantiles.length > MAX_QUANTILES) return `${quantiles.length} quantiles; at most ${MAX_QUANTILES}`
  for (const value of [...quantiles, mean, baseline, score?.actual ?? 0]) {
    if (!Number.isFinite(value)) return 'a value that is no finite number'
  }
  return undefined
}

const Event = z.strictObject({
  id: z.uuid().lowercase(),
  at: z.int().refine(isLevel, 'not a time'),
  severity: z.enum(['info', 'warning', 'error']),
  code: z.string().min(1).max(64),
  message: z.string().max(MAX_EVENT_MESSAGE),
  detail: z
    .record(z.string().max(64), z.union([z.string(), z.number(), z.boolean()]))
    .refine((detail) => JSON.stringify(detail).length <= MAX_EVENT_DETAIL, `at most ${MAX_EVENT_DETAIL} characters`),
})

const eventComplaint = (record: EventRecord) => complaintOf(Event, record)

const MAX_REGION = 128

function evidenceComplaint(record: EvidenceRecord): string | undefined {
  const { model, champion, candidate, day, region, rows, excluded, crashes, latency, ...rest } = record
  const { intervals, championCovered, candidateCovered, ...sums } = rest
  if (!ModelName.safeParse(model).success) return 'not a model name'
  for (const version of [champion, candidate]) if (!isUint32(version) || version === 0) return 'a version below 1'
  if (!LocalDay.safeParse(day).success) return 'not a day'
  if (region.length > MAX_REGION || !isText(region)) return 'not a region'
  const counts = [rows, excluded, crashes, latency.zero, intervals, championCovered, candidateCovered]
  for (const value of counts) if (!isCount(value)) return 'a count that is none'
  if (intervals > rows || Math.max(championCovered, candidateCovered) > intervals) return 'more covered than there is'
  for (const value of Object.values(sums)) if (!Number.isFinite(value)) return 'a value that is no finite number'
  return latency.negative.length > 0 ? 'a latency below 0' : binsComplaint(latency.positive)
}

const Uuid7 = z.uuidv7().lowercase()

function decisionComplaint(record: DecisionRecord): string | undefined {
  const { id, decision, model, version, entity, issuedAt, start, end, quantiles, action, choice, outcome } = record
  const { stock, onOrder, quantity } = record
  if (!Uuid7.safeParse(id).success) return 'not a UUID of version 7'
  if (!DecisionName.safeParse(decision).success) return 'not a decision name'
  if (!ModelName.safeParse(model).success) return 'not a model name'
  if (entity === '' || !EntityId.safeParse(entity).success) return 'not an entity'
  if (!isUint32(version) || version === 0) return 'a version below 1'
  for (const value of [issuedAt, start, end, choice?.chosenAt ?? 0, outcome?.judgedAt ?? 0]) {
    if (!isLevel(value)) return 'a time that is none'
  }
  if (end <= start || end - start > MAX_WINDOW_MS) return 'a lead time that is none'
  if (quantiles.length > MAX_QUANTILES) return `${quantiles.length} quantiles; at most ${MAX_QUANTILES}`
  for (const value of [...quantiles, stock, onOrder, quantity, choice?.quantity ?? 0, outcome?.actual ?? 0]) {
    if (!Number.isFinite(value)) return 'a value that is no finite number'
  }
  if (quantity < 0 || quantity > 0 !== (action === 'reorder')) return 'a quantity that its action does not have'
  return choice && choiceComplaint(choice, record)
}

function choiceComplaint(
  { kind, quantity, reason }: NonNullable<DecisionRecord['choice']>,
  { action, quantity: suggested }: DecisionRecord,
): string | undefined {
  if (action === 'hold') return 'a choice where nothing was suggested'
  if (reason.length > MAX_REASON || !isText(reason)) return 'a reason that is none'
  if (kind === 'accepted') return quantity === suggested ? undefined : 'accepted, and another quantity'
  if (kind === 'changed') return quantity > 0 ? undefined : 'changed to nothing'
  return quantity === 0 ? undefined : 'rejected, and a quantity'
}

function reportedComplaint(record: ReportedState): string | undefined {
  const complaint = complaintOf(ReportedState, record)
  if (complaint !== undefined) return complaint
  return Buffer.byteLength(JSON.stringify(record)) > MAX_REPORTED ? `more than ${MAX_REPORTED} bytes` : undefined
}

function complaintOf(schema: z.ZodType, value: unknown): string | undefined {
  const result = schema.safeParse(value)
  if (result.success) return isText(value) ? undefined : 'characters that are none (NUL, half a surrogate pair)'
  const { path, message } = result.error.issues[0]!
  return `${path.join('.')}: ${message}`.slice(0, 200)
}

/** Whether every text inside can be stored as UTF-8 by every database. */
function isText(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0')
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, inner]) => isText(key) && isText(inner))
}
