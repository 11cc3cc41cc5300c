import type { SensorsDocument } from '@storecast/shared/contracts'
import type { Pool } from 'pg'
import { readDocument } from '../devices/index.ts'
import type { Objects } from '../platform/objects.ts'
import type { Scale } from '../telemetry/index.ts'

/** Of whole steps. */
export type SensorScale = Pick<Scale, 'resolution' | 'centre'>

/** Sensors that each of these sites defines, by name; of a site without, none. */
export type ReadSiteSensors = (sites: readonly string[]) => Promise<Map<string, ReadonlyMap<string, SensorScale>>>

/** Reads each document once, however many sites share it. */
export function siteSensors({ pool, objects }: { readonly pool: Pool; readonly objects: Objects }): ReadSiteSensors {
  const documents = new Map<string, Promise<ReadonlyMap<string, SensorScale>>>()
  const read = async (sha256: string) => {
    const { sensors } = await readDocument<SensorsDocument>(objects, sha256)
    return new Map(sensors.map(({ name, resolution, centre }) => [name, { resolution, centre }] as const))
  }
  return async (sites) => {
    const { rows } = await pool.query<{ site: string; sha256: string }>(
      "SELECT site, sha256 FROM site_documents WHERE kind = 'sensors' AND site = ANY($1)",
      [sites],
    )
    const found = new Map<string, ReadonlyMap<string, SensorScale>>(sites.map((site) => [site, new Map()]))
    const wanted = rows.map(({ site, sha256 }) => {
      const document = documents.get(sha256) ?? read(sha256)
      documents.set(sha256, document)
      return { site, document }
    })
    await Promise.all(wanted.map(async ({ site, document }) => found.set(site, await document)))
    return found
  }
}
