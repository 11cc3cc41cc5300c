import { featureEntity, type ModelVersion } from '@storecast/shared/contracts'
import type { Span } from '@storecast/shared/windows'
import type { DemandRows } from '../features/index.ts'
import type { FeatureScale } from '../inference/index.ts'
import type { Connection } from '../platform/database.ts'
import { measurePart, type Observed, Tally } from '../windows/index.ts'

/** What the inputs of one run were like, by feature. */
export interface MeasuredInputs extends ModelVersion {
  readonly issuedAt: number
  /** The local day that they forecast. */
  readonly span: Span
  readonly observed: readonly Observed[]
}

/** Products a run that are looked at: more tell a distribution no better, and cost the run its time. */
const MOST_PRODUCTS = 200

/**
 * Sketches of every feature over the products that are known, evenly spaced where there are many, in standard deviations
 * from the reference's mean: on the grid of the reference, which they are compared with in the cloud.
 */
export function observeInputs({ known, features, entities }: DemandRows, scales: readonly FeatureScale[]): Observed[] {
  const rows = [...entities.keys()].filter((row) => known[row])
  const stride = Math.ceil(rows.length / MOST_PRODUCTS)
  const looked = rows.filter((_, i) => i % stride === 0)
  return scales.map(({ mean, sd }, f) => {
    const tally = new Tally('$feature')
    for (const row of looked) tally.add((features[row * scales.length + f]! - mean) / sd)
    return tally.observed()
  })
}

/** A run that is made again replaces what it told. */
export function measureInputs(db: Connection, { at, inputs }: { at: number; inputs: readonly MeasuredInputs[] }): void {
  for (const { model, version, issuedAt, span, observed } of inputs) {
    for (const [index, of] of observed.entries()) {
      const series = { sensor: '$feature', entity: featureEntity({ model, version, index }) } as const
      measurePart(db, at, { series, part: `${issuedAt}`, span, observed: of })
    }
  }
}
