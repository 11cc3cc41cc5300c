import type { ToldClock } from '../contracts/index.ts'
import type { Ranges } from './ranges.ts'

/** A run of the device on its database, from its start to its end: names who gave out the sequences from `first` on. */
export interface Run {
  readonly first: number
  readonly id: number
}

/** Asks for a link; persisted before it is sent. */
export interface Hello {
  /** UUID of the device's database. */
  readonly dbId: string
  /** What the device holds; 0 before the first grant. */
  readonly epoch: number
  readonly link: number
  /** The sequence that the next record will take: above every sequence ever sent. */
  readonly nextSeq: number
  /** On disk until answered: a repeat after a crash is known as one. */
  readonly nonce: string
  /** New with every connection: tells a repeated message from a copy of the disk that asks the same question. */
  readonly session: string
  /** Commit times of acknowledgements under the held link that the cloud may have forgotten, ascending. */
  readonly acknowledged: readonly number[]
  /** Whether the held epoch is a quarantined one: a restored cloud may have forgotten. */
  readonly quarantined: boolean
  /** The newest, ascending: an image of a disk does not know who gave out what was sent since. */
  readonly runs: readonly Run[]
  /** Echo of the challenge in the last answer, if it was one. */
  readonly challenge?: string
}

export interface Grant {
  readonly epoch: number
  readonly link: number
  /** Cloud time since when acknowledged records are to be sent again; present where the cloud was restored. */
  readonly resendSince?: number
  /** Data of this epoch is kept apart until an operator decides. */
  readonly quarantined: boolean
}

/** To the hello with this nonce and session. */
export interface Answer {
  readonly nonce: string
  readonly session: string
  readonly serverTime: number
  readonly outcome: { readonly grant: Grant } | { readonly challenge: string }
}

/** Why sequences will never be sent. */
export const CAUSES = ['revised', 'coarsened', 'dropped'] as const
export type Cause = (typeof CAUSES)[number]
export type Superseded = Readonly<Record<Cause, Ranges>>

export interface Waiting {
  readonly records: number
  /** Event time of the oldest record that is not acknowledged; 0 where none waits. */
  readonly since: number
}

/** A batch but for its records, which decode separately: what is acknowledged is known even where they do not. */
export interface Batch {
  readonly epoch: number
  readonly link: number
  /** Every sequence below is acknowledged, as a record or as superseded. */
  readonly floor: number
  /** As in the hello. An acknowledgement of this batch confirms them. */
  readonly acknowledged: readonly number[]
  /** Sequences of the records. */
  readonly sequences: Ranges
  readonly superseded: Superseded
  /** zstd; see `decodeRecords`. */
  readonly body: Uint8Array
  readonly bodySize: number
  /** W3C Trace Context of the span that sends it; absent where nothing is traced. */
  readonly traceparent?: string
  /** What waits on the device beyond this batch and others under way; older agents do not tell. */
  readonly waiting?: Waiting
  /** Absent until it has been compared with the cloud's; older agents do not tell. */
  readonly clock?: ToldClock
}

export interface Ack {
  readonly epoch: number
  readonly link: number
  readonly committed: Ranges
  readonly committedAt: number
  readonly serverTime: number
  /** Pacing hint, milliseconds. */
  readonly pauseMs: number
  /** The cloud holds another epoch or link for this device. */
  readonly sayHello: boolean
}

export type UplinkMessage = { readonly hello: Hello } | { readonly batch: Batch }
/** An operator asks for a support bundle. */
export interface SupportRequest {
  readonly id: string
}

export type DownlinkMessage = { readonly answer: Answer } | { readonly ack: Ack } | { readonly support: SupportRequest }
