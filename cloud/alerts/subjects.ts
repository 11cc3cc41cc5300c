import { type AlertRule, type AlertSubject, durationMs } from '@storecast/shared/contracts'

/** Something that rules look at, and what is known of it now. */
export interface Subject {
  /** Stable among subjects of its kind: what makes two looks see the same one. */
  readonly id: string
  /** For people and routes: region, site, device… */
  readonly labels: Readonly<Record<string, string>>
  /** The site that it belongs to; absent: to none alone. */
  readonly site?: string
  /** JSON; a rule sees it under the name of its kind. */
  readonly facts: Readonly<Record<string, unknown>>
}

export interface Look {
  /** Store time, Unix ms. */
  readonly now: number
  /** Milliseconds of the newest readings or forecasts. */
  readonly over: number
}

/** Reads every subject of a kind as it is now. */
export type SubjectSource = (look: Look) => Promise<readonly Subject[]>
export type SubjectSources = Readonly<Record<AlertSubject, SubjectSource>>

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

const DEFAULT_OVER: Readonly<Record<AlertSubject, number>> = {
  device: HOUR,
  sensor: HOUR,
  forecast: 7 * DAY,
  region: HOUR,
  fleet: HOUR,
  rollout: DAY,
  // As they are now.
  task: DAY,
  drift: DAY,
}

/** Milliseconds of the newest readings or forecasts that a rule looks at. */
export const overOf = ({ spec: { subject, over } }: AlertRule): number =>
  over === undefined ? DEFAULT_OVER[subject] : durationMs(over)
