import type { SensorDefinition } from '@storecast/shared/contracts'

/** One value of one series, past the gate. */
export interface Reading {
  readonly sensor: string
  /** Empty for a series of the site itself. */
  readonly entity: string
  /** Unix milliseconds, whole. */
  readonly time: number
  /** Whole steps of the sensor's resolution. */
  readonly value: number
  /** The value lies outside the sensor's range: counted in its window, not summed. */
  readonly outOfRange: boolean
  /** It is no value at all: counted as this in its window. */
  readonly fault?: 'wrongType' | 'wrongUnit' | 'untrusted'
  /** A value whose time cannot be trusted: stored, and counted as such. */
  readonly untrusted?: boolean
  /** Of an event: the same id of the same series is stored once. Absent: at least once. */
  readonly id?: string
}

/** How far a source that can be read again has been taken in. */
export interface SourcePosition {
  readonly source: string
  /** Tells this content from another under the same name. */
  readonly stamp: string
  readonly position: number
}

export interface AcceptOptions {
  /** Somebody waits: commit now instead of gathering. */
  readonly urgent?: boolean
  /** Commit as soon as this many readings have gathered: the source sends no more until it hears. */
  readonly gather?: number
  /** Becomes durable with these readings. */
  readonly position?: SourcePosition
}

/** Where sources put readings: the journal, seen from upstream. */
export interface Intake {
  /**
   * Resolves once the readings are committed: only then may a source acknowledge them.
   * @throws WriterError where they are not: the source keeps them and tries again
   */
  accept(readings: readonly Reading[], options?: AcceptOptions): Promise<void>
  /**
   * Makes definitions durable, before the first reading under them is accepted.
   * @returns them as they stand: a sensor that has readings keeps its kind, resolution and centre
   */
  define(definitions: readonly SensorDefinition[]): Promise<readonly SensorDefinition[]>
  positionOf(source: string): SourcePosition | undefined
  /** Series with at least one reading, and whether one is among them. */
  readonly seriesCount: number
  knows(sensor: string, entity: string): boolean
}
