import type { Manifest } from '@storecast/shared/contracts'

/** What features need to know of a model version. */
export interface ModelFeatures {
  readonly model: string
  readonly sha256: string
  readonly manifest: Manifest
}
