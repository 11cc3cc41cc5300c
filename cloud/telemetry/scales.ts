import { type SensorsDocument, selfMeasured } from '@storecast/shared/contracts'
import { fromSteps, toSteps } from '@storecast/shared/windows'
import type { PoolClient } from 'pg'
import { readDocument } from '../devices/index.ts'
import type { Objects } from '../platform/objects.ts'

/** How whole steps are read. Windows of one scale merge; those of two are different quantities. */
export interface Scale {
  /** Of one step, in `unit`. */
  readonly resolution: number
  /** In `unit`; sketches hold (value − centre). */
  readonly centre: number
  /** Null: the site does not define the sensor, values are whole steps. */
  readonly unit: string | null
}

const STEPS: Scale = { resolution: 1, centre: 0, unit: null }

/** By site and sensor. */
export type ScaleOf = (site: string, sensor: string) => Scale

/** Scales of what the sites' devices measure, as the sites define their sensors now. */
export async function readScales(
  { client, objects }: { readonly client: Pick<PoolClient, 'query'>; readonly objects: Objects },
  sites: Iterable<string>,
): Promise<ScaleOf> {
  const { rows } = await client.query<{ site: string; sha256: string }>(
    "SELECT site, sha256 FROM site_documents WHERE kind = 'sensors' AND site = ANY($1)",
    [[...new Set(sites)]],
  )
  // Sites with the same sensors share a document.
  const documents = new Map<string, ReadonlyMap<string, Scale>>()
  for (const { sha256 } of rows) {
    if (documents.has(sha256)) continue
    const { sensors } = await readDocument<SensorsDocument>(objects, sha256)
    const scales = sensors.map(({ name, resolution, centre, unit }) => [name, { resolution, centre, unit }] as const)
    documents.set(sha256, new Map(scales))
  }
  const bySite = new Map(rows.map(({ site, sha256 }) => [site, documents.get(sha256)!]))
  return (site, sensor) => {
    const own = selfMeasured(sensor)
    if (own) return { resolution: own.resolution, centre: 0, unit: own.unit }
    return bySite.get(site)?.get(sensor) ?? STEPS
  }
}

/** Values of a scale in its unit. */
export function readingsIn({ resolution, centre }: Scale) {
  const middle = toSteps(centre, resolution)
  return {
    unit: (steps: number): number => fromSteps(steps, resolution),
    /** What a sketch says, within 1 % of the distance to the centre. */
    deviation: (steps: number): number => fromSteps(middle + steps, resolution),
  }
}
