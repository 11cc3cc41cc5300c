import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Tally } from './ingest.ts'

/** What ingest counts. Labels have few values by construction: decisions, reasons and kinds of ours. */
export function ingestMetrics(registry: Registry) {
  const registers = [registry]
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Counter({ name: `storecast_ingest_${name}`, help, labelNames, registers })
  const hellos = counter('hellos_total', 'Hellos from devices, by what was decided', 'decision')
  const batches = counter(
    'batches_total',
    'Batches applied, kept apart, sent under an old link, or turned away since too many are kept apart',
    'outcome',
  )
  const records = counter('records_total', 'Records applied, resent ones included', 'kind')
  const raw = counter(
    'raw_messages_total',
    'Messages not understood, whole or in part, and kept as they came',
    'reason',
  )
  const gaps = counter('gaps_total', 'Ranges of sequences whose records are lost', 'cause')
  const conflicts = counter('window_conflicts_total', 'Coarse windows that count less than the finer ones they cover')
  return {
    shed: counter('shed_total', 'Messages dropped since too many wait; devices send them again'),
    retries: counter('retries_total', 'Groups tried again after an error of the database'),
    isolated: counter('isolated_total', 'Messages refused by the database, alone'),
    waiting: new Gauge({ name: 'storecast_ingest_waiting_bytes', help: 'Bytes of messages that wait', registers }),
    seconds: new Histogram({
      name: 'storecast_ingest_commit_seconds',
      help: 'Time to commit a group of messages',
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2, 10],
      registers,
    }),
    messages: new Histogram({
      name: 'storecast_ingest_group_messages',
      help: 'Messages that share a commit',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200],
      registers,
    }),
    count(tally: Tally): void {
      for (const decision of tally.hellos) hellos.inc({ decision })
      for (const [outcome, n] of Object.entries(tally.batches)) batches.inc({ outcome }, n)
      for (const [kind, n] of Object.entries(tally.records)) records.inc({ kind }, n)
      for (const reason of tally.raw) raw.inc({ reason })
      for (const cause of tally.gaps) gaps.inc({ cause })
      conflicts.inc(tally.conflicts)
    },
  }
}
export type IngestMetrics = ReturnType<typeof ingestMetrics>
