import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { EventRecord, ReportedState } from '../contracts/index.ts'
import { cells, column, packAscending, unpackAscending } from './columns.ts'
import { sift } from './complaints.ts'
import { packDecisions, unpackDecisions } from './decision-columns.ts'
import { WireError } from './errors.ts'
import { packEvidence, unpackEvidence } from './evidence-columns.ts'
import { packForecasts, unpackForecasts } from './forecast-columns.ts'
import type { KnownNames } from './known-names.ts'
import { MAX_BATCH_RECORDS, MAX_BODY_BYTES } from './limits.ts'
import type { Batch } from './messages.ts'
import { read, write } from './protobuf.ts'
import { type Ranges, rangesOf, sizeOf, subtract } from './ranges.ts'
import { takeField } from './read-columns.ts'
import type { BatchRecords, Rejected, Sequenced } from './sequenced.ts'
import { type Events, type EventsSchema, RecordsSchema } from './uplink_pb.ts'
import { packWindows, unpackWindows } from './window-columns.ts'

/** Bytes that decompressing asks for at a time; Node takes none below the smallest. */
const [SMALLEST_CHUNK, LARGEST_CHUNK] = [64, 64 * 1024]
const WINDOWS_FIELD = RecordsSchema.field.windows.number
const SEVERITIES = ['info', 'warning', 'error'] as const

/** Records as a batch carries them, with their sequences. The records are sound (see `sift`). */
export function encodeRecords(records: BatchRecords): Pick<Batch, 'sequences' | 'body' | 'bodySize'> {
  const { windows, forecasts, events, evidence, decisions, reported } = records
  const plain = write(RecordsSchema, {
    ...(windows.length > 0 && { windows: packWindows(windows) }),
    ...(forecasts.length > 0 && { forecasts: packForecasts(forecasts) }),
    ...(events.length > 0 && { events: packEvents(events) }),
    ...(evidence.length > 0 && { evidence: packEvidence(evidence) }),
    ...(decisions.length > 0 && { decisions: packDecisions(decisions) }),
    ...(reported && { reported: { sequence: BigInt(reported.seq), body: JSON.stringify(reported.record) } }),
  })
  return { sequences: rangesOf(sequencesOf(records)), body: zstdCompressSync(plain), bodySize: plain.length }
}

export interface DecodedRecords {
  readonly records: BatchRecords
  /** Records that make no sense. */
  readonly rejected: readonly Rejected[]
  /** Announced and not found: of a kind that this version does not know. */
  readonly unknown: Ranges
}

/**
 * The gate for a batch's records: capped before and while decompressing, parsed, checked.
 * @param known of whoever reads many batches: the faster for it
 * @throws WireError where nothing can be read from them.
 */
export function decodeRecords({ body, bodySize, sequences }: Batch, known?: KnownNames): DecodedRecords {
  if (sizeOf(sequences) > MAX_BATCH_RECORDS) {
    throw new WireError('oversized', `a batch of ${sizeOf(sequences)} records; at most ${MAX_BATCH_RECORDS}`)
  }
  // Windows are most of what comes, and have a faster reader.
  const { taken: windows, rest } = takeField(decompress(body, bodySize), WINDOWS_FIELD)
  const message = read(RecordsSchema, rest, MAX_BODY_BYTES)
  const told: BatchRecords = {
    windows: windows ? unpackWindows(windows, known) : [],
    forecasts: message.forecasts ? unpackForecasts(message.forecasts) : [],
    events: message.events ? unpackEvents(message.events) : [],
    evidence: message.evidence ? unpackEvidence(message.evidence) : [],
    decisions: message.decisions ? unpackDecisions(message.decisions) : [],
    reported: message.reported && unpackReported(message.reported),
  }
  const found = checkedSequences(told)
  const [unannounced] = subtract(found, sequences)
  if (unannounced) throw new WireError('malformed', `sequence ${unannounced[0]} is not announced`)
  const { sound, rejected } = sift(told, known)
  return { records: sound, rejected, unknown: subtract(sequences, found) }
}

/** @throws WireError where one comes twice */
function checkedSequences(records: BatchRecords): Ranges {
  const all = sequencesOf(records)
  for (let i = 1; i < all.length; i++) {
    if (all[i] === all[i - 1]) throw new WireError('malformed', `sequence ${all[i]} comes twice`)
  }
  return rangesOf(all)
}

/** All sequences of a batch, ascending. */
export function sequencesOf({ windows, forecasts, events, evidence, decisions, reported }: BatchRecords): number[] {
  const all = windows.map(({ seq }) => seq)
  for (const rows of [forecasts, events, evidence, decisions]) for (const { seq } of rows) all.push(seq)
  if (reported) all.push(reported.seq)
  // Within a kind they ascend.
  return all.length === windows.length ? all : all.sort((a, b) => a - b)
}

function decompress(body: Uint8Array, size: number): Uint8Array {
  if (body.length === 0) return body
  if (size > MAX_BODY_BYTES) throw new WireError('oversized', `${size} bytes of records; at most ${MAX_BODY_BYTES}`)
  let plain: Uint8Array
  try {
    plain = zstdDecompressSync(body, {
      maxOutputLength: Math.max(size, 1),
      // One piece for what most batches have; a byte more, or it looks for a second one.
      chunkSize: Math.min(Math.max(size + 1, SMALLEST_CHUNK), LARGEST_CHUNK),
    })
  } catch (cause) {
    const oversized = (cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
    throw new WireError(oversized ? 'oversized' : 'malformed', `records: ${(cause as Error).message}`, { cause })
  }
  if (plain.length !== size)
    throw new WireError('malformed', `${plain.length} bytes of records; announced were ${size}`)
  return plain
}

function packEvents(rows: readonly Sequenced<EventRecord>[]): MessageInitShape<typeof EventsSchema> {
  return {
    sequence: packAscending(rows.map(({ seq }) => seq)),
    id: rows.map(({ record }) => record.id),
    at: column(rows.map(({ record }, i) => BigInt(record.at - (rows[i - 1]?.record.at ?? 0)))),
    severity: column(rows.map(({ record }) => SEVERITIES.indexOf(record.severity))),
    code: rows.map(({ record }) => record.code),
    message: rows.map(({ record }) => record.message),
    detail: rows.map(({ record }) => JSON.stringify(record.detail)),
  }
}

function unpackEvents(events: Events): Sequenced<EventRecord>[] {
  const sequences = unpackAscending(events.sequence, 'sequence')
  const { length } = sequences
  const { id, code, message, detail } = events
  if ([id, code, message, detail].some((texts) => texts.length !== length)) {
    throw new WireError('malformed', `events: columns differ in length`)
  }
  const step = cells(events.at, length, 'at')
  const severity = cells(events.severity, length, 'severity')
  let at = 0
  return sequences.map((seq, row) => {
    at += step(row)
    const record = {
      id: id[row]!,
      at,
      severity: SEVERITIES[severity(row)]!,
      code: code[row]!,
      message: message[row]!,
      detail: json(detail[row]!) as EventRecord['detail'],
    }
    return { seq, record }
  })
}

const unpackReported = ({ sequence, body }: { sequence: bigint; body: string }): Sequenced<ReportedState> => ({
  seq: unpackAscending([sequence], 'sequence')[0]!,
  record: json(body) as ReportedState,
})

/** Undefined where it is none: the gate then refuses the row. */
function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
