/** What the device's local interface answers, as far as this page reads it. Times are ISO 8601 in store time. */

/** `GET /v1/page` */
export interface PageInfo {
  readonly device: string
  readonly site: string | null
  /** Of the site: `de`. */
  readonly language: string | null
  readonly isPinSet: boolean
  /** Real time; null where nobody is. */
  readonly signedInUntil: string | null
}

export interface SensorStatus {
  readonly name: string
  readonly kind: string
  readonly unit: string
  readonly heardAt: string | null
  readonly silent: boolean
  readonly accepted: number
  readonly outOfRange: number
  readonly duplicate: number
  readonly wrongType: number
  readonly wrongUnit: number
  readonly untrusted: number
  /** Of a gauge of the whole shop: the end of its newest closed window. */
  readonly latest: { readonly value: number; readonly at: string } | null
}

export interface ModelStatus {
  readonly active: number | null
  readonly target: number | null
  readonly phase: string
  readonly at: string
  readonly error?: { readonly code: string; readonly message: string }
  readonly candidate?: { readonly version: number; readonly phase: string }
}

/** `GET /v1/status` */
export interface Status {
  readonly device: string
  readonly site: string | null
  readonly agentVersion: string
  readonly startedAt: string
  readonly now: string
  readonly timeZone: string
  readonly models: Readonly<Record<string, ModelStatus>>
  readonly modelHost: { readonly residentBytes: number } | null
  readonly link: {
    /** False: the device works alone. */
    readonly configured: boolean
    readonly connected: boolean
    readonly trouble: string | null
  }
  readonly certificateExpires: string | null
  /** The device's own clock beside the cloud's; null until the cloud has been heard. */
  readonly clock: { readonly trusted: boolean; readonly aheadSeconds: number } | null
  readonly trust: {
    readonly desiredExpires: string | null
    readonly lastRefusal: { readonly message: string; readonly at: string } | null
  }
  readonly backlog: { readonly records: number; readonly oldest: string | null; readonly ageSeconds: number }
  readonly space: { readonly databaseBytes: number; readonly capBytes: number }
  readonly sensors: readonly SensorStatus[]
  readonly sources: readonly { readonly name: string; readonly kind: string; readonly trouble: string | null }[]
  readonly refused: readonly { readonly source: string; readonly cause: string; readonly count: number }[]
}

export interface Forecast {
  readonly entity: string
  readonly name?: string
  /** By the run's levels. */
  readonly quantiles: readonly number[]
  readonly mean: number
  readonly actual: number | null
  readonly soFar?: readonly { readonly at: string; readonly total: number }[]
  /** With details: expected by hour, and quantiles of what is sold by the end of each hour. */
  readonly hourly?: readonly number[]
  readonly accumulated?: ReadonlyArray<readonly number[]>
}

export interface Run {
  readonly model: string
  readonly version: number
  readonly issuedAt: string
  readonly start: string
  readonly end: string
  readonly levels: readonly number[]
  readonly forecasts: readonly Forecast[]
  readonly scores?: { readonly total: Scores }
}

export interface Scores {
  readonly rows: number
  /** Shares of 1; null where nothing can be said. */
  readonly wape: number | null
  readonly coverage: number | null
  readonly baselineWape: number | null
}

/** `GET /v1/forecasts` */
export interface Forecasts {
  readonly models: readonly Run[]
}

/** `POST /v1/network-test` */
export interface Finding {
  readonly check: string
  readonly level: 'ok' | 'warning' | 'failure'
  readonly found: string
  readonly advice?: string
}
